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
mod tests {
    use super::*;

    fn queue_of(cameras: usize) -> FairQueue {
        let queue = FairQueue::default();
        assert!((0..cameras).map(|_| queue.admit()).eq(0..cameras));
        queue
    }

    #[test]
    fn serves_in_order_of_request_and_each_camera_once() {
        let queue = queue_of(3);
        for camera in [2, 0, 2, 1, 0] {
            queue.request(camera);
        }
        assert_eq!([queue.next(), queue.next(), queue.next()], [Some(2), Some(0), Some(1)]);
    }

    #[test]
    fn a_request_during_a_turn_queues_behind_the_others() {
        let queue = queue_of(2);
        queue.request(0);
        assert_eq!(queue.next(), Some(0));
        queue.request(0);
        queue.request(1);
        queue.done(0);
        assert_eq!([queue.next(), queue.next()], [Some(1), Some(0)]);
    }

    #[test]
    fn a_dismissed_camera_gets_no_turn_and_its_number_is_not_given_again() {
        let queue = queue_of(3);
        for camera in 0..3 {
            queue.request(camera);
        }
        assert_eq!(queue.next(), Some(0));
        queue.dismiss(1);
        queue.dismiss(0);
        queue.request(0);
        queue.done(0);
        assert_eq!((queue.next(), queue.admit()), (Some(2), 3));
        queue.request(1);
        queue.request(3);
        assert_eq!(queue.next(), Some(3));
    }

    #[test]
    fn closing_wakes_a_waiting_worker() {
        let queue = std::sync::Arc::new(queue_of(1));
        let waiting = std::thread::spawn({
            let queue = std::sync::Arc::clone(&queue);
            move || queue.next()
        });
        queue.close();
        assert_eq!(waiting.join().expect("the worker ends"), None);
    }
}
