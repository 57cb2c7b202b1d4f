//! A place in the picture where something stands, remembered across lost and swapped tracks.

mod memory;

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, track::Track, track::TrackId};

use super::tally::Tally;
use super::{Subject, View};

pub(super) use memory::SpotV1;

/// Overlap with the remembered place from which another track is taken for the same object.
const SAME_PLACE_IOU: f32 = 0.5;
/// Share of the smaller box inside the larger from which a track counts as still at its place:
/// half hidden behind a passer-by, a box shrinks but does not leave.
const SAME_PLACE_CONTAINED: f32 = 0.5;
/// Overlap from which a box of a still track refreshes the place; less is a half-hidden view.
const SAME_VIEW_IOU: f32 = 0.7;
/// Former occupants remembered, in case one turns out to have walked away.
const MAX_FORMER: usize = 8;

/// Somewhere an object stands or stood a moment ago.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    /// Where: the latest whole view while its track is still, frozen otherwise: it cannot drift.
    pub(super) bbox: BoundingBox,
    /// The track that stands here; none after a restart or a backward step of the clock.
    pub(super) occupant: Option<Occupant>,
    /// Tracks that stood here before and vanished, with the tally since each takeover.
    former: Vec<(TrackId, Tally)>,
    /// What has been seen of it.
    pub(super) tally: Tally,
    /// Watched time of the latest picture that showed it.
    pub(super) seen: Duration,
    /// That picture's capture time.
    pub(super) seen_at: CaptureTime,
    /// Pictures since then.
    pub(super) missed: u32,
    /// Tracks seen elsewhere since then: none of them can be what stands here.
    bystanders: Vec<TrackId>,
    /// The condition was met once: from then on it is remembered for longer.
    pub(super) ripe: bool,
    /// How long it may yet stand alone, for rules that want it accompanied.
    pub(super) credit: Duration,
    /// The object in the current picture, if that shows it.
    pub(super) subject: Option<Subject>,
}

/// The track that stands on a spot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Occupant {
    id: TrackId,
    still_since: CaptureTime,
}

/// What became of a spot whose own track was looked for in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stay {
    /// The track is in the picture, at this place.
    Here,
    /// The track is in the picture, somewhere else: a real exit.
    Left,
    /// The track is not in the picture.
    OutOfSight,
}

impl Spot {
    /// A spot first seen in this picture.
    pub(super) fn new(track: &Track, view: &View<'_>) -> Self {
        Self {
            bbox: track.bbox,
            occupant: Some(Occupant { id: track.id, still_since: track.still_since }),
            former: Vec::new(),
            tally: Tally::begin(track.score, view),
            seen: view.watched,
            seen_at: view.at(),
            missed: 0,
            bystanders: Vec::new(),
            ripe: false,
            credit: Duration::ZERO,
            subject: Some(Subject::of(track)),
        }
    }

    /// A spot remembered from an earlier run, whose track identities mean nothing now.
    pub(super) fn remembered(
        bbox: BoundingBox,
        tally: Tally,
        (seen, seen_at): (Duration, CaptureTime),
        missed: u32,
        ripe: bool,
    ) -> Self {
        Self {
            bbox,
            occupant: None,
            former: Vec::new(),
            tally,
            seen,
            seen_at,
            missed,
            bystanders: Vec::new(),
            ripe,
            credit: Duration::ZERO,
            subject: None,
        }
    }

    /// The clock stepped back to `at`, and a new tracker numbers its tracks from the start: the
    /// place stays, claimable by any track of the picture taken at `at`.
    pub(super) fn step_back(&mut self, at: CaptureTime) {
        self.occupant = None;
        self.former.clear();
        self.bystanders.clear();
        self.seen_at = self.seen_at.min(at.before(Duration::from_micros(1)));
        self.tally.step_back(at);
    }

    /// Begins a picture: one more analysed, nothing seen yet.
    pub(super) fn begin_picture(&mut self) {
        self.subject = None;
        self.tally.begin_picture();
        for (_, tally) in &mut self.former {
            tally.begin_picture();
        }
    }

