//! How much of the past was watched.

use std::time::Duration;

use scene::{CaptureTime, ObservationGap};

/// How much of the past was watched.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timeline {
    /// Time watched up to the latest picture.
    pub(crate) watched: Duration,
    /// The latest picture.
    pub(crate) latest_at: Option<CaptureTime>,
    /// How much time since the latest picture was not watched, and when that time ended.
    blind: Duration,
    blind_until: Option<CaptureTime>,
    /// The latest picture is of an earlier run.
    resumed: bool,
}

impl Timeline {
    /// Moves on to the picture taken at `at`; returns how much has been watched up to it.
    /// A clock that steps back costs only the time until the next picture.
    pub(crate) fn advance(&mut self, at: CaptureTime) -> Duration {
        let passed = self.latest_at.map_or(Duration::ZERO, |latest_at| at.since(latest_at));
        let blind = if self.resumed { passed } else { self.blind };
        self.watched = self.watched.saturating_add(passed.saturating_sub(blind));
        *self = Self { watched: self.watched, latest_at: Some(at), ..Self::default() };
        self.watched
    }

    /// Counts a span without pictures as not watched.
    pub(crate) fn gap(&mut self, gap: ObservationGap) {
        let Some(latest_at) = self.latest_at else {
            return;
        };
        let from = gap.from.max(self.blind_until.unwrap_or(latest_at)).max(latest_at);
        self.blind = self.blind.saturating_add(gap.to.since(from));
        self.blind_until = Some(gap.to.max(from));
    }

    /// The clock was set `by_micros` later, or earlier if negative.
    pub(crate) fn moved(self, by_micros: i64) -> Self {
        let moved = |at: Option<CaptureTime>| at.map(|at| at.moved(by_micros));
        Self { latest_at: moved(self.latest_at), blind_until: moved(self.blind_until), ..self }
    }

    /// The timeline of an earlier run.
    pub(crate) fn until(watched: Duration, latest_at: Option<CaptureTime>) -> Self {
        Self { watched, latest_at, ..Self::default() }
    }

    /// This run begins: nothing is watched until its first picture.
    pub(crate) const fn resumed(self) -> Self {
        Self { resumed: true, ..self }
    }
}
