//! The first of the latest pictures that are all the same, and what is still the same.
//!
//! An encoder that is given the same picture again spends its bits differently each time. Of a street
//! that stands still, coded again at 1.5 Mbit/s for 768x576, up to 67 of the 576 cells differ, by one
//! level. The same street with sensor noise of 1.7 levels differs in 97 cells or more; with its
//! people, 0.8 s apart, in 140 or more, some by 60 levels. Noise of one level cannot be told from
//! coding: 63 to 77 cells differ.

use std::time::Duration;

use scene::{Appearance, CaptureTime, GRID_CELLS};
use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::view::View;

/// Cells may differ by this much: their means are rounded.
const MOST_LEVELS: u8 = 1;
/// This many cells may.
const MOST_CELLS: usize = GRID_CELLS / 8;

/// A picture and when it first came.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Still {
    grid: Vec<u8>,
    pub(super) since: Duration,
    pub(super) since_at: CaptureTime,
}

/// As it is remembered over a restart. Times in microseconds.
#[derive(Serialize, Deserialize)]
pub(super) struct StillV1 {
    grid: Vec<u8>,
    since_us: u64,
    since_at_us: i64,
}

impl Still {
    /// This picture.
    pub(super) fn begin(look: &Appearance, view: &View<'_>) -> Self {
        Self { grid: look.grid().to_vec(), since: view.watched, since_at: view.at() }
    }

    /// Whether `look` is the same picture but for its coding. Nothing is asked of its sharpness,
    /// which says no more: it changes by 1 % in either case.
    pub(super) fn holds(&self, look: &Appearance) -> bool {
        let differences = self.grid.iter().zip(look.grid()).map(|(then, now)| then.abs_diff(*now));
        let differences: Vec<u8> = differences.filter(|levels| *levels > 0).collect();
        differences.len() <= MOST_CELLS && differences.iter().all(|levels| *levels <= MOST_LEVELS)
    }

    pub(super) fn v1(&self) -> StillV1 {
        StillV1 {
            grid: self.grid.clone(),
            since_us: micros(self.since),
            since_at_us: self.since_at.unix_micros(),
        }
    }
}

impl StillV1 {
    pub(super) fn still(self) -> Still {
        Still {
            grid: self.grid,
            since: Duration::from_micros(self.since_us),
            since_at: CaptureTime::from_unix_micros(self.since_at_us),
        }
    }
}
