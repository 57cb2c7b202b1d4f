//! The clock of a simulated door.

use jiff::{SignedDuration, Timestamp};

/// How the clock of a door goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DoorClock {
    /// It is right.
    #[default]
    Right,
    /// It runs, so many seconds ahead, or behind if negative.
    Ahead(i64),
    /// It was never set, and runs since 1970.
    Since1970,
    /// It was never set, and stands still.
    StandsStill,
}

impl DoorClock {
    /// What it shows, on a door that was switched on at `started_at`.
    pub(super) fn now(self, started_at: Timestamp) -> Timestamp {
        let now = Timestamp::now();
        match self {
            Self::Right => now,
            Self::Ahead(secs) => now.saturating_add(SignedDuration::from_secs(secs)).unwrap_or(now),
            Self::Since1970 => Timestamp::UNIX_EPOCH
                .saturating_add(now.duration_since(started_at))
                .unwrap_or(Timestamp::UNIX_EPOCH),
            Self::StandsStill => Timestamp::UNIX_EPOCH,
        }
    }
}
