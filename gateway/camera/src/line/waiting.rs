//! What is to be said to a camera and waits until what was said before has gone.

use std::collections::VecDeque;

use super::head::Head;
use crate::fault::SessionError;

/// So many messages wait while one is under way: one sign of life, and answers to what the camera asks. All are
/// small.
const MOST_WAITING: usize = 8;

/// What is said of a camera that leaves requests unread.
pub(super) const DEAF: &str = "the camera takes no requests any more";

/// Messages that wait, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting(VecDeque<Vec<u8>>);

impl Waiting {
    /// One more. A request that still waits when the next one comes is a sign of life that came to nothing: the
    /// new one stands for it.
    ///
    /// # Errors
    /// If one is not said: this one because too many wait, or the one that it stands for.
    pub(super) fn push(&mut self, message: Vec<u8>) -> Result<(), SessionError> {
        let before = self.0.len();
        if is_request(&message) {
            self.0.retain(|waiting| !is_request(waiting));
        }
        let are_too_many = self.0.len() >= MOST_WAITING;
        let is_one_unsaid = are_too_many || self.0.len() < before;
        if !are_too_many {
            self.0.push_back(message);
        }
        if is_one_unsaid { Err(SessionError::Unreachable(DEAF)) } else { Ok(()) }
    }

    /// The next.
    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.0.pop_front()
    }

    /// Whether none waits.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// None of them is to be said any more.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// Tells a request from an answer.
pub(super) fn is_request(message: &[u8]) -> bool {
    !message.starts_with(b"RTSP/")
}

/// The number of a request.
pub(super) fn number_of(request: &[u8]) -> Option<u64> {
    Head::parse(request)?.number("cseq")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_does_not_pile_up() {
        let mut waiting = Waiting::default();
        let answer = |number: usize| format!("RTSP/1.0 200 OK\r\nCSeq: {number}").into_bytes();
        let taken = (0..100).filter(|number| waiting.push(answer(*number)).is_ok()).count();
        assert_eq!((taken, waiting.pop()), (MOST_WAITING, Some(answer(0))), "the oldest stay");
    }

    #[test]
    fn a_sign_of_life_stands_for_those_that_wait_and_each_of_them_is_told() {
        let mut waiting = Waiting::default();
        let sign = |number: u8| format!("OPTIONS * RTSP/1.0\r\nCSeq: {number}").into_bytes();
        let answer = b"RTSP/1.0 200 OK".to_vec();
        assert!(waiting.push(sign(1)).is_ok() && waiting.push(answer.clone()).is_ok());
        assert!((2..9).all(|number| waiting.push(sign(number)).is_err()));
        assert_eq!((waiting.pop(), waiting.pop()), (Some(answer), Some(sign(8))));
        assert!(waiting.is_empty());
    }
}
