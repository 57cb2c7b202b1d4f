//! An object that may move, followed by its track, and by its place where the track is lost.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, track::Track, track::TrackId};
use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::view::View;

/// Overlap with the latest box from which a new track is taken for the same object: less than for
/// what stands, because between two pictures it moves.
const SAME_OBJECT_IOU: f32 = 0.3;

/// Where an object was seen last, and by which track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Trail {
    /// Where it was seen last.
    pub(crate) bbox: BoundingBox,
    /// The track that showed it; none after a restart or a backward step of the clock.
    track: Option<TrackId>,
    /// Watched time of the latest picture that showed it.
    pub(crate) seen: Duration,
    /// That picture's capture time.
    pub(crate) seen_at: CaptureTime,
}

impl Trail {
    /// The trail of an object that this picture shows.
    pub(crate) fn of(track: &Track, view: &View<'_>) -> Self {
        Self { bbox: track.bbox, track: Some(track.id), seen: view.watched, seen_at: view.at() }
    }

    /// The clock stepped back to `at`: only the place counts, and any track may continue it.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.track = None;
        self.seen_at = self.seen_at.min(at.before(Duration::from_micros(1)));
    }

    /// Whether `track` is its own.
    pub(crate) fn is_of(&self, track: &Track) -> bool {
        self.track == Some(track.id)
    }

    /// How well `track` would continue it after its own track vanished: the overlap, if that is
    /// enough and the track was not born before the object was last seen.
    fn claim(&self, track: &Track) -> Option<f32> {
        let overlap = track.bbox.iou(&self.bbox);
        (overlap >= SAME_OBJECT_IOU && track.first_seen_at > self.seen_at).then_some(overlap)
    }
}

/// For each of the trails the index of the track in `inside` that continues it in this picture, by
/// track number first, by place where its own track is not among the `visible` ones. No track
/// continues two trails; older trails choose first.
pub(crate) fn continued<'a>(
    trails: impl Iterator<Item = &'a Trail> + Clone,
    visible: &[&Track],
    inside: &[&Track],
) -> Vec<Option<usize>> {
    let own = |trail: &Trail| inside.iter().position(|track| trail.is_of(track));
    let mut heirs: Vec<Option<usize>> = trails.clone().map(own).collect();
    for (place, trail) in trails.enumerate() {
        if visible.iter().any(|track| trail.is_of(track)) {
            continue;
        }
        let heir = inside
            .iter()
            .enumerate()
            .filter(|(index, _)| !heirs.contains(&Some(*index)))
            .filter_map(|(index, track)| trail.claim(track).map(|overlap| (overlap, index)))
            .max_by(|(a, _), (b, _)| a.total_cmp(b));
        if let Some((slot, (_, index))) = heirs.get_mut(place).zip(heir) {
            *slot = Some(index);
        }
    }
    heirs
}

/// A trail as it is remembered over a restart: no track identity. Times in microseconds, `*_at_us`
/// since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
pub(crate) struct TrailV1 {
    bbox: [f32; 4],
    seen_us: u64,
    seen_at_us: i64,
}

impl TrailV1 {
    pub(crate) fn of(trail: &Trail) -> Self {
        let BoundingBox { left, top, right, bottom } = trail.bbox;
        Self {
            bbox: [left, top, right, bottom],
            seen_us: micros(trail.seen),
            seen_at_us: trail.seen_at.unix_micros(),
        }
    }

    pub(crate) fn trail(&self) -> Trail {
        let [left, top, right, bottom] = self.bbox;
        Trail {
            bbox: BoundingBox { left, top, right, bottom },
            track: None,
            seen: Duration::from_micros(self.seen_us),
            seen_at: CaptureTime::from_unix_micros(self.seen_at_us),
        }
    }
}
