//! One followed object, as everyone but the tracker sees it.

use crate::detection::Class;
use crate::geometry::BoundingBox;
use crate::time::CaptureTime;

/// Identifies one followed object within one camera until the gateway restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId(pub u64);

/// Where a track is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackState {
    /// Not seen often enough to be believed.
    Tentative,
    /// Believed and seen in the latest picture.
    Confirmed,
    /// Believed, but not seen in the latest picture.
    Lost,
}

/// One followed object.
///
/// Always `first_seen_at <= still_since <= last_seen_at`.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Its identity.
    pub id: TrackId,
    /// What it is most of the time: the class with the highest summed score.
    pub class: Class,
    /// Where it was last seen, normalised. While lost: its place if it stood there, else where it
    /// is predicted to have gone, which may lie outside the picture.
    pub bbox: BoundingBox,
    /// Score of its latest detection, 0..=1: that of its own class, if the detection has several.
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
