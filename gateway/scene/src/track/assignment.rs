//! Which detection belongs to which track.
//!
//! Greedy: the best overlapping pair first. On a recorded street it gives 1398 of the 1408 pairs that
//! the optimal (Hungarian) assignment gives; the rest are walkers in a group. The optimum may take
//! its own box from a standing car in order to give a passer-by any box at all; greedy never does.

use super::followed::Followed;
use super::settings::TrackerSettings;
use super::sighting::Sighting;
use crate::geometry::BoundingBox;
use crate::time::CaptureTime;

/// Boxes of a walker in sparse pictures need not overlap at all: in a round that reaches, boxes
/// are grown by this share of their size on each side, and must then overlap this well.
const REACH: f32 = 0.5;
const REACH_OVERLAP: f32 = 0.3;

/// After this many seconds unseen a walker may be anywhere.
const REACH_SECONDS: f32 = 2.0;

/// Who may choose from what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Round {
    /// Tracks that are believed, or those that are not yet.
    pub(super) believed: bool,
    /// Strong detections, or weak ones.
    pub(super) strong: bool,
    /// Whether boxes that merely lie close to each other may match.
    reach: bool,
}

/// The order in which tracks choose. Believed ones go first, so that no flicker beside a standing
/// object takes its box.
pub(super) const ROUNDS: [Round; 6] = [
    Round { believed: true, strong: true, reach: false },
    Round { believed: true, strong: true, reach: true },
    Round { believed: true, strong: false, reach: false },
    Round { believed: false, strong: true, reach: false },
    Round { believed: false, strong: true, reach: true },
    Round { believed: false, strong: false, reach: false },
];

/// A track that looks for its box in a picture.
#[derive(Debug)]
pub(super) struct Seeker<'a> {
    pub(super) followed: &'a Followed,
    predicted: BoundingBox,
    unseen_seconds: f32,
}

impl<'a> Seeker<'a> {
    /// The track, as it should be at this time.
    pub(super) fn new(followed: &'a Followed, at: CaptureTime) -> Self {
        let unseen_seconds = followed.unseen_seconds(at);
        Self { followed, predicted: followed.motion.predict(unseen_seconds), unseen_seconds }
    }

    /// How well the sighting fits where the object should be, where it was seen last, or where it
    /// stands; none if not well enough.
    pub(super) fn overlap(
        &self,
        sighting: &Sighting,
        round: Round,
        settings: &TrackerSettings,
    ) -> Option<f32> {
        let followed = self.followed;
        let bbox = &sighting.bbox;
        if round.reach {
            if followed.waits() || self.unseen_seconds > REACH_SECONDS {
                return None;
            }
            let bbox = grown(bbox);
            let overlap =
                grown(&self.predicted).iou(&bbox).max(grown(&followed.seen_box).iou(&bbox));
            let matches = overlap >= REACH_OVERLAP && followed.knows_class_of(sighting);
            return matches.then_some(overlap);
        }
        let mut overlap = self.predicted.iou(bbox).max(followed.seen_box.iou(bbox));
        if followed.waits() {
            overlap = overlap.max(followed.place.anchor().iou(bbox));
        }
        let needed = if round.strong { settings.strong_overlap } else { settings.weak_overlap };
        let matches = overlap >= needed
            && (overlap >= settings.mismatch_overlap || followed.knows_class_of(sighting));
        matches.then_some(overlap)
    }
}

fn grown(bbox: &BoundingBox) -> BoundingBox {
    let (x, y) = (bbox.width() * REACH, bbox.height() * REACH);
    BoundingBox {
        left: bbox.left - x,
        top: bbox.top - y,
        right: bbox.right + x,
        bottom: bbox.bottom + y,
    }
}

/// A track and a detection, by index, that could belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    pub(super) track: usize,
    pub(super) detection: usize,
    /// How well they overlap, 0..=1.
    pub(super) overlap: f32,
}

/// Chooses pairs, the best first, such that each track and each detection comes once at most.
/// Equal overlaps go to the older track, then to the stronger detection: both come first by index.
pub(super) fn assign(mut pairs: Vec<Match>) -> Vec<Match> {
    pairs.sort_by(|a, b| {
        let order = b.overlap.total_cmp(&a.overlap);
        order.then(a.track.cmp(&b.track)).then(a.detection.cmp(&b.detection))
    });
    let mut chosen: Vec<Match> = Vec::new();
    for pair in pairs {
        let taken = |c: &Match| c.track == pair.track || c.detection == pair.detection;
        if !chosen.iter().any(taken) {
            chosen.push(pair);
        }
    }
    chosen
}
