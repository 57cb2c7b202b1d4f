//! A picture that may be on its way.

use std::sync::{Arc, Mutex, PoisonError};

use incident::alert::Evidence;

/// A picture that may be on its way, or why there is none. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Plate(Arc<Mutex<Option<Result<Evidence, String>>>>);

impl Plate {
    /// The same, with this on it.
    pub(super) fn with(self, outcome: Result<Evidence, String>) -> Self {
        self.put(outcome);
        self
    }

    pub(super) fn put(&self, outcome: Result<Evidence, String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    pub(super) fn is_filled(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn get(&self) -> Option<Result<Evidence, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
