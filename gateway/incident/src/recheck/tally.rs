//! What the pictures of a re-check have shown so far.

use scene::track::TrackId;
use scene::{BoundingBox, Detection, Observation};

use crate::alert::VerificationReason;
use crate::rule::{Keepsake, Sight, Sought, Subject};
use crate::zone::Zone;

/// A share of a score that counts in a re-check: stricter than opening, as a wrong "gone" costs more.
const STRICTER: f32 = 0.8;
/// The least overlap with a reported box at which it is the same thing in the same place.
const SAME_PLACE: f32 = 0.3;
/// A view less like the reported one is another, or cannot be told.
const SAME_VIEW: f32 = 0.8;
/// So much of the reported place must be hidden by something else to say nothing of it.
const HIDDEN_FROM: f32 = 0.5;

/// One picture, and what it is compared with.
pub(crate) struct Look<'a> {
    pub(crate) observation: &'a Observation,
    pub(crate) zone: &'a Zone,
    pub(crate) sought: &'a Sought,
    /// The least score at which the detector's word begins a track, 0..=1.
    pub(crate) strong_score: f32,
    /// Where the incident was reported and last seen.
    pub(crate) reported: &'a [BoundingBox],
    /// How the place looked when it was reported.
    pub(crate) view: &'a Keepsake,
}

/// Counts over the pictures of one check.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tally {
    /// All pictures.
    pub(crate) pictures: u32,
    /// Those that show the place.
    pub(crate) samples: u32,
    /// Those of them that show an object of the kind.
    pub(crate) positive: u32,
    /// Those of them that show it where it was reported.
    pub(crate) in_place: u32,
    dark: u32,
    occluded: u32,
    moved: u32,
    compared: u32,
    match_sum: f64,
    /// What the latest picture showed.
    pub(crate) shown: Vec<Subject>,
}

impl Tally {
    /// Takes one picture into account.
    pub(crate) fn add(&mut self, look: &Look<'_>) {
        self.pictures = self.pictures.saturating_add(1);
        self.shown.clear();
        let threshold = look.sought.min_score.max(look.strong_score) * STRICTER;
        let detections = &look.observation.detections;
        let (found, others): (Vec<&Detection>, Vec<&Detection>) = detections
            .iter()
            .filter(|detection| detection.score >= threshold)
            .partition(|detection| look.sought.is_one(detection, look.zone));
        let objects: Vec<BoundingBox> =
            found.iter().chain(&others).map(|detection| detection.bbox).collect();
        let sight = match &look.observation.appearance {
            Some(appearance) => look.view.compare(appearance, &objects),
            None => Sight::Occluded,
        };
        match sight {
            Sight::Dark => self.dark = self.dark.saturating_add(1),
            Sight::Occluded => self.occluded = self.occluded.saturating_add(1),
            Sight::Seen(share) => {
                self.compared = self.compared.saturating_add(1);
                self.match_sum += f64::from(share);
                if share < SAME_VIEW {
                    self.moved = self.moved.saturating_add(1);
                } else {
                    self.sample(look, &found, &others);
                }
            }
        }
    }

    /// The picture shows the place.
    fn sample(&mut self, look: &Look<'_>, found: &[&Detection], others: &[&Detection]) {
        let is_positive = found.len() >= look.sought.at_least;
        let hides = |other: &&Detection| {
            look.reported.iter().any(|place| hidden_share(place, &other.bbox) >= HIDDEN_FROM)
        };
        if !is_positive && others.iter().any(hides) {
            self.occluded = self.occluded.saturating_add(1);
            return;
        }
        self.samples = self.samples.saturating_add(1);
        if !is_positive {
            return;
        }
        self.positive = self.positive.saturating_add(1);
        let in_place = found.iter().any(|detection| {
            look.reported.iter().any(|place| place.iou(&detection.bbox) >= SAME_PLACE)
        });
        self.in_place = self.in_place.saturating_add(u32::from(in_place));
        self.shown = found.iter().map(|detection| subject(detection)).collect();
    }

    /// How far the compared pictures showed the reported view, 0..=1 on average.
    pub(crate) fn scene_match(&self) -> Option<f32> {
        #[expect(clippy::cast_possible_truncation, reason = "a share of 0..=1")]
        let mean = (self.match_sum / f64::from(self.compared.max(1))) as f32;
        (self.compared > 0).then_some(mean)
    }

    /// Why there are too few samples: what most of the other pictures suffered from.
    pub(crate) fn blindness(&self) -> VerificationReason {
        let causes = [
            (self.moved, VerificationReason::CameraMoved),
            (self.occluded, VerificationReason::Occluded),
            (self.dark, VerificationReason::LowLight),
        ];
        let worst = causes.into_iter().max_by_key(|(pictures, _)| *pictures);
        match worst {
            Some((pictures, reason)) if pictures > self.samples => reason,
            _ => VerificationReason::TooFewSamples,
        }
    }
}

/// The share of `place` that `other` covers, 0..=1.
fn hidden_share(place: &BoundingBox, other: &BoundingBox) -> f32 {
    let common = BoundingBox {
        left: place.left.max(other.left),
        top: place.top.max(other.top),
        right: place.right.min(other.right),
        bottom: place.bottom.min(other.bottom),
    };
    let area = place.area();
    if area > 0.0 { common.area() / area } else { 0.0 }
}

/// Single pictures are not followed: no track shows it.
fn subject(detection: &Detection) -> Subject {
    let Detection { class, score, bbox } = detection;
    Subject { class: class.clone(), score: *score, bbox: *bbox, track_id: TrackId(0) }
}
