//! Who is with something that stands: each by his track, and by where he stays when that is lost.
//!
//! Somebody who stays with goods sells them. Many who walk past, one after the other, are nobody who stays:
//! each has a place and a time of his own, and none of these lasts.

use std::time::Duration;

use scene::track::{Track, TrackId};
use scene::{BoundingBox, CaptureTime};
use serde::{Deserialize, Serialize};

use crate::credit::CreditTerms;
use crate::micros::micros;
use crate::tally::{Tally, TallyV1};
use crate::view::View;

/// Of the dwell, the part for which the same one must be there. Who takes over somewhere else has the rest.
const MOST: f32 = 0.7;
/// Overlap (IoU) from which another track is taken for who stood there: he turned, or somebody takes over.
const SAME_PLACE: f32 = 0.3;
/// Remembered at once with one thing. In a crowd the latest are not.
const MOST_REMEMBERED: usize = 16;

/// Who is with one thing.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attendants {
    all: Vec<Attendant>,
    /// One has stayed.
    has_stayed: bool,
}

/// One of them.
#[derive(Debug, Clone, PartialEq)]
struct Attendant {
    /// None after a restart or a backward step of the clock.
    track: Option<TrackId>,
    /// Where he was seen last.
    place: BoundingBox,
    tally: Tally,
    credit: Duration,
    is_here: bool,
}

/// How long somebody must be there, and how steadily.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) dwell: Duration,
    pub(crate) min_share: f32,
    pub(crate) credit: CreditTerms,
}

impl Attendants {
    /// Whether somebody has stayed with it, ever.
    pub(crate) const fn has_stayed(&self) -> bool {
        self.has_stayed
    }

    /// Takes in who is within reach in this picture, so much watched time after the one before.
    pub(crate) fn follow(
        &mut self,
        near: &[&Track],
        (view, passed): (&View<'_>, Duration),
        patience: &Patience,
    ) {
        for attendant in &mut self.all {
            attendant.is_here = false;
            attendant.tally.begin_picture();
        }
        let (known, others): (Vec<&Track>, Vec<&Track>) =
            near.iter().partition(|track| self.all.iter().any(|it| it.track == Some(track.id)));
        for track in known {
            self.all
                .iter_mut()
                .filter(|it| it.track == Some(track.id))
                .for_each(|it| it.see(track));
        }
        let terms = &patience.credit;
        for track in others {
            let has_room = self.all.len() < MOST_REMEMBERED;
            let alike = |it: &Attendant| it.place.iou(&track.bbox);
            let vacant = self.all.iter_mut().filter(|it| !it.is_here && alike(it) >= SAME_PLACE);
            match vacant.max_by(|a, b| alike(a).total_cmp(&alike(b))) {
                Some(attendant) => attendant.see(track),
                None if has_room => {
                    self.all.push(Attendant::new(track, view, terms.first()));
                }
                None => {}
            }
        }
        self.all.retain_mut(|it| {
            let is_new = it.tally.total == 1;
            let credit =
                if is_new { Some(it.credit) } else { terms.after(it.credit, passed, it.is_here) };
            it.credit = credit.unwrap_or_default();
            credit.is_some()
        });
        let least = patience.dwell.mul_f32(MOST);
        let stays = |it: &Attendant| it.is_here && it.tally.proves(least, patience.min_share, view);
        self.has_stayed |= self.all.iter().any(stays);
    }

    /// The clock stepped back to `at`, and tracks are numbered from the start.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        for attendant in &mut self.all {
            attendant.track = None;
            attendant.tally.step_back(at);
        }
    }
}

impl Attendant {
    fn new(track: &Track, view: &View<'_>, credit: Duration) -> Self {
        let tally = Tally::begin(track.score, view);
        Self { track: Some(track.id), place: track.bbox, tally, credit, is_here: true }
    }

    fn see(&mut self, track: &Track) {
        (self.track, self.place, self.is_here) = (Some(track.id), track.bbox, true);
        self.tally.see(track.score);
    }
}

/// Those with one thing as they are remembered over a restart.
#[derive(Serialize, Deserialize)]
pub(crate) struct AttendantsV1 {
    all: Vec<AttendantV1>,
    has_stayed: bool,
}

#[derive(Serialize, Deserialize)]
struct AttendantV1 {
    place: [f32; 4],
    #[serde(flatten)]
    tally: TallyV1,
    /// Of watched time.
    credit_us: u64,
}

impl AttendantsV1 {
    pub(crate) fn of(attendants: &Attendants) -> Self {
        let all = attendants.all.iter().map(|it| {
            let BoundingBox { left, top, right, bottom } = it.place;
            AttendantV1 {
                place: [left, top, right, bottom],
                tally: TallyV1::of(&it.tally),
                credit_us: micros(it.credit),
            }
        });
        Self { all: all.collect(), has_stayed: attendants.has_stayed }
    }

    pub(crate) fn attendants(&self) -> Attendants {
        let all = self.all.iter().take(MOST_REMEMBERED).map(|it| {
            let [left, top, right, bottom] = it.place;
            Attendant {
                track: None,
                place: BoundingBox { left, top, right, bottom },
                tally: it.tally.tally(),
                credit: Duration::from_micros(it.credit_us),
                is_here: false,
            }
        });
        Attendants { all: all.collect(), has_stayed: self.has_stayed }
    }
}
