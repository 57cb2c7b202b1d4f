//! When an object is in a zone.

use scene::BoundingBox;

use crate::ranges::{self, Fault};
use crate::zone::Zone;

/// When an object is in a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// Its foot point is inside: for zones drawn on the ground.
    Foot,
    /// At least this share of its box is inside, above 0 to 1: for zones drawn on walls or doors.
    Overlap(f32),
}

impl Presence {
    /// Whether an object with this box is in the zone.
    pub(crate) fn holds(self, zone: &Zone, bbox: &BoundingBox) -> bool {
        match self {
            Self::Foot => zone.polygon.contains(bbox.foot()),
            Self::Overlap(share) => zone.polygon.covered_share(bbox) >= share,
        }
    }

    pub(crate) fn fault(self) -> Option<Fault> {
        match self {
            Self::Foot => None,
            Self::Overlap(share) => ranges::share("overlap", share),
        }
    }
}
