//! Whose turn it is: cameras in the order in which their pictures fell due.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A fair queue of cameras, served by a pool of workers.
///
/// A camera is in the queue at most once and with at most one worker at a time, so that one busy
/// camera never delays the others by more than one turn.
#[derive(Debug)]
pub(crate) struct Rota {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
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
}

impl Rota {
    /// A rota for cameras `0..cameras`.
    pub(crate) fn new(cameras: usize) -> Self {
        let state =
            State { queue: VecDeque::new(), cameras: vec![Turn::Idle; cameras], closed: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
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
            Turn::Queued | Turn::RunningQueued => {}
        }
    }

    /// Waits for the next camera in line; none once the rota is closed.
    pub(crate) fn next(&self) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(camera) = state.queue.pop_front() {
                if let Some(turn) = state.cameras.get_mut(camera) {
                    *turn = Turn::Running;
                }
                return Some(camera);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The worker is done with this camera's turn.
    pub(crate) fn done(&self, camera: usize) {
        let mut state = self.lock();
        let Some(turn) = state.cameras.get_mut(camera) else { return };
        if *turn == Turn::RunningQueued {
            *turn = Turn::Queued;
            state.queue.push_back(camera);
            drop(state);
            self.changed.notify_one();
        } else {
            *turn = Turn::Idle;
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

    #[test]
    fn serves_in_order_of_request_and_each_camera_once() {
        let rota = Rota::new(3);
        for camera in [2, 0, 2, 1, 0] {
            rota.request(camera);
        }
        assert_eq!([rota.next(), rota.next(), rota.next()], [Some(2), Some(0), Some(1)]);
    }

    #[test]
    fn a_request_during_a_turn_queues_behind_the_others() {
        let rota = Rota::new(2);
        rota.request(0);
        assert_eq!(rota.next(), Some(0));
        rota.request(0);
        rota.request(1);
        rota.done(0);
        assert_eq!([rota.next(), rota.next()], [Some(1), Some(0)]);
    }

    #[test]
    fn closing_wakes_a_waiting_worker() {
        let rota = std::sync::Arc::new(Rota::new(1));
        let waiting = std::thread::spawn({
            let rota = std::sync::Arc::clone(&rota);
            move || rota.next()
        });
        rota.close();
        assert_eq!(waiting.join().expect("the worker ends"), None);
    }
}
