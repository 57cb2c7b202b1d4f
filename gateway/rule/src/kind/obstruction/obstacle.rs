//! What stands in a passage, seen by the detector or as a thing of no class.

use std::cmp::Reverse;
use std::time::Duration;

use scene::BoundingBox;

use crate::footprint::{FOOTPRINT_HEIGHT, footprint};
use crate::overlap::share_inside;
use crate::spot::Spot;
use crate::tally::Tally;
use crate::things::RipeThing;
use crate::verdict::Subject;

/// A thing and a box of the detector that overlap by this much (IoU) are one object. A lorry over a
/// carton is not the carton.
const SAME_OBJECT: f32 = 0.5;
/// A thing of which this share lies in something larger is a part of it: it is measured and not counted.
const PART: f32 = 0.7;

/// Something that has stood for the dwell.
#[derive(Debug)]
pub(super) struct Obstacle {
    /// The detector has no word for it.
    is_unknown: bool,
    /// The picture tells whether it is there.
    pub(super) is_known: bool,
    /// It is seen as a part of something larger.
    pub(super) is_part: bool,
    /// The smallest box around it.
    pub(super) bounds: BoundingBox,
    /// Where it meets the ground, in parts from left to right.
    pub(super) footprints: Vec<BoundingBox>,
    /// What was seen of it.
    pub(super) tally: Tally,
    /// For how long it has stood there, in watched time.
    pub(super) stood: Duration,
    /// How the latest picture shows it.
    pub(super) subject: Option<Subject>,
}

impl Obstacle {
    /// An object that the detector knows.
    pub(super) fn of_class(spot: &Spot, watched: Duration) -> Self {
        Self {
            is_unknown: false,
            is_known: true,
            is_part: false,
            bounds: spot.bbox,
            footprints: vec![footprint(&spot.bbox)],
            tally: spot.tally,
            stood: watched.saturating_sub(spot.tally.since),
            subject: spot.subject.clone(),
        }
    }

    /// A thing of no class.
    pub(super) fn of_no_class(thing: RipeThing<'_>) -> Self {
        Self {
            is_unknown: true,
            is_known: thing.is_known,
            is_part: false,
            bounds: thing.shape.bounds,
            footprints: thing.shape.parts(FOOTPRINT_HEIGHT).collect(),
            tally: thing.tally,
            stood: thing.stood,
            subject: thing.subject,
        }
    }

    /// Both show one object, and this has stood for longer. It covers what either covers, and what the
    /// detector calls by a name is shown under it.
    fn unite(&mut self, younger: Self) {
        if younger.is_known && self.is_known {
            self.footprints.extend(younger.footprints);
        } else if younger.is_known {
            (self.bounds, self.footprints) = (younger.bounds, younger.footprints);
        }
        self.is_known |= younger.is_known;
        let [named, unnamed] = if self.is_unknown {
            [younger.subject, self.subject.take()]
        } else {
            [self.subject.take(), younger.subject]
        };
        self.subject = named.or(unnamed);
    }
}

/// Whether a thing and a box show one object.
pub(super) fn is_one_object(thing: &BoundingBox, bbox: &BoundingBox) -> bool {
    thing.iou(bbox) >= SAME_OBJECT
}

/// The longest standing first, without what is one object with an older one.
pub(super) fn distinct(mut obstacles: Vec<Obstacle>) -> Vec<Obstacle> {
    obstacles.sort_by_key(|obstacle| Reverse(obstacle.stood));
    let mut kept: Vec<Obstacle> = Vec::with_capacity(obstacles.len());
    for obstacle in obstacles {
        // Boxes of the detector are told apart by their tracks.
        let is_it = |older: &&mut Obstacle| {
            older.is_unknown != obstacle.is_unknown
                && is_one_object(&older.bounds, &obstacle.bounds)
        };
        match kept.iter_mut().find(is_it) {
            Some(older) => older.unite(obstacle),
            None => kept.push(obstacle),
        }
    }
    let wholes: Vec<BoundingBox> =
        kept.iter().filter(|it| it.subject.is_some()).map(|it| it.bounds).collect();
    for part in kept.iter_mut().filter(|it| it.is_unknown) {
        let is_whole = |whole: &BoundingBox| {
            whole.area() > part.bounds.area() && share_inside(&part.bounds, whole) >= PART
        };
        part.is_part = wholes.iter().any(is_whole);
    }
    kept
}
