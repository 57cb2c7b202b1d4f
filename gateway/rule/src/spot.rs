//! A place in the picture where something stands, remembered across lost and swapped tracks.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, track::Track, track::TrackId};
use serde::{Deserialize, Serialize};

use crate::attendants::{Attendants, AttendantsV1};
use crate::micros::micros;
use crate::overlap::{contained, share_inside};
use crate::tally::{Tally, TallyV1};
use crate::unseen::Unseen;
use crate::verdict::Subject;
use crate::view::View;

/// Overlap with the remembered place from which another track is taken for the same object.
const SAME_PLACE_IOU: f32 = 0.5;
/// Share of the smaller box inside the larger from which a track counts as still at its place:
/// half hidden behind a passer-by, a box shrinks but does not leave.
const SAME_PLACE_CONTAINED: f32 = 0.5;
/// Overlap from which a box of a still track refreshes the place; less is a half-hidden view.
const SAME_VIEW_IOU: f32 = 0.7;
/// Share of the place from which a box over it hides what stands there.
const HIDDEN_SHARE: f32 = 0.5;
/// Former occupants remembered, in case one turns out to have walked away.
const MAX_FORMER: usize = 8;

/// Somewhere an object stands or stood a moment ago.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spot {
    /// Where: the latest whole view while its track is still, frozen otherwise: it cannot drift.
    pub(crate) bbox: BoundingBox,
    /// The track that stands here; none after a restart or a backward step of the clock.
    pub(crate) occupant: Option<Occupant>,
    /// Tracks that stood here before and vanished, with the tally since each takeover.
    former: Vec<(TrackId, Tally)>,
    /// What has been seen of it.
    pub(crate) tally: Tally,
    /// Watched time of the latest picture that showed it.
    pub(crate) seen: Duration,
    /// That picture's capture time.
    pub(crate) seen_at: CaptureTime,
    /// Pictures since then that did not show it; those in which something hid the place count as one.
    pub(crate) missed: u32,
    /// Tracks seen elsewhere since then: none of them can be what stands here.
    bystanders: Vec<TrackId>,
    /// The condition was met once: from then on it is remembered for longer.
    pub(crate) ripe: bool,
    /// How long it may yet stand alone, for rules that want it accompanied.
    pub(crate) credit: Duration,
    /// Who is with it, for rules that want somebody to stay.
    pub(crate) attendants: Option<Attendants>,
    /// The object in the current picture, if that shows it.
    pub(crate) subject: Option<Subject>,
}

/// The track that stands on a spot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Occupant {
    id: TrackId,
    /// Since when it stood still when it came here: its box refreshes the place until it moves.
    still_since: CaptureTime,
    /// Since when it stood still when it was last seen here.
    here_since: CaptureTime,
}

impl Occupant {
    fn of(track: &Track) -> Self {
        let still_since = track.still_since;
        Self { id: track.id, still_since, here_since: still_since }
    }
}

/// What became of a spot whose own track was looked for in a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// The track is in the picture, at this place.
    Here,
    /// The track is in the picture, somewhere else: a real exit.
    Left,
    /// The track is not in the picture.
    OutOfSight,
}

impl Spot {
    /// A spot first seen in this picture.
    pub(crate) fn new(track: &Track, view: &View<'_>) -> Self {
        Self {
            bbox: track.bbox,
            occupant: Some(Occupant::of(track)),
            former: Vec::new(),
            tally: Tally::begin(track.score, view),
            seen: view.watched,
            seen_at: view.at(),
            missed: 0,
            bystanders: Vec::new(),
            ripe: false,
            credit: Duration::ZERO,
            attendants: None,
            subject: Some(Subject::of(track)),
        }
    }

