//! What a rule concludes: nothing, a candidate, or a finding with the objects behind it.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, Class, track::Track, track::TrackId};

use crate::likelihood::Likelihood;

/// What a rule concludes from the pictures up to this one.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing of interest in sight.
    Clear,
    /// Something that may become an incident, or one that is out of sight in this picture.
    Candidate,
    /// It held when its place was last seen, and this picture does not show the place: somebody hides it,
    /// it is too dark, or the zone is being learned. Nothing is there and nothing is gone.
    Unknown,
    /// The condition holds and this picture shows it.
    Met(Finding),
}

/// What a rule found: the facts behind an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The first picture that showed it.
    pub since_at: CaptureTime,
    /// The picture before it, which did not show it: it came in between. None if it was there from the first
    /// picture, or if that is not known.
    pub not_before_at: Option<CaptureTime>,
    /// How long it has lasted, gaps not counted.
    pub dwell: Duration,
    /// Pictures since then that showed it.
    pub pictures_positive: u32,
    /// Pictures analysed since then.
    pub pictures_total: u32,
    /// Mean score of the pictures that showed it, 0..=1. What has no score, such as a fault of the
    /// camera or something missing, has the share of the pictures that showed it.
    pub confidence: f32,
    /// Objects that meet the rule; 0 for a fault of the camera and for something missing.
    pub count: u32,
    /// Those of them that this picture shows, the longest standing first.
    pub subjects: Vec<Subject>,
    /// How likely it is, as second looks at the crop tell; none if none was made.
    pub likelihood: Option<Likelihood>,
}

/// An object behind an alert, as one picture shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// What it is.
    pub class: Class,
    /// The detector's score, 0..=1.
    pub score: f32,
    /// Where it is, normalised.
    pub bbox: BoundingBox,
    /// The track that shows it.
    pub track_id: TrackId,
}

impl Subject {
    pub(crate) fn of(track: &Track) -> Self {
        let Track { class, score, bbox, id, .. } = track;
        Self { class: class.clone(), score: *score, bbox: *bbox, track_id: *id }
    }
}
