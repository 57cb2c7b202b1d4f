//! Things of no class that stand in a zone, carried from look to look.
//!
//! The eye follows them within one picture's zone; its numbers end with it. Here a thing is known by
//! its place. So a dwell survives the death of an eye, a restart, and a heap that grows.

use std::time::Duration;

use scene::track::{Track, TrackId, TrackState};
use scene::{BoundingBox, CaptureTime, Class, MOST_THINGS, StandingThing, UNKNOWN_OBJECT};
use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::overlap::contained;
use crate::spots::Patience;
use crate::tally::{Tally, TallyV1};
use crate::verdict::Subject;
use crate::view::View;

/// Share of the smaller box inside the larger from which a thing is the one that stood there before.
const SAME_PLACE: f32 = 0.5;

/// A thing was there for at most so long when it is told for the first time: the eye looks eight times
/// and misses three, every five seconds. An eye whose clock was set since cannot say more.
const LONGEST_BEFORE: Duration = Duration::from_secs(60);

/// Those that a look shows, and as many that are out of sight.
const MOST_REMEMBERED: usize = 2 * MOST_THINGS;

/// No tracker counts so far, and a number of JSON is exact up to eight thousand times as much.
const FIRST_NUMBER: u64 = 1 << 40;

/// The things in a zone.
#[derive(Debug)]
pub(crate) struct Things {
    patience: Patience,
    /// Time in which the zone was known. It begins late enough to count what was before a thing was told.
    watched: Duration,
    /// [`View::watched`] of the latest picture.
    latest: Option<Duration>,
    /// The number of the next one.
    next: u64,
    things: Vec<Thing>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thing {
    /// Its number in this run of the gateway, and when it was told first in it.
    number: u64,
    told_at: CaptureTime,
    /// As it was last seen.
    pub(crate) shape: StandingThing,
    tally: Tally,
    /// When it was last seen, in time in which the zone was known.
    seen: Duration,
    /// It has stood for the dwell.
    ripe: bool,
    /// The latest picture shows it.
    is_shown: bool,
}

impl Things {
    /// None yet.
    pub(crate) const fn new(patience: Patience) -> Self {
        Self {
            patience,
            watched: LONGEST_BEFORE,
            latest: None,
            next: FIRST_NUMBER,
            things: Vec::new(),
        }
    }

    /// Whether nothing is followed.
    pub(crate) fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// Takes in what a picture shows of the zone. Things that do not count are passed over.
    pub(crate) fn follow(&mut self, view: &View<'_>, counts: impl Fn(&StandingThing) -> bool) {
        let passed = self.latest.map(|latest| view.watched.saturating_sub(latest));
        self.latest = Some(view.watched);
        self.things.iter_mut().for_each(|thing| thing.is_shown = false);
        let Some(look) = view.standing else { return };
        // In the dark, and while the zone is learned, no time passes for what stands in it.
        if look.is_complete || !look.things.is_empty() {
            self.watched += passed.unwrap_or_default();
        }
        for thing in look.things.iter().filter(|thing| counts(thing)) {
            self.see(thing, view);
        }
        for thing in self.things.iter_mut().filter(|thing| !thing.is_shown) {
            if look.is_complete {
                thing.tally.begin_picture();
            } else {
                thing.seen = self.watched;
            }
        }
        let (watched, patience) = (self.watched, self.patience);
        self.things.retain(|thing| watched.saturating_sub(thing.seen) <= thing.memory(&patience));
        let by_own_time = View { watched, ..*view };
        for thing in &mut self.things {
            thing.ripe |= thing.tally.proves(patience.dwell, patience.min_share, &by_own_time);
        }
    }

    /// What has stood for the dwell and was seen within the tolerated gap: its shape, what was seen of it
    /// as [`View::watched`] counts, and how the latest picture shows it.
    pub(crate) fn standing(
        &self,
        view: &View<'_>,
    ) -> impl Iterator<Item = (&StandingThing, Tally, Option<Subject>)> {
        let (watched, now) = (self.watched, view.watched);
        let tolerance = self.patience.gap_tolerance;
        let is_here = move |thing: &&Thing| {
            thing.ripe && (thing.is_shown || watched.saturating_sub(thing.seen) <= tolerance)
        };
        self.things.iter().filter(is_here).map(move |thing| {
            let since = now.saturating_sub(watched.saturating_sub(thing.tally.since));
            let tally = Tally { since, ..thing.tally };
            (&thing.shape, tally, thing.is_shown.then(|| thing.subject()))
        })
    }

    /// The things as a tracker would tell objects, for rules that follow these. While the zone is not
    /// known, what stood there is taken to stand there still.
    pub(crate) fn tracks(&self, view: &View<'_>) -> Vec<Track> {
        let is_known = view.standing.is_some_and(|look| look.is_complete);
        let there = self.things.iter().filter(|thing| thing.is_shown || !is_known);
        there.map(|thing| thing.track(view.at())).collect()
    }