    /// A spot remembered from an earlier run, whose track identities mean nothing now.
    pub(crate) fn remembered(
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
            attendants: None,
            subject: None,
        }
    }

    /// The clock stepped back to `at`, and a new tracker numbers its tracks from the start: the
    /// place stays, claimable by any track of the picture taken at `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.occupant = None;
        self.former.clear();
        self.bystanders.clear();
        self.seen_at = self.seen_at.min(at.before(Duration::from_micros(1)));
        self.tally.step_back(at);
        self.attendants.iter_mut().for_each(|it| it.step_back(at));
    }

    /// Begins a picture: one more analysed, nothing seen yet.
    pub(crate) fn begin_picture(&mut self) {
        self.subject = None;
        self.tally.begin_picture();
        for (_, tally) in &mut self.former {
            tally.begin_picture();
        }
    }

    /// Looks for the spot's own track among those the picture shows.
    pub(crate) fn stay(&self, visible: &[&Track]) -> Stay {
        let Some(occupant) = self.occupant else {
            return Stay::OutOfSight;
        };
        let Some(track) = visible.iter().find(|track| track.id == occupant.id) else {
            return Stay::OutOfSight;
        };
        // A box elsewhere is no exit yet: it may be that of a passer-by. A new place elsewhere is.
        let moved = track.still_since > occupant.here_since;
        if moved && !self.holds(track) { Stay::Left } else { Stay::Here }
    }

    /// If an earlier occupant, thought to be this object under another name, is seen elsewhere,
    /// two passers-by paused here one after the other: only the later one's time counts.
    pub(crate) fn disown_departed(&mut self, visible: &[&Track]) {
        let departed =
            |id: TrackId| visible.iter().any(|track| track.id == id && !self.holds(track));
        if let Some(last) = self.former.iter().rposition(|(id, _)| departed(*id))
            && let Some((_, tally)) = self.former.drain(..=last).next_back()
        {
            self.tally = tally;
        }
    }

    /// How well `track` would continue this spot after its own track vanished: the overlap, if
    /// that is enough and the track was neither born before the spot was last seen nor came here
    /// from elsewhere.
    pub(crate) fn claim(&self, track: &Track) -> Option<f32> {
        let overlap = track.bbox.iou(&self.bbox);
        let is_new = track.first_seen_at > self.seen_at && !self.bystanders.contains(&track.id);
        (overlap >= SAME_PLACE_IOU && is_new).then_some(overlap)
    }

    /// How long it has been out of sight.
    pub(crate) fn unseen(&self, view: &View<'_>) -> Unseen {
        Unseen { looks: self.missed, time: view.watched.saturating_sub(self.seen) }
    }

    /// Counts a picture that does not show it, and remembers the tracks that it shows elsewhere.
    /// Pictures in which something else hides the place say little, however many: they count as one.
    pub(crate) fn miss(&mut self, visible: &[&Track], view: &View<'_>) {
        let is_hidden = view.tracks.iter().any(|track| self.is_hidden_by(track));
        self.missed = if is_hidden { self.missed.max(1) } else { self.missed.saturating_add(1) };
        for track in visible {
            if !self.holds(track) && !self.bystanders.contains(&track.id) {
                self.bystanders.push(track.id);
            }
        }
    }

    /// Whether the track is here, perhaps half hidden.
    fn holds(&self, track: &Track) -> bool {
        contained(&track.bbox, &self.bbox) >= SAME_PLACE_CONTAINED
    }

    /// Its own track hides nothing: if that is in the picture, it does not count now.
    fn is_hidden_by(&self, track: &Track) -> bool {
        self.occupant.is_none_or(|occupant| occupant.id != track.id)
            && share_inside(&self.bbox, &track.bbox) >= HIDDEN_SHARE
    }

    /// Hands the spot to another track: the same object under another name.
    pub(crate) fn hand_over(&mut self, track: &Track, view: &View<'_>) {
        if let Some(former) = self.occupant {
            let mut tally = Tally::begin(track.score, view);
            (tally.positive, tally.score_sum) = (0, 0.0); // `see` counts this picture
            self.former.push((former.id, tally));
            if self.former.len() > MAX_FORMER {
                self.former.remove(0);
            }
        }
        self.occupant = Some(Occupant::of(track));
        self.bbox = track.bbox;
    }

    /// Counts a picture that shows the spot's own track at its place.
    pub(crate) fn see(&mut self, track: &Track, view: &View<'_>) {
        let still = self.occupant.is_some_and(|known| track.still_since <= known.still_since);
        if still && track.bbox.iou(&self.bbox) >= SAME_VIEW_IOU {
            self.bbox = track.bbox;
        }
        if self.holds(track)
            && let Some(occupant) = &mut self.occupant
        {
            occupant.here_since = track.still_since;
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
    pub(crate) fn is_of(&self, track: &Track) -> bool {
        self.occupant.is_some_and(|occupant| occupant.id == track.id)
    }

    /// Whether one track stands on both.
    pub(crate) fn shares_occupant(&self, other: &Self) -> bool {
        self.occupant.zip(other.occupant).is_some_and(|(ours, theirs)| ours.id == theirs.id)
    }
}

/// A spot as it is remembered over a restart: only what survives one, so no track identities. Times in
/// microseconds: `*_at_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
pub(crate) struct SpotV1 {
    bbox: [f32; 4],
    #[serde(flatten)]
    tally: TallyV1,
    seen_at_us: i64,
    seen_us: u64,
    missed: u32,
    ripe: bool,
    /// Of watched time.
    #[serde(default)]
    credit_us: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attendants: Option<AttendantsV1>,
}

impl SpotV1 {
    pub(crate) fn of(spot: &Spot) -> Self {
        let BoundingBox { left, top, right, bottom } = spot.bbox;
        Self {
            bbox: [left, top, right, bottom],
            tally: TallyV1::of(&spot.tally),
            seen_at_us: spot.seen_at.unix_micros(),
            seen_us: micros(spot.seen),
            missed: spot.missed,
            ripe: spot.ripe,
            credit_us: micros(spot.credit),
            attendants: spot.attendants.as_ref().map(AttendantsV1::of),
        }
    }

    pub(crate) fn spot(&self) -> Spot {
        let [left, top, right, bottom] = self.bbox;
        let seen = Duration::from_micros(self.seen_us);
        let seen_at = CaptureTime::from_unix_micros(self.seen_at_us);
        let bbox = BoundingBox { left, top, right, bottom };
        let tally = self.tally.tally();
        let credit = Duration::from_micros(self.credit_us);
        let spot = Spot::remembered(bbox, tally, (seen, seen_at), self.missed, self.ripe);
        let attendants = self.attendants.as_ref().map(AttendantsV1::attendants);
        Spot { credit, attendants, ..spot }
    }
}