    /// Looks for the spot's own track among those the picture shows.
    pub(super) fn stay(&self, visible: &[&Track]) -> Stay {
        let Some(occupant) = self.occupant else {
            return Stay::OutOfSight;
        };
        let Some(track) = visible.iter().find(|track| track.id == occupant.id) else {
            return Stay::OutOfSight;
        };
        let moved = track.still_since > occupant.still_since;
        if moved && contained(&track.bbox, &self.bbox) < SAME_PLACE_CONTAINED {
            Stay::Left
        } else {
            Stay::Here
        }
    }

    /// If an earlier occupant, thought to be this object under another name, is seen elsewhere,
    /// two passers-by paused here one after the other: only the later one's time counts.
    pub(super) fn disown_departed(&mut self, visible: &[&Track]) {
        let departed = |id: TrackId| {
            visible.iter().any(|track| {
                track.id == id && contained(&track.bbox, &self.bbox) < SAME_PLACE_CONTAINED
            })
        };
        if let Some(last) = self.former.iter().rposition(|(id, _)| departed(*id))
            && let Some((_, tally)) = self.former.drain(..=last).next_back()
        {
            self.tally = tally;
        }
    }

    /// How well `track` would continue this spot after its own track vanished: the overlap, if
    /// that is enough and the track was neither born before the spot was last seen nor came here
    /// from elsewhere.
    pub(super) fn claim(&self, track: &Track) -> Option<f32> {
        let overlap = track.bbox.iou(&self.bbox);
        let is_new = track.first_seen_at > self.seen_at && !self.bystanders.contains(&track.id);
        (overlap >= SAME_PLACE_IOU && is_new).then_some(overlap)
    }

    /// Counts a picture that does not show it, and remembers whom it shows elsewhere.
    pub(super) fn miss(&mut self, visible: &[&Track]) {
        self.missed = self.missed.saturating_add(1);
        for track in visible {
            let elsewhere = contained(&track.bbox, &self.bbox) < SAME_PLACE_CONTAINED;
            if elsewhere && !self.bystanders.contains(&track.id) {
                self.bystanders.push(track.id);
            }
        }
    }

    /// Hands the spot to another track: the same object under another name.
    pub(super) fn hand_over(&mut self, track: &Track, view: &View<'_>) {
        if let Some(former) = self.occupant {
            let mut tally = Tally::begin(track.score, view);
            (tally.positive, tally.score_sum) = (0, 0.0); // `see` counts this picture
            self.former.push((former.id, tally));
            if self.former.len() > MAX_FORMER {
                self.former.remove(0);
            }
        }
        self.occupant = Some(Occupant { id: track.id, still_since: track.still_since });
        self.bbox = track.bbox;
    }

    /// Counts a picture that shows the spot's own track at its place.
    pub(super) fn see(&mut self, track: &Track, view: &View<'_>) {
        let still = self.occupant.is_some_and(|known| track.still_since <= known.still_since);
        if still && track.bbox.iou(&self.bbox) >= SAME_VIEW_IOU {
            self.bbox = track.bbox;
        }
        self.tally.see(track.score);
        for (_, tally) in &mut self.former {
            tally.see(track.score);
        }
        self.seen = view.watched;
        self.seen_at = view.at();
        self.missed = 0;
        self.bystanders.clear();
        self.subject = Some(Subject::of(track));
    }

    /// Whether `track` is the one that stands here.
    pub(super) fn is_of(&self, track: &Track) -> bool {
        self.occupant.is_some_and(|occupant| occupant.id == track.id)
    }

    /// Whether one track stands on both.
    pub(super) fn shares_occupant(&self, other: &Self) -> bool {
        self.occupant.zip(other.occupant).is_some_and(|(ours, theirs)| ours.id == theirs.id)
    }
}

/// Share of the smaller box that lies inside the other, 0..=1; 0 if either is empty.
fn contained(a: &BoundingBox, b: &BoundingBox) -> f32 {
    let width = (a.right.min(b.right) - a.left.max(b.left)).max(0.0);
    let height = (a.bottom.min(b.bottom) - a.top.max(b.top)).max(0.0);
    let smaller = a.area().min(b.area());
    if smaller > 0.0 { width * height / smaller } else { 0.0 }
}
