//! Which place an eye has, once it has one.

use std::sync::{Arc, OnceLock};

use super::roster::Place;

/// One eye, as all that hear of it know it. Cheap to clone: all clones are one.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// Names the eye in the log. No other one ever gets it.
    pub(super) number: u32,
    place: Arc<OnceLock<Place>>,
}

impl Post {
    /// Of an eye that has no place yet: a spare one.
    pub(super) fn spare(number: u32) -> Self {
        Self { number, place: Arc::default() }
    }

    /// Its place; none if it is a spare one.
    pub(super) fn place(&self) -> Option<Place> {
        self.place.get().copied()
    }

    /// Gives it the place that it keeps from now on.
    pub(super) fn take(&self, place: Place) {
        // It is given one only once.
        self.place.get_or_init(|| place);
    }
}
