//! What the rules were shown, in figures.

use std::time::Duration;

use scene::CaptureTime;

/// What the rules were shown, in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Watched {
    /// The first picture of the span.
    pub(super) first_at: CaptureTime,
    /// The latest one.
    pub(super) latest_at: CaptureTime,
    pub(super) pictures: u64,
    /// Pictures before the span, shown to the rules as well.
    pub(super) earlier: u64,
    /// Time between pictures that was a gap.
    pub(super) blind: Duration,
    /// Blocks that could not be read.
    pub(super) damaged: u64,
}

impl Watched {
    /// What began at `at`, after `earlier` pictures before the span.
    pub(super) fn from(at: CaptureTime, earlier: u64) -> Self {
        let blind = Duration::ZERO;
        Self { first_at: at, latest_at: at, pictures: 1, earlier, blind, damaged: 0 }
    }

    /// From the first picture to the latest.
    pub(super) fn span(&self) -> Duration {
        self.latest_at.since(self.first_at)
    }

    /// Between two pictures, gaps left out.
    pub(super) fn interval(&self) -> Duration {
        let intervals = u32::try_from(self.pictures.saturating_sub(1)).unwrap_or(u32::MAX);
        self.span().saturating_sub(self.blind) / intervals.max(1)
    }
}
