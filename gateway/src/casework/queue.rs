//! What wakes the clerk: the word that something was taken in, and pictures that came.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Snapshot;

/// A picture that a command waits for, or why there is none.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) req_id: String,
    pub(super) outcome: Result<Snapshot, String>,
}

/// Bounded by the commands that wait for a picture.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    pictures: Vec<Picture>,
    /// Something was taken in since the clerk last looked.
    has_news: bool,
    closed: bool,
}

/// What the clerk has to do next.
pub(super) struct Work {
    pub(super) pictures: Vec<Picture>,
    pub(super) has_news: bool,
    pub(super) closed: bool,
}

impl Queue {
    /// Something was taken in, and lies in the history.
    pub(super) fn ring(&self) {
        self.lock().has_news = true;
        self.changed.notify_one();
    }

    /// A picture came.
    pub(super) fn put(&self, picture: Picture) {
        self.lock().pictures.push(picture);
        self.changed.notify_one();
    }

    /// No more work.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for work, `longest` at most.
    pub(super) fn wait(&self, longest: Duration) -> Work {
        let idle =
            |state: &mut State| state.pictures.is_empty() && !state.has_news && !state.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), longest, idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        Work {
            pictures: std::mem::take(&mut state.pictures),
            has_news: std::mem::take(&mut state.has_news),
            closed: state.closed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