    /// Something has stood for the dwell, and the picture does not show whether it still does.
    pub(crate) fn is_unsure(&self, view: &View<'_>) -> bool {
        view.standing.is_some_and(|look| !look.is_complete)
            && self.things.iter().any(|thing| thing.ripe && !thing.is_shown)
    }

    /// The clock stepped back to `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.things.iter_mut().for_each(|thing| thing.tally.step_back(at));
    }

    fn see(&mut self, thing: &StandingThing, view: &View<'_>) {
        // Two that are one now go on as the older one.
        let is_it = |known: &&mut Thing| {
            !known.is_shown && contained(&known.shape.bounds, &thing.bounds) >= SAME_PLACE
        };
        let watched = self.watched;
        let known = self.things.iter_mut().filter(is_it).min_by_key(|known| known.tally.since);
        if let Some(known) = known {
            known.tally.begin_picture();
            known.tally.see(thing.sure);
            (known.shape, known.seen, known.is_shown) = (thing.clone(), watched, true);
            return;
        }
        if self.things.len() >= MOST_REMEMBERED {
            return;
        }
        let before = view.at().since(thing.since).min(LONGEST_BEFORE);
        let tally = Tally {
            since_at: view.at().before(before),
            since: watched.saturating_sub(before),
            positive: thing.looks,
            total: thing.looks,
            score_sum: f64::from(thing.sure) * f64::from(thing.looks),
        };
        let shape = thing.clone();
        let (number, told_at) = (self.next, view.at());
        self.next += 1;
        let (seen, ripe, is_shown) = (watched, false, true);
        self.things.push(Thing { number, told_at, shape, tally, seen, ripe, is_shown });
    }
}

impl Thing {
    /// How long it is remembered out of sight.
    fn memory(&self, patience: &Patience) -> Duration {
        let tolerance = patience.gap_tolerance;
        if self.ripe { tolerance.max(patience.clear_after) } else { tolerance }
    }

    fn track(&self, at: CaptureTime) -> Track {
        let since = self.told_at.min(at);
        Track {
            id: TrackId(self.number),
            class: Class::new(UNKNOWN_OBJECT),
            bbox: self.shape.bounds,
            score: self.shape.sure,
            state: TrackState::Confirmed,
            first_seen_at: since,
            last_seen_at: at,
            still_since: since,
            hits: self.tally.positive,
        }
    }

    fn subject(&self) -> Subject {
        Subject {
            class: Class::new(UNKNOWN_OBJECT),
            score: self.shape.sure,
            bbox: self.shape.bounds,
            // It has none.
            track_id: TrackId(0),
        }
    }
}

/// All things of a zone as they are remembered over a restart. Times in microseconds: `*_at_us` since
/// 1970, others of time in which the zone was known.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ThingsV1 {
    watched_us: u64,
    things: Vec<ThingV1>,
}

#[derive(Serialize, Deserialize)]
struct ThingV1 {
    bounds: [f32; 4],
    foot: Vec<f32>,
    sure: f32,
    #[serde(flatten)]
    tally: TallyV1,
    seen_us: u64,
    ripe: bool,
}

impl ThingsV1 {
    pub(crate) fn of(things: &Things) -> Self {
        Self {
            watched_us: micros(things.watched),
            things: things.things.iter().map(ThingV1::of).collect(),
        }
    }

    /// Puts what is remembered into `things`, of an earlier version nothing.
    pub(crate) fn restore(self, things: &mut Things) {
        things.watched = Duration::from_micros(self.watched_us).max(LONGEST_BEFORE);
        things.latest = None;
        let numbered = (things.next..).zip(self.things);
        things.things = numbered.map(|(number, it)| it.thing(number)).collect();
        things.next += things.things.len() as u64;
    }
}

impl ThingV1 {
    fn of(thing: &Thing) -> Self {
        let BoundingBox { left, top, right, bottom } = thing.shape.bounds;
        Self {
            bounds: [left, top, right, bottom],
            foot: thing.shape.foot.clone(),
            sure: thing.shape.sure,
            tally: TallyV1::of(&thing.tally),
            seen_us: micros(thing.seen),
            ripe: thing.ripe,
        }
    }

    fn thing(self, number: u64) -> Thing {
        let [left, top, right, bottom] = self.bounds;
        let tally = self.tally.tally();
        let shape = StandingThing {
            bounds: BoundingBox { left, top, right, bottom },
            foot: self.foot,
            since: tally.since_at,
            looks: tally.positive,
            sure: self.sure,
        };
        let seen = Duration::from_micros(self.seen_us);
        let told_at = tally.since_at;
        Thing { number, told_at, shape, tally, seen, ripe: self.ripe, is_shown: false }
    }
}
