//! What the rules were shown, in figures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, Observation};

/// What the rules were shown, in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Watched {
    /// The first picture or signal of the span.
    pub(super) first_at: CaptureTime,
    /// The latest one.
    pub(super) latest_at: CaptureTime,
    pub(super) pictures: u64,
    /// What a door or sensor said.
    pub(super) signals: u64,
    /// Of each zone, the pictures that say what stands in it, whatever it is.
    pub(super) looks: BTreeMap<Arc<str>, u64>,
    /// Pictures and signals before the span, shown to the rules as well.
    pub(super) earlier: u64,
    /// Time between pictures that was a gap.
    pub(super) blind: Duration,
    /// Blocks that could not be read.
    pub(super) damaged: u64,
}

impl Watched {
    /// What begins with this picture, after `earlier` pictures before the span.
    pub(super) fn from(first: &Observation, earlier: u64) -> Self {
        let mut watched = Self::begin(first.captured_at, earlier);
        watched.add(first);
        watched
    }

    /// What begins with a signal of this time, after `earlier` signals before the span.
    pub(super) fn from_signal(at: CaptureTime, earlier: u64) -> Self {
        let mut watched = Self::begin(at, earlier);
        watched.add_signal(at);
        watched
    }

    fn begin(at: CaptureTime, earlier: u64) -> Self {
        Self {
            first_at: at,
            latest_at: at,
            pictures: 0,
            signals: 0,
            looks: BTreeMap::new(),
            earlier,
            blind: Duration::ZERO,
            damaged: 0,
        }
    }

    /// A signal of the span.
    pub(super) fn add_signal(&mut self, at: CaptureTime) {
        self.latest_at = self.latest_at.max(at);
        self.signals += 1;
    }

    /// A picture of the span.
    pub(super) fn add(&mut self, picture: &Observation) {
        self.latest_at = self.latest_at.max(picture.captured_at);
        self.pictures += 1;
        for look in &picture.standing {
            *self.looks.entry(Arc::clone(&look.zone)).or_default() += 1;
        }
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
