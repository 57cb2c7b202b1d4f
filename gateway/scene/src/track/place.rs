//! Whether an object stands: its place, and what counts as leaving it.
//!
//! A box jitters, shrinks while somebody passes in front of it, and is missing from some pictures.
//! None of this is movement. Movement takes the box *out of* its place and keeps it there.

use std::time::Duration;

use super::settings::TrackerSettings;
use crate::geometry::BoundingBox;
use crate::time::CaptureTime;

/// Jitter of a box is averaged out over about this long, in seconds: less than a walker needs for
/// the width of his body.
const JITTER_SECONDS: f32 = 0.4;

/// A place follows the box this slowly, in seconds. It follows a mast in the wind, and nothing that
/// goes anywhere.
const DRIFT_SECONDS: f32 = 30.0;

/// A place follows only boxes that overlap it this well: not half-hidden ones.
const DRIFT_OVERLAP: f32 = 0.7;

/// A box with less than this share inside the object's place is elsewhere. A smaller box with more
/// of it inside is the visible part of the object.
const VISIBLE_PART: f32 = 0.75;

/// A box that overlaps the place less than this has left it for certain: jitter never does that.
const GONE_OVERLAP: f32 = 0.1;

/// Boxes are compared with this margin, in shares of the picture: about the detector's own grain,
/// which is jitter to a large box and a third of a small one.
const GRAIN: f32 = 0.003;

/// The place of one object and since when it is there.
#[derive(Debug, Clone)]
pub(super) struct Place {
    anchor: BoundingBox,
    /// The box without its jitter.
    smooth: BoundingBox,
    since: CaptureTime,
    seen_at: CaptureTime,
    /// The box of the latest picture and its time, if it lay elsewhere.
    elsewhere: Option<(BoundingBox, CaptureTime)>,
    /// Since when only a part of it is visible.
    partial_since: Option<CaptureTime>,
}

impl Place {
    /// The place of an object seen for the first time.
    pub(super) fn new(bbox: BoundingBox, seen_at: CaptureTime) -> Self {
        Self {
            anchor: bbox,
            smooth: bbox,
            since: seen_at,
            seen_at,
            elsewhere: None,
            partial_since: None,
        }
    }

    /// Since when the object is in this place.
    pub(super) fn since(&self) -> CaptureTime {
        self.since
    }

    /// For how long it has been seen there.
    pub(super) fn held_for(&self) -> Duration {
        self.seen_at.since(self.since)
    }

    /// The place itself.
    pub(super) fn anchor(&self) -> BoundingBox {
        self.anchor
    }

    /// The object was seen again.
    pub(super) fn see(&mut self, bbox: BoundingBox, at: CaptureTime, settings: &TrackerSettings) {
        let seconds = at.since(self.seen_at).as_secs_f32();
        self.seen_at = at;
        self.smooth = blend(&self.smooth, &bbox, seconds, JITTER_SECONDS);
        let place = padded(&self.anchor);
        let smooth = padded(&self.smooth);
        let overlap = smooth.iou(&place);

        if overlap >= settings.still_overlap {
            self.elsewhere = None;
            self.partial_since = None;
            if overlap >= DRIFT_OVERLAP {
                self.anchor = blend(&self.anchor, &bbox, seconds, DRIFT_SECONDS);
            }
            return;
        }
        if share_inside(&smooth, &place) >= VISIBLE_PART {
            self.elsewhere = None;
            let since = *self.partial_since.get_or_insert(at);
            if at.since(since) > settings.occluded_for {
                *self = Self::new(bbox, at);
            }
            return;
        }
        // One odd box among sparse pictures is no movement; the second is, and if the object stays
        // where the first one showed it, it has been there since then.
        match self.elsewhere {
            Some((first, first_at)) => {
                *self = Self::new(bbox, at);
                if padded(&bbox).iou(&padded(&first)) >= settings.still_overlap {
                    self.since = first_at;
                }
            }
            None if padded(&bbox).iou(&place) < GONE_OVERLAP => *self = Self::new(bbox, at),
            None => self.elsewhere = Some((bbox, at)),
        }
    }
}

/// `from` moved towards `to` by what `seconds` are worth against the time constant `slowness`.
fn blend(from: &BoundingBox, to: &BoundingBox, seconds: f32, slowness: f32) -> BoundingBox {
    let share = 1.0 - (-seconds / slowness).exp();
    let mix = |a: f32, b: f32| a + share * (b - a);
    BoundingBox {
        left: mix(from.left, to.left),
        top: mix(from.top, to.top),
        right: mix(from.right, to.right),
        bottom: mix(from.bottom, to.bottom),
    }
}

fn padded(bbox: &BoundingBox) -> BoundingBox {
    BoundingBox {
        left: bbox.left - GRAIN,
        top: bbox.top - GRAIN,
        right: bbox.right + GRAIN,
        bottom: bbox.bottom + GRAIN,
    }
}

/// Share of `bbox` that lies in `place`.
fn share_inside(bbox: &BoundingBox, place: &BoundingBox) -> f32 {
    let common = BoundingBox {
        left: bbox.left.max(place.left),
        top: bbox.top.max(place.top),
        right: bbox.right.min(place.right),
        bottom: bbox.bottom.min(place.bottom),
    };
    if bbox.area() > 0.0 { common.area() / bbox.area() } else { 0.0 }
}
