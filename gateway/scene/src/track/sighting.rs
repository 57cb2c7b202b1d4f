//! One object in one picture, under all the names the detector gave it.

use super::settings::TrackerSettings;
use crate::detection::{Class, Observation};
use crate::geometry::BoundingBox;

/// Boxes of different classes that overlap this well are one object that the detector cannot name.
const SAME_OBJECT: f32 = 0.8;

/// One object in one picture.
#[derive(Debug)]
pub(super) struct Sighting {
    pub(super) bbox: BoundingBox,
    /// The best score and the class it was given for.
    pub(super) score: f32,
    pub(super) class: Class,
    /// One of its classes is likely enough to begin a track.
    pub(super) is_strong: bool,
    /// All classes it was given, with their scores.
    pub(super) votes: Vec<(Class, f32)>,
}

impl Sighting {
    /// How sure the detector is that it is of this class; none if it does not say so.
    pub(super) fn score_of(&self, class: &Class) -> Option<f32> {
        self.votes.iter().find(|(known, _)| known == class).map(|(_, score)| *score)
    }
}

/// The objects of a picture, the strongest first. A van that is reported as a car and as a truck
/// is one object.
pub(super) fn sightings(observation: &Observation, settings: &TrackerSettings) -> Vec<Sighting> {
    let mut detections: Vec<_> = observation
        .detections
        .iter()
        .filter(|d| d.score >= settings.weak_score(&d.class) && d.score.is_finite())
        .filter(|d| d.bbox.area().is_normal())
        .collect();
    detections.sort_by(|a, b| b.score.total_cmp(&a.score));

    let mut sightings: Vec<Sighting> = Vec::with_capacity(detections.len());
    for detection in detections {
        let vote = (detection.class.clone(), detection.score);
        let is_strong = detection.score >= settings.strong.begins(&detection.class);
        match sightings.iter_mut().find(|s| s.bbox.iou(&detection.bbox) >= SAME_OBJECT) {
            Some(known) => {
                known.votes.push(vote);
                known.is_strong |= is_strong;
            }
            None => sightings.push(Sighting {
                bbox: detection.bbox,
                score: detection.score,
                class: detection.class.clone(),
                is_strong,
                votes: vec![vote],
            }),
        }
    }
    sightings
}
