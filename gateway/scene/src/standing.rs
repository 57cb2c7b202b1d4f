//! What newly stands in a zone, whatever it is: found by comparing pictures, not by a detector.

use std::sync::Arc;

use crate::geometry::BoundingBox;
use crate::time::CaptureTime;

/// The name of the class of what no detector has a word for. A model with a class of this name is
/// refused.
pub const UNKNOWN_OBJECT: &str = "unknown_object";

/// Things in one zone. What seems to hold more is not understood.
pub const MOST_THINGS: usize = 32;

/// Zones of one camera that are watched for whatever newly stands in them. Each costs some
/// milliseconds a look and some megabytes.
pub const MOST_STANDING_ZONES: usize = 16;

/// Parts into which the width of a thing is cut, to say where each meets the ground.
pub const MOST_FOOT_PARTS: usize = 16;

/// Places of a zone of which a look may say that it cannot tell. More are told as one around them all.
pub const MOST_UNSURE: usize = 32;

/// A look is silent about a thing if this share of its place is unsure.
const UNSURE_SHARE: f32 = 0.5;

/// What a zone shows in one picture, without regard to classes.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingLook {
    /// The zone's id.
    pub zone: Arc<str>,
    /// Since when the zone is known as it looks when nothing newly stands in it: what came later can be
    /// told from it. None while it is learned, and in the dark.
    pub known_since: Option<CaptureTime>,
    /// Where something may stand that this look does not show: somebody hides it, or it has not been
    /// seen long enough. At most [`MOST_UNSURE`].
    pub unsure: Vec<BoundingBox>,
    /// What this look shows, at most [`MOST_THINGS`].
    pub things: Vec<StandingThing>,
    /// Where something has been gone for long that was there when the zone was learned, at most
    /// [`MOST_THINGS`]. Empty for a zone in which nobody asks for that.
    pub gone: Vec<BoundingBox>,
}

impl StandingLook {
    /// Whether it tells what stands at this place: something that came there at this time or later, and
    /// is not among the things, is gone. Else the look says nothing about it.
    #[must_use]
    pub fn tells_of(&self, place: &BoundingBox, since: CaptureTime) -> bool {
        let unsure: f32 = self.unsure.iter().map(|it| it.common_area(place)).sum();
        self.known_since.is_some_and(|known| known <= since) && unsure < UNSURE_SHARE * place.area()
    }
}

/// Something that was not there before, and that keeps still.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingThing {
    /// The smallest box around it.
    pub bounds: BoundingBox,
    /// Where it meets the ground: the lowest place of each of equal parts of its width, from left to
    /// right; at most [`MOST_FOOT_PARTS`].
    pub foot: Vec<f32>,
    /// When it was first seen, no later than the picture.
    pub since: CaptureTime,
    /// In how many looks it was seen.
    pub looks: u32,
    /// How sure it is that a thing stands there, 0..=1.
    pub sure: f32,
}

impl StandingThing {
    /// Its parts from left to right, each a box down to where it meets the ground. The height of each
    /// is this share of the thing's own.
    pub fn parts(&self, height_share: f32) -> impl Iterator<Item = BoundingBox> {
        let BoundingBox { left, right, .. } = self.bounds;
        let height = height_share * self.bounds.height();
        #[expect(clippy::cast_precision_loss, reason = "a thing has few parts")]
        let edge = {
            let count = self.foot.len().max(1) as f32;
            move |index: usize| left + (right - left) * index as f32 / count
        };
        self.foot.iter().enumerate().map(move |(index, bottom)| BoundingBox {
            left: edge(index),
            top: bottom - height,
            right: edge(index + 1),
            bottom: *bottom,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_tells_of_what_came_since_the_zone_is_known_where_nothing_hides_it() {
        let at = CaptureTime::from_unix_micros;
        let bbox = |left, right| BoundingBox { left, top: 0.5, right, bottom: 1.0 };
        let look = |known_since: Option<i64>, unsure| StandingLook {
            zone: "z".into(),
            known_since: known_since.map(at),
            unsure,
            things: Vec::new(),
            gone: Vec::new(),
        };
        let tells = |look: &StandingLook| look.tells_of(&bbox(0.25, 0.75), at(5));
        assert!(tells(&look(Some(5), Vec::new())) && tells(&look(Some(1), vec![bbox(0.0, 0.25)])));
        assert!(!tells(&look(None, Vec::new())) && !tells(&look(Some(6), Vec::new())));
        assert!(!tells(&look(Some(1), vec![bbox(0.0, 0.5)])));
        assert!(!tells(&look(Some(1), vec![bbox(0.0, 0.375), bbox(0.625, 1.0)])));
    }

    #[test]
    fn a_plank_that_lies_aslant_meets_the_ground_along_its_length() {
        let plank = StandingThing {
            bounds: BoundingBox { left: 0.25, top: 0.5, right: 0.75, bottom: 0.75 },
            foot: vec![0.75, 0.625],
            since: CaptureTime::from_unix_micros(0),
            looks: 8,
            sure: 0.9,
        };
        let parts: Vec<_> = plank.parts(0.5).collect();
        let part = |left, top, right, bottom| BoundingBox { left, top, right, bottom };
        assert_eq!(parts, [part(0.25, 0.625, 0.5, 0.75), part(0.5, 0.5, 0.75, 0.625)]);
    }
}
