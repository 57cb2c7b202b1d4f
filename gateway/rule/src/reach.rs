//! How near two objects must be to belong together.

use scene::{BoundingBox, GroundPlane};

use crate::ranges::Fault;

/// Width of a picture in heights, as the camera's own is not known here: nearly all are 16:9.
const PICTURE_ASPECT: f32 = 16.0 / 9.0;

/// How near is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// The gap between the boxes, in heights of the taller box: 0 to 10. Needs no calibration, and
    /// a person's height is a fair yardstick. But what stands behind seems as near as what stands
    /// at the side.
    Heights(f32),
    /// The distance between the foot points on the ground: above 0, to 100. Without a ground plane
    /// nothing is near.
    Metres(f64),
}

impl Reach {
    pub(crate) fn fault(self) -> Option<Fault> {
        let fits = match self {
            Self::Heights(heights) => (0.0..=10.0).contains(&heights),
            Self::Metres(metres) => metres > 0.0 && metres <= 100.0,
        };
        (!fits).then_some(("reach", "0 to 10 box heights, or above 0 to 100 metres"))
    }

    /// Whether one is within reach of the other.
    pub(crate) fn holds(
        self,
        one: &BoundingBox,
        other: &BoundingBox,
        ground: Option<&GroundPlane>,
    ) -> bool {
        match self {
            Self::Heights(heights) => {
                let gap = |from: f32, to: f32| (to - from).max(0.0);
                let beside = gap(one.right, other.left).max(gap(other.right, one.left));
                let above = gap(one.bottom, other.top).max(gap(other.bottom, one.top));
                let yardstick = one.height().max(other.height());
                (beside * PICTURE_ASPECT).hypot(above) <= heights * yardstick
            }
            Self::Metres(metres) => {
                let locate = |bbox: &BoundingBox| ground?.locate(bbox.foot());
                locate(one).zip(locate(other)).is_some_and(|(one, other)| {
                    (one.east_m - other.east_m).hypot(one.north_m - other.north_m) <= metres
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bbox(left: f32, top: f32, right: f32, bottom: f32) -> BoundingBox {
        BoundingBox { left, top, right, bottom }
    }

    #[test]
    fn heights_span_the_gap_between_the_boxes() {
        let person = bbox(0.40, 0.40, 0.45, 0.60);
        let near = |reach, other| Reach::Heights(reach).holds(&person, &other, None);
        // 0.1 of the width to the right is 0.178 heights of the picture, 0.89 of the person's.
        let beside = bbox(0.55, 0.55, 0.60, 0.60);
        assert!(near(0.9, beside) && !near(0.88, beside));
        assert!(Reach::Heights(0.9).holds(&beside, &person, None), "either way round");
        assert!(near(0.0, bbox(0.42, 0.5, 0.6, 0.9)), "what overlaps is at hand");
        let below = bbox(0.40, 0.70, 0.45, 0.75);
        assert!(near(0.51, below) && !near(0.49, below));
    }

    #[test]
    fn metres_need_a_ground_plane() {
        let (one, other) = (bbox(0.2, 0.3, 0.3, 0.5), bbox(0.4, 0.0, 0.5, 0.5));
        // The picture is 20 m wide: the feet are 4 m apart.
        let plane = GroundPlane::from_homography([20.0, 0.0, 0.0, 0.0, 20.0, 0.0, 0.0, 0.0, 1.0]);
        let near = |metres, ground| Reach::Metres(metres).holds(&one, &other, ground);
        assert!(near(4.01, Some(&plane)) && !near(3.99, Some(&plane)));
        assert!(!near(100.0, None));
    }

    #[test]
    fn a_reach_that_is_none_is_refused() {
        for reach in [Reach::Heights(-0.1), Reach::Heights(f32::NAN), Reach::Metres(0.0)] {
            assert!(reach.fault().is_some(), "{reach:?}");
        }
        assert!(Reach::Heights(0.0).fault().is_none() && Reach::Metres(2.0).fault().is_none());
    }
}
