//! What waits for the clerk: commands, pictures that came, and the word that something was taken in.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Snapshot;
use super::command::Command;

/// Commands that wait at most; more are refused.
const MAX_COMMANDS: usize = 64;

/// Something to do.
#[derive(Debug)]
pub(super) enum Task {
    /// Somebody wants it.
    Command { req_id: String, command: Command },
    /// A picture that a command waits for, or why there is none.
    Picture { req_id: String, outcome: Result<Snapshot, String> },
}

/// Bounded: commands are refused beyond 64, pictures come only for commands.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    tasks: VecDeque<Task>,
    /// Feedback was taken in since the clerk last looked.
    has_feedback: bool,
    closed: bool,
}

/// What the clerk has to do next.
pub(super) struct Work {
    pub(super) tasks: Vec<Task>,
    pub(super) has_feedback: bool,
    pub(super) closed: bool,
}

impl Queue {
    /// Feedback was taken in.
    pub(super) fn ring(&self) {
        self.lock().has_feedback = true;
        self.changed.notify_one();
    }

    /// Answers whether there was room.
    pub(super) fn put(&self, task: Task) -> bool {
        let mut state = self.lock();
        let has_room = state.tasks.len() < MAX_COMMANDS || matches!(task, Task::Picture { .. });
        if has_room {
            state.tasks.push_back(task);
            drop(state);
            self.changed.notify_one();
        }
        has_room
    }

    /// No more work.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits for work, `longest` at most.
    pub(super) fn wait(&self, longest: Duration) -> Work {
        let idle =
            |state: &mut State| state.tasks.is_empty() && !state.has_feedback && !state.closed;
        let waited = self.changed.wait_timeout_while(self.lock(), longest, idle);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        Work {
            tasks: state.tasks.drain(..).collect(),
            has_feedback: std::mem::take(&mut state.has_feedback),
            closed: state.closed,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
