//! When an object is in a zone.

use scene::{BoundingBox, Point};

use crate::ranges::{self, Fault};
use crate::zone::Zone;

/// A box that ends below this is cut off by the picture's lower edge: its foot lies lower still.
const CUT_FROM: f32 = 0.99;

/// A zone that is drawn down to here is meant to reach the edge.
const NEAR_EDGE: f32 = 0.97;

/// When an object is in a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// Its foot point is inside: for zones drawn on the ground. If the picture's lower edge cuts it
    /// off, it stands in a zone that is drawn down to the edge, or nearly.
    Foot,
    /// At least this share of its box is inside, above 0 to 1: for zones drawn on walls or doors.
    Overlap(f32),
}

impl Presence {
    /// Whether an object with this box is in the zone.
    pub(crate) fn holds(self, zone: &Zone, bbox: &BoundingBox) -> bool {
        match self {
            Self::Foot => feet(bbox).any(|foot| zone.polygon.contains(foot)),
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

/// Where the object may stand: the foot of its box and, if that is cut off, a place within zones that
/// do not quite reach the picture's edge.
fn feet(bbox: &BoundingBox) -> impl Iterator<Item = Point> {
    let foot = bbox.foot();
    let is_cut = foot.y >= CUT_FROM;
    std::iter::once(foot).chain(is_cut.then_some(Point { y: NEAR_EDGE, ..foot }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slug::Slug;
    use crate::stage::polygon;

    /// A zone from the middle of the picture down to `y`, and a box that ends at `bottom`.
    fn holds(y: f32, bottom: f32) -> bool {
        let polygon = polygon(&[(0.2, 0.5), (0.8, 0.5), (0.8, y), (0.2, y)]);
        let zone = Zone { id: Slug::new("cam-01.zone").unwrap(), polygon };
        Presence::Foot.holds(&zone, &BoundingBox { left: 0.4, top: 0.4, right: 0.6, bottom })
    }

    #[test]
    fn a_foot_that_the_picture_cuts_off_stands_in_a_zone_down_to_the_edge() {
        // An operator's last row of 1080 is 1079; others stop some pixels before.
        for drawn_to in [1.0, 1079.0 / 1080.0, 0.98] {
            assert!(holds(drawn_to, 1.0) && holds(drawn_to, 0.995), "{drawn_to}");
        }
        assert!(!holds(0.9, 1.0), "this zone ends before the edge");
        assert!(!holds(0.975, 0.985), "this foot is in the picture, beyond the zone");
    }
}
