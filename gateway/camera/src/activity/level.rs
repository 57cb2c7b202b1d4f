//! What is usual of a number, learnt from it as it comes, and not much moved by what is unusual.

/// A number that is read so often before is forgotten: a minute and a half of spans.
const MEMORY: u32 = 90;

/// Nothing counts as further from the usual than this, in deviations.
const FURTHEST: f32 = 3.0;

/// A standard deviation by the mean distance from the mean, if the number is normal.
const BY_MEAN_DISTANCE: f32 = 1.25;

/// The usual of a number, and how far it usually is from that.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Level {
    count: u32,
    usual: f32,
    distance: f32,
}

impl Level {
    /// Reads the next number; answers by how many deviations it is off what was usual before. A deviation is never
    /// taken for less than `least`.
    pub(super) fn read(&mut self, number: f32, least: f32) -> f32 {
        self.count = self.count.saturating_add(1);
        if self.count == 1 {
            (self.usual, self.distance) = (number, 0.1);
            return 0.0;
        }
        let deviation = self.deviation().max(least);
        let off = number - self.usual;
        let counted = off.clamp(-FURTHEST * deviation, FURTHEST * deviation);
        #[expect(clippy::cast_precision_loss, reason = "at most MEMORY")]
        let share = 1.0 / self.count.min(MEMORY) as f32;
        self.usual += share * counted;
        self.distance += share * (counted.abs() - self.distance);
        off / deviation
    }

    /// How many numbers were read.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// What is usual.
    pub(super) fn usual(&self) -> f32 {
        self.usual
    }

    /// The deviation.
    pub(super) fn deviation(&self) -> f32 {
        self.distance * BY_MEAN_DISTANCE
    }
}

/// Sums what is off the usual in one direction, so that much of little counts (Page's cumulative sum).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Drift {
    up: f32,
    down: f32,
}

impl Drift {
    /// Less than this, in deviations, is no drift.
    const ALLOWANCE: f32 = 0.6;
    /// No single number adds more.
    const MOST: f32 = 6.0;
    /// From this sum on it is one.
    const LIMIT: f32 = 4.5;
    /// The sum grows no further, so that it is over soon after it is over.
    const HIGHEST: f32 = 8.0;

    /// Adds a deviation; answers whether there is a drift.
    pub(super) fn read(&mut self, deviation: f32) -> bool {
        let deviation = deviation.clamp(-Self::MOST, Self::MOST);
        self.up = (self.up + deviation - Self::ALLOWANCE).clamp(0.0, Self::HIGHEST);
        self.down = (self.down - deviation - Self::ALLOWANCE).clamp(0.0, Self::HIGHEST);
        self.up.max(self.down) > Self::LIMIT
    }

    /// Whether it goes up.
    pub(super) fn is_up(&self) -> bool {
        self.up > Self::LIMIT
    }
}
