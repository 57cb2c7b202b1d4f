//! A fault of the view, for as long as it lasts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::tally::{Tally, TallyV1};

/// A fault, for as long as it lasts.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Episode {
    pub(super) tally: Tally,
    /// Watched time of the latest picture that showed it.
    pub(super) seen: Duration,
    /// It has lasted for the dwell.
    pub(super) ripe: bool,
}

/// As it is remembered over a restart. Times in microseconds of watched time.
#[derive(Serialize, Deserialize)]
pub(super) struct EpisodeV1 {
    #[serde(flatten)]
    tally: TallyV1,
    seen_us: u64,
    ripe: bool,
}

impl EpisodeV1 {
    pub(super) fn of(episode: &Episode) -> Self {
        Self {
            tally: TallyV1::of(&episode.tally),
            seen_us: micros(episode.seen),
            ripe: episode.ripe,
        }
    }

    pub(super) fn episode(&self) -> Episode {
        Episode {
            tally: self.tally.tally(),
            seen: Duration::from_micros(self.seen_us),
            ripe: self.ripe,
        }
    }
}
