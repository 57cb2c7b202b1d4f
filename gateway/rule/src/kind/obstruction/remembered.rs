//! What the rule remembers over a restart, as this version and an earlier one write it.

use serde::{Deserialize, Serialize};

use super::scenery::Seen;
use crate::spot::{Spot, SpotV1};
use crate::things::Thing;
use crate::things_kept::ThingV1;

/// The rule's memory.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Remembered {
    /// As this version writes it.
    Now {
        spots: Vec<SpotV1>,
        /// Before things of no class counted, there were none.
        #[serde(default)]
        things: Vec<ThingV1>,
        seen: Seen,
    },
    /// Before looks without an obstacle were remembered.
    Before(Vec<SpotV1>),
}

impl Remembered {
    pub(super) fn of(spots: &[Spot], things: &[Thing], seen: Seen) -> Self {
        let spots = spots.iter().map(SpotV1::of).collect();
        Self::Now { spots, things: ThingV1::all(things), seen }
    }

    pub(super) fn parts(self) -> (Vec<Spot>, Vec<Thing>, Seen) {
        let (spots, things, seen) = match self {
            Self::Now { spots, things, seen } => (spots, things, seen),
            Self::Before(spots) => (spots, Vec::new(), Seen::BY_EARLIER_VERSION),
        };
        (spots.iter().map(SpotV1::spot).collect(), ThingV1::things(things), seen)
    }
}
