//! What stands in a passage, seen by the detector or as a thing of no class.

use scene::{BoundingBox, StandingThing};

use crate::footprint::{FOOTPRINT_HEIGHT, footprint};
use crate::overlap::contained;
use crate::spot::Spot;
use crate::tally::Tally;
use crate::verdict::Subject;

/// A thing of which this share lies in an object's box, or the other way round, is that object.
const SAME_OBJECT: f32 = 0.7;

/// Something that has stood for the dwell.
#[derive(Debug)]
pub(super) struct Obstacle {
    /// The detector has no word for it.
    is_unknown: bool,
    /// The smallest box around it.
    pub(super) bounds: BoundingBox,
    /// Where it meets the ground, in parts from left to right.
    pub(super) footprints: Vec<BoundingBox>,
    /// What was seen of it.
    pub(super) tally: Tally,
    /// How the latest picture shows it.
    pub(super) subject: Option<Subject>,
}

impl Obstacle {
    /// An object that the detector knows.
    pub(super) fn of_class(spot: &Spot) -> Self {
        Self {
            is_unknown: false,
            bounds: spot.bbox,
            footprints: vec![footprint(&spot.bbox)],
            tally: spot.tally,
            subject: spot.subject.clone(),
        }
    }

    /// A thing of no class.
    pub(super) fn of_no_class(
        (thing, tally, subject): (&StandingThing, Tally, Option<Subject>),
    ) -> Self {
        let footprints = thing.parts(FOOTPRINT_HEIGHT).collect();
        Self { is_unknown: true, bounds: thing.bounds, footprints, tally, subject }
    }
}

/// Whether a thing and a box show one object.
pub(super) fn is_one_object(thing: &BoundingBox, bbox: &BoundingBox) -> bool {
    contained(thing, bbox) >= SAME_OBJECT
}

/// The longest standing first, without what is one object with an older one.
pub(super) fn distinct(mut obstacles: Vec<Obstacle>) -> Vec<Obstacle> {
    obstacles.sort_by_key(|obstacle| obstacle.tally.since);
    let mut kept: Vec<Obstacle> = Vec::with_capacity(obstacles.len());
    for obstacle in obstacles {
        // Boxes of the detector are told apart by their tracks.
        let is_unknown = obstacle.is_unknown;
        let is_it = |older: &&mut Obstacle| {
            older.is_unknown != is_unknown && is_one_object(&older.bounds, &obstacle.bounds)
        };
        match kept.iter_mut().find(is_it) {
            // What the detector calls by a name is shown under it.
            Some(older) if !is_unknown || older.subject.is_none() => {
                older.subject = obstacle.subject.or(older.subject.take());
            }
            Some(_) => {}
            None => kept.push(obstacle),
        }
    }
    kept
}
