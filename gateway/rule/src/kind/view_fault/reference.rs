//! What a camera has shown while nothing was wrong with it, and how similar a picture is to that.
//!
//! Two pictures of one view agree on where it gets brighter from one cell of the grid to the next,
//! whatever the light: sunshine, dusk and infrared lamps change how much brighter, rarely which of
//! two neighbours is. Steps to the right and steps downwards are compared separately, and the worse
//! counts: a camera that pans keeps its horizon, one that tilts keeps its walls.

use std::time::Duration;

use scene::{Appearance, GRID_CELLS};
use serde::{Deserialize, Serialize};

use crate::look::{CELL_UNIT, across, agreement, down, relative_sharpness, standardised};
use crate::micros::micros;

/// A view is known once it has been learned for this long.
const LEARNED_AFTER: Duration = Duration::from_secs(120);
/// The time over which the view is averaged: slow enough for a parked lorry, quick enough for dusk.
const LEARNED_OVER: Duration = Duration::from_mins(10);
/// One picture counts for no more time than this.
pub(super) const LONGEST_STEP: Duration = Duration::from_secs(10);
/// How often the sharpness is noted, and how many notes make the median.
const SHARPNESS_EVERY: Duration = Duration::from_secs(30);
const SHARPNESS_NOTES: usize = 64;

/// A known view.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Reference {
    /// Luma of the cells in standard deviations from their mean, averaged; empty at first.
    cells: Vec<f32>,
    /// How long it has been learned.
    learned: Duration,
    /// Relative sharpness of the latest pictures noted, the oldest first.
    sharpness: Vec<f32>,
    /// Watched time of the latest of these notes.
    noted: Option<Duration>,
}

/// As it is remembered over a restart. Times in microseconds of watched time.
#[derive(Serialize, Deserialize)]
pub(super) struct ReferenceV1 {
    cells: Vec<i8>,
    learned_us: u64,
    sharpness: Vec<f32>,
    noted_us: Option<u64>,
}

impl Reference {
    /// Whether enough is known to compare with.
    pub(super) fn is_learned(&self) -> bool {
        self.learned >= LEARNED_AFTER
    }

    /// Takes a sound picture into account, which came `since_last` after the one before.
    pub(super) fn learn(&mut self, look: &Appearance, watched: Duration, since_last: Duration) {
        let step = since_last.min(LONGEST_STEP);
        let cells = standardised(look);
        if self.cells.len() == GRID_CELLS {
            self.learned = self.learned.saturating_add(step);
            let over = self.learned.min(LEARNED_OVER).max(Duration::from_micros(1));
            let share = step.as_secs_f32() / over.as_secs_f32();
            for (known, new) in self.cells.iter_mut().zip(cells) {
                *known += (new - *known) * share;
            }
        } else {
            self.cells = cells;
        }
        let due = |noted| watched.saturating_sub(noted) >= SHARPNESS_EVERY;
        if self.noted.is_none_or(due) {
            self.noted = Some(watched);
            if self.sharpness.len() >= SHARPNESS_NOTES {
                self.sharpness.remove(0);
            }
            self.sharpness.push(relative_sharpness(look));
        }
    }

    /// How similar a picture is to the known view: 1 the same, about 0 another. None if the picture or
    /// the known view holds too little to tell.
    pub(super) fn likeness(&self, look: &Appearance) -> Option<f32> {
        let now: Vec<f32> = look.grid().iter().map(|luma| f32::from(*luma)).collect();
        let across = agreement(across(&self.cells), across(&now));
        let down = agreement(down(&self.cells), down(&now));
        match (across, down) {
            (Some(across), Some(down)) => Some(across.min(down)),
            (one, other) => one.or(other),
        }
    }

    /// How sharp a picture is compared with what is known: 1 as ever, 0 not at all.
    pub(super) fn sharpness_of(&self, look: &Appearance) -> Option<f32> {
        let mut notes = self.sharpness.clone();
        notes.sort_by(f32::total_cmp);
        let median = *notes.get(notes.len() / 2)?;
        (median > 0.0).then(|| relative_sharpness(look) / median)
    }

    pub(super) fn v1(&self) -> ReferenceV1 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "120 units at most, and `as` saturates"
        )]
        let unit = |cell: &f32| (cell / CELL_UNIT).round() as i8;
        ReferenceV1 {
            cells: self.cells.iter().map(unit).collect(),
            learned_us: micros(self.learned),
            sharpness: self.sharpness.clone(),
            noted_us: self.noted.map(micros),
        }
    }
}

impl ReferenceV1 {
    pub(super) fn reference(self) -> Reference {
        Reference {
            cells: self.cells.into_iter().map(|cell| f32::from(cell) * CELL_UNIT).collect(),
            learned: Duration::from_micros(self.learned_us),
            sharpness: self.sharpness,
            noted: self.noted_us.map(Duration::from_micros),
        }
    }
}
