//! Objects followed from picture to picture.

use std::time::Duration;

use crate::detection::{Class, Observation, ObservationGap};
use crate::geometry::BoundingBox;
use crate::time::CaptureTime;

/// Identifies one followed object within one camera until the gateway restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// Where a track is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackState {
    /// Seen, but not often enough to be believed.
    Tentative,
    /// Believed and seen in the latest picture.
    Confirmed,
    /// Believed, but not seen in the latest picture.
    Lost,
}

/// One followed object.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its identity.
    pub id: TrackId,
    /// What it is most of the time: the class with the highest summed score.
    pub class: Class,
    /// Where it was last seen (or is predicted, while lost), normalised.
    pub bbox: BoundingBox,
    /// Score of its latest detection, 0..=1.
    pub score: f32,
    /// Where it is in its life.
    pub state: TrackState,
    /// The first picture that showed it.
    pub first_seen_at: CaptureTime,
    /// The latest picture that showed it.
    pub last_seen_at: CaptureTime,
    /// Since when it has not moved from its place; from its first picture on it counts as still.
    pub still_since: CaptureTime,
    /// Pictures that showed it.
    pub hits: u32,
}
