//! One counted crossing.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};

use crate::micros::micros;

/// One counted crossing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Passage {
    pub(super) passed_at: CaptureTime,
    /// Watched time of that picture.
    pub(super) watched: Duration,
    /// Pictures analysed since, that one included.
    pub(super) pictures: u32,
    pub(super) score: f32,
}

/// As it is remembered over a restart. Times in microseconds: `*_at_us` since 1970, others of
/// watched time.
#[derive(Serialize, Deserialize)]
pub(super) struct PassageV1 {
    passed_at_us: i64,
    watched_us: u64,
    pictures: u32,
    score: f32,
}

impl PassageV1 {
    pub(super) fn of(passage: &Passage) -> Self {
        Self {
            passed_at_us: passage.passed_at.unix_micros(),
            watched_us: micros(passage.watched),
            pictures: passage.pictures,
            score: passage.score,
        }
    }

    pub(super) fn passage(&self) -> Passage {
        Passage {
            passed_at: CaptureTime::from_unix_micros(self.passed_at_us),
            watched: Duration::from_micros(self.watched_us),
            pictures: self.pictures,
            score: self.score,
        }
    }
}
