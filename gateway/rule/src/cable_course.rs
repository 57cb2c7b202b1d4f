//! Whether a cable runs from a standing two-wheeler to a wall, a window or out of the picture.

use scene::{BoundingBox, Cable, Point};

use crate::reach::Reach;
use crate::zone::Zone;

/// An end so near to the picture's edge, in shares of its width or height, goes on outside.
const EDGE: f32 = 0.02;
/// An end that hangs so much higher than the two-wheeler, in heights of that, has left the ground.
const ABOVE: f32 = 0.25;
/// An end outside the zone, which is the ground, lies on a wall if it is so far above the foot of the
/// two-wheeler, in heights of that.
const ON_A_WALL: f32 = 0.5;

/// Which cables count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CableTerms {
    /// How near one end must be to the two-wheeler.
    pub(crate) reach: Reach,
    /// How long it must be, in pixels of the camera's picture.
    pub(crate) min_length_px: u32,
    /// How sure the net must be, 0..=1.
    pub(crate) min_score: f32,
}

impl CableTerms {
    /// Whether this cable may charge the two-wheeler in this box.
    pub(crate) fn hold(&self, cable: &Cable, bike: &BoundingBox, zone: &Zone) -> bool {
        let ends = cable.path.first().zip(cable.path.last());
        cable.length_px >= self.min_length_px
            && cable.score >= self.min_score
            && ends.is_some_and(|(one, other)| {
                self.runs(bike, (*one, *other), zone) || self.runs(bike, (*other, *one), zone)
            })
    }

    /// Whether it runs from `near` the two-wheeler to somewhere `far`.
    fn runs(&self, bike: &BoundingBox, (near, far): (Point, Point), zone: &Zone) -> bool {
        self.is_at_hand(bike, near)
            && !self.is_at_hand(bike, far)
            && (is_at_edge(far) || hangs_above(bike, far) || is_on_a_wall(bike, far, zone))
    }

    fn is_at_hand(&self, bike: &BoundingBox, end: Point) -> bool {
        let end = BoundingBox { left: end.x, top: end.y, right: end.x, bottom: end.y };
        self.reach.holds(bike, &end, None)
    }
}

fn is_at_edge(end: Point) -> bool {
    let inside = EDGE..=1.0 - EDGE;
    !inside.contains(&end.x) || !inside.contains(&end.y)
}

fn hangs_above(bike: &BoundingBox, end: Point) -> bool {
    end.y <= bike.top - ABOVE * bike.height()
}

fn is_on_a_wall(bike: &BoundingBox, end: Point, zone: &Zone) -> bool {
    !zone.polygon.contains(end) && end.y <= bike.bottom - ON_A_WALL * bike.height()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::slug::Slug;
    use crate::stage::polygon;

    /// Half as high as wide would be on a street: a fifth of the picture's height.
    const BIKE: BoundingBox = BoundingBox { left: 0.4, top: 0.6, right: 0.5, bottom: 0.8 };
    const TERMS: CableTerms =
        CableTerms { reach: Reach::Heights(0.5), min_length_px: 100, min_score: 0.95 };

    /// The ground: from 0.2 to 0.8 across, from 0.65 down.
    fn zone() -> Zone {
        let polygon = polygon(&[(0.2, 0.65), (0.8, 0.65), (0.8, 1.0), (0.2, 1.0)]);
        Zone { id: Slug::new("cam-01.zone").unwrap(), polygon }
    }

    fn cable(ends: [(f32, f32); 2]) -> Cable {
        let path = ends.map(|(x, y)| Point { x, y }).to_vec();
        Cable { score: 0.97, length_px: 200, path }
    }

    fn holds(ends: [(f32, f32); 2]) -> bool {
        TERMS.hold(&cable(ends), &BIKE, &zone())
    }

    #[test]
    fn a_cable_charges_if_it_runs_from_the_bike_up_to_a_wall_or_out_of_the_picture() {
        assert!(holds([(0.45, 0.58), (0.5, 0.2)]), "from a window above");
        assert!(holds([(0.52, 0.7), (0.15, 0.68)]), "to a wall at the left, low");
        assert!(holds([(0.52, 0.75), (0.99, 0.78)]), "out of the picture, low");
        assert!(!holds([(0.52, 0.75), (0.7, 0.78)]), "it lies on the ground and ends there");
        assert!(!holds([(0.45, 0.58), (0.47, 0.62)]), "both ends are at the bike");
        assert!(!holds([(0.8, 0.4), (0.9, 0.1)]), "the bike is out of reach");
        assert!(!holds([(0.52, 0.75), (0.1, 0.9)]), "over the ground in front of the zone");
    }

    #[test]
    fn what_is_short_or_unsure_does_not_count() {
        let long = cable([(0.45, 0.58), (0.5, 0.2)]);
        let judged = |cable: Cable| TERMS.hold(&cable, &BIKE, &zone());
        assert!(judged(Cable { length_px: 100, score: 0.95, ..long.clone() }));
        assert!(!judged(Cable { length_px: 99, ..long.clone() }));
        assert!(!judged(Cable { score: 0.949, ..long.clone() }));
        assert!(!judged(Cable { path: Vec::new(), ..long }));
    }

    proptest! {
        /// It does not matter from which end the way is told, and a wider reach loses no bike at hand.
        #[test]
        fn either_end_may_come_first(
            one in (0.0_f32..1.0, 0.0_f32..1.0), other in (0.0_f32..1.0, 0.0_f32..1.0),
        ) {
            prop_assert_eq!(holds([one, other]), holds([other, one]));
            let is_far = |(x, y): (f32, f32)| !TERMS.is_at_hand(&BIKE, Point { x, y });
            if holds([one, other]) {
                prop_assert!(is_far(one) != is_far(other), "one end at the bike, one away from it");
            }
        }
    }
}
