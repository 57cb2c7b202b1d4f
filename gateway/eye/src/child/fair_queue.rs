//! Whose turn it is: cameras in the order in which their pictures became due.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A fair queue of cameras, served by a pool of workers.
///
/// A camera is in the queue at most once and with at most one worker at a time, so that one busy
/// camera never delays the others by more than one turn.
#[derive(Debug, Default)]
pub(crate) struct FairQueue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<usize>,
    cameras: Vec<Turn>,
    closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Idle,
    Queued,
    Running,
    /// With a worker, and wanted again.
    RunningQueued,
    /// Dismissed: gets no turn any more.
    Gone,
}

impl FairQueue {
    /// Takes in one more camera; answers its number, which no other camera ever gets.
    pub(crate) fn admit(&self) -> usize {
        let mut state = self.lock();
        state.cameras.push(Turn::Idle);
        state.cameras.len() - 1
    }

    /// Gives this camera no turn any more. A turn under way is not waited for.
    pub(crate) fn dismiss(&self, camera: usize) {
        if let Some(turn) = self.lock().cameras.get_mut(camera) {
            *turn = Turn::Gone;
        }
    }

    /// Asks for a turn; asking again before it came changes nothing.
    pub(crate) fn request(&self, camera: usize) {
        let mut state = self.lock();
        let Some(turn) = state.cameras.get_mut(camera) else { return };
        match turn {
            Turn::Idle => {
                *turn = Turn::Queued;
                state.queue.push_back(camera);
                drop(state);
                self.changed.notify_one();
            }
            Turn::Running => *turn = Turn::RunningQueued,
            Turn::Queued | Turn::RunningQueued | Turn::Gone => {}
        }
    }

    /// Waits for the next camera in line; none once the queue is closed.
    pub(crate) fn next(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(camera) = state.queue.pop_front() {
                if let Some(turn) = state.cameras.get_mut(camera)
                    && *turn != Turn::Gone
                {
                    *turn = Turn::Running;
                    return Some(camera);
                }
                continue;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The worker is done with this camera's turn.
    pub(crate) fn done(&self, camera: usize) {
        let mut state = self.lock();
        let Some(turn) = state.cameras.get_mut(camera) else { return };
        match turn {
            Turn::RunningQueued => {
                *turn = Turn::Queued;
                state.queue.push_back(camera);
                drop(state);
                self.changed.notify_one();
            }
            Turn::Gone => {}
            Turn::Idle | Turn::Queued | Turn::Running => *turn = Turn::Idle,
        }
    }

    /// Sends every worker home after its present turn.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
