//! What the rule remembers over a restart, as this version and an earlier one write it.

use serde::{Deserialize, Serialize};

use super::scenery::Seen;
use crate::spot::{Spot, SpotV1};

/// The rule's memory.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Remembered {
    /// As this version writes it.
    Now { spots: Vec<SpotV1>, seen: Seen },
    /// Before looks without an obstacle were remembered.
    Before(Vec<SpotV1>),
}

impl Remembered {
    pub(super) fn of(spots: &[Spot], seen: Seen) -> Self {
        Self::Now { spots: spots.iter().map(SpotV1::of).collect(), seen }
    }

    pub(super) fn parts(self) -> (Vec<Spot>, Seen) {
        let (spots, seen) = match self {
            Self::Now { spots, seen } => (spots, seen),
            Self::Before(spots) => (spots, Seen::BY_EARLIER_VERSION),
        };
        (spots.iter().map(SpotV1::spot).collect(), seen)
    }
}
