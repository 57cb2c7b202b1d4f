//! What wakes the worker: the word that something was taken in, and pictures that came.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::camera_order::Snapshot;

/// The snapshot that a command waits for, or why there is none.
#[derive(Debug)]
pub(super) struct SnapshotResult {
    pub(super) req_id: String,
    pub(super) outcome: Result<Snapshot, String>,
}

/// Bounded by the commands that wait for a snapshot.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    snapshots: Vec<SnapshotResult>,
    /// Something was taken in since the worker last looked.
    has_news: bool,
    closed: bool,
}

/// What the worker has to do next.
pub(super) struct News {
    pub(super) snapshots: Vec<SnapshotResult>,
    pub(super) has_news: bool,
    pub(super) closed: bool,
}

impl Queue {
    /// Something was taken in, and lies in the history.
    pub(super) fn notify(&self) {
        self.lock().has_news = true;
        self.changed.notify_one();
    }

    /// A snapshot was made, or cannot be.
    pub(super) fn put(&self, snapshot: SnapshotResult) {
        self.lock().snapshots.push(snapshot);
        self.changed.notify_one();
    }

    /// No more work.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for work, `longest` at most.
    pub(super) fn wait(&self, longest: Duration) -> News {
        let idle =
            |state: &mut State| state.snapshots.is_empty() && !state.has_news && !state.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), longest, idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        News {
            snapshots: std::mem::take(&mut state.snapshots),
            has_news: std::mem::take(&mut state.has_news),
            closed: state.closed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
