//! What is to be said to a camera and waits until what was said before has gone.

use std::collections::VecDeque;

use crate::fault::SessionError;

/// So many messages wait while one is under way: a sign of life, and answers to what the camera asks. All are
/// small.
const MOST_WAITING: usize = 8;

/// What is said of a camera that leaves requests unread.
pub(super) const DEAF: &str = "the camera takes no requests any more";

/// Messages that wait, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting(VecDeque<Vec<u8>>);

impl Waiting {
    /// One more.
    ///
    /// # Errors
    /// If too many wait already. Then it is not said.
    pub(super) fn push(&mut self, message: Vec<u8>) -> Result<(), SessionError> {
        if self.0.len() >= MOST_WAITING {
            return Err(SessionError::Unreachable(DEAF));
        }
        self.0.push_back(message);
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_takes_does_not_pile_up() {
        let mut waiting = Waiting::default();
        let taken = (0..100).filter(|number| waiting.push(vec![*number]).is_ok()).count();
        assert_eq!((taken, waiting.pop()), (MOST_WAITING, Some(vec![0])), "the oldest stay");
    }
}
