//! Things of no class that stand in a zone, carried from look to look.
//!
//! The eye follows them within one picture's zone; its numbers end with it. Here a thing is known by
//! its place. So a dwell survives the death of an eye and a restart.
//!
//! A look shows a thing, or misses it, or says nothing about it ([`StandingLook::tells_of`]). For what
//! a look says nothing about, no time passes: it is neither there nor gone.

use std::time::Duration;

use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, MOST_THINGS, StandingLook, StandingThing, Thresholds,
    UNKNOWN_OBJECT,
};

use crate::overlap::{contained, share_inside};
use crate::spots::Patience;
use crate::tally::Tally;
use crate::unseen::Unseen;
use crate::verdict::Subject;
use crate::view::View;

/// Share of the smaller box inside the larger from which a thing is the one that stood there before, ...
const SAME_PLACE: f32 = 0.6;
/// ... unless it is so many times as large as that was at first. Then more was put down beside it, and
/// that has a dwell of its own.
const GROWN: f32 = 2.0;

/// A thing was there for at most so long when it is told for the first time: the eye looks eight times
/// and misses three, every five seconds. An eye whose clock was set since cannot say more.
const LONGEST_BEFORE: Duration = Duration::from_secs(60);

/// After this watched time in which no look could tell of it, a thing is forgotten: a night and a day.
const LONGEST_UNKNOWN: Duration = Duration::from_hours(24);

/// No tracker counts so far, and a number of JSON is exact up to eight thousand times as much.
const FIRST_NUMBER: u64 = 1 << 40;

/// Those that a look shows, and as many that are out of sight.
pub(crate) const MOST_REMEMBERED: usize = 2 * MOST_THINGS;

/// The things in a zone.
#[derive(Debug)]
pub(crate) struct Things {
    patience: Patience,
    /// How sure it must be that a new thing stands there, and that a known one still does.
    least_sure: (f32, f32),
    /// [`View::watched`] of the latest picture.
    latest: Option<Duration>,
    /// The number of the next one.
    next: u64,
    things: Vec<Thing>,
}

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thing {
    /// Its number in this run of the gateway, and when it was first told in it.
    pub(crate) number: u64,
    pub(crate) told_at: CaptureTime,
    /// As it was last seen.
    pub(crate) shape: StandingThing,
    /// The smallest that it was.
    pub(crate) first: BoundingBox,
    /// When it was first seen, and how often since. Its watched time is not used: `stood` is.
    pub(crate) tally: Tally,
    /// For how long it has stood there, without the time in which nothing was known of it.
    pub(crate) stood: Duration,
    /// How long it has been missed.
    pub(crate) unseen: Unseen,
    /// For how long no look has told of it.
    pub(crate) unknown: Duration,
    /// Since when the zone was known to the look that showed it last. It came after that.
    pub(crate) reference: CaptureTime,
    /// It has stood for the dwell.
    pub(crate) ripe: bool,
    /// A person has said that it is no incident. That holds for as long as it stands.
    pub(crate) accepted: bool,
    pub(crate) telling: Telling,
}

/// What the latest look says about a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    Shown,
    Missed,
    Silent,
}

/// A thing that has stood for the dwell and was not missed for longer than is tolerated.
pub(crate) struct RipeThing<'a> {
    pub(crate) shape: &'a StandingThing,
    /// What was seen of it. Its watched time is not used.
    pub(crate) tally: Tally,
    /// For how long it has stood there: longer than this run, if the eye has known it for longer.
    pub(crate) stood: Duration,
    /// How the latest picture shows it.
    pub(crate) subject: Option<Subject>,
    /// The latest picture tells whether it is there.
    pub(crate) is_known: bool,
}

impl Things {
    /// None yet.
    pub(crate) fn new(patience: Patience, min_score: &Thresholds) -> Self {
        let class = Class::new(UNKNOWN_OBJECT);
        let least_sure = (min_score.begins(&class), min_score.goes_on(&class));
        Self { patience, least_sure, latest: None, next: FIRST_NUMBER, things: Vec::new() }
    }

    /// All that are followed.
    pub(crate) fn all(&self) -> &[Thing] {
        &self.things
    }

    /// Whether anything is followed that may become an incident.
    pub(crate) fn any_counts(&self) -> bool {
        self.things.iter().any(|thing| !thing.accepted)
    }

    /// Takes over the things that an earlier run remembered.
    pub(crate) fn restore(&mut self, things: Vec<Thing>) {
        (self.latest, self.things) = (None, things);
        for thing in &mut self.things {
            thing.number = self.next;
            self.next += 1;
        }
    }

    /// What stands at these places is no incident, as long as it stands there.
    pub(crate) fn accept(&mut self, places: &[BoundingBox]) {
        let is_at = |thing: &&mut Thing| {
            places.iter().any(|place| contained(&thing.shape.bounds, place) >= SAME_PLACE)
        };
        self.things.iter_mut().filter(is_at).for_each(|thing| thing.accepted = true);
    }

    /// Forgets all but what a person has called no incident.
    pub(crate) fn begin_anew(&mut self) {
        let accepted = self.things.drain(..).filter(|thing| thing.accepted).collect();
        self.restore(accepted);
    }

    /// The things as a tracker would tell objects at this time, for rules that follow these. What a look
    /// says nothing about is taken to stand there still.
    pub(crate) fn tracks(&self, at: CaptureTime) -> Vec<Track> {
        let counts = |it: &&Thing| it.telling != Telling::Missed && !it.accepted;
        let there = self.things.iter().filter(counts);
        there.map(|thing| thing.track(at)).collect()
    }

    /// The clock stepped back to `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.things.iter_mut().for_each(|thing| thing.tally.step_back(at));
    }

    /// Takes in what a picture shows of the zone: of its things, these count.
    pub(crate) fn follow(&mut self, view: &View<'_>, counted: &[&StandingThing]) {
        if self.latest.is_none() {
            // Those of an earlier run are told in this one from now on.
            self.things.iter_mut().for_each(|thing| thing.told_at = view.at());
        }
        let passed = self.latest.map(|latest| view.watched.saturating_sub(latest));
        let passed = passed.unwrap_or_default();
        self.latest = Some(view.watched);
        let (begins, goes_on) = self.least_sure;
        let told: Vec<&StandingThing> =
            counted.iter().copied().filter(|thing| thing.sure >= goes_on).collect();
        for thing in &mut self.things {
            thing.telling = Telling::Silent;
        }
        let fresh: Vec<&StandingThing> =
            told.iter().copied().filter(|thing| !self.recognise(thing)).collect();
        for thing in &mut self.things {
            thing.take_in(&told, view.standing);
            thing.pass(passed);
        }
        for thing in fresh.into_iter().filter(|thing| thing.sure >= begins) {
            self.begin(thing, view);
        }
        self.forget();
        self.ripen(view);
    }

    /// What has stood for the dwell.
    pub(crate) fn ripe(&self) -> impl Iterator<Item = RipeThing<'_>> {
        let tolerance = self.patience.gap_tolerance;
        let is_here =
            move |thing: &&Thing| thing.ripe && !thing.accepted && !thing.unseen.is_gone(tolerance);
        self.things.iter().filter(is_here).map(|thing| RipeThing {
            shape: &thing.shape,
            tally: thing.tally,
            stood: thing.stood,
            subject: (thing.telling == Telling::Shown).then(|| thing.subject()),
            is_known: thing.telling != Telling::Silent,
        })
    }

    /// Finds which of the known things this one is. Two that are one now go on as the more alike one.
    fn recognise(&mut self, told: &StandingThing) -> bool {
        let is_it =
            |known: &&mut Thing| known.telling != Telling::Shown && known.is_at(&told.bounds);
        let alike = |thing: &Thing| thing.shape.bounds.iou(&told.bounds);
        let known = self.things.iter_mut().filter(is_it);
        let known = known.max_by(|a, b| alike(a).total_cmp(&alike(b)));
        let is_known = known.is_some();
        if let Some(known) = known {
            known.telling = Telling::Shown;
            known.shape.clone_from(told);
            if told.bounds.area() < known.first.area() {
                known.first = told.bounds;
            }
        }
        is_known
    }

    fn begin(&mut self, told: &StandingThing, view: &View<'_>) {
        let longest_unknown = |things: &[Thing]| {
            let unknown = things.iter().enumerate().filter(|(_, it)| it.telling == Telling::Silent);
            unknown.max_by_key(|(_, it)| it.unknown).map(|(index, _)| index)
        };
        if self.things.len() >= MOST_REMEMBERED {
            let Some(index) = longest_unknown(&self.things) else { return };
            self.things.remove(index);
        }
        let stood = view.at().since(told.since).min(LONGEST_BEFORE);
        let tally = Tally {
            since_at: view.at().before(stood),
            not_before_at: None, // the class-free watcher tells when it saw it first, not when it last did not
            since: Duration::ZERO,
            positive: told.looks,
            total: told.looks,
            score_sum: f64::from(told.sure) * f64::from(told.looks),
        };
        let known_since = view.standing.and_then(|look| look.known_since);
        let reference = known_since.unwrap_or(tally.since_at);
        let (number, told_at, telling) = (self.next, view.at(), Telling::Shown);
        self.next += 1;
        let thing = Thing::remembered(told.clone(), tally, reference);
        self.things.push(Thing { number, told_at, stood, telling, ..thing });
    }

    fn forget(&mut self) {
        let patience = self.patience;
        self.things
            .retain(|thing| !thing.is_long_gone(&patience) && thing.unknown <= LONGEST_UNKNOWN);
    }

    fn ripen(&mut self, view: &View<'_>) {
        let Patience { dwell, min_share, .. } = self.patience;
        for thing in self.things.iter_mut().filter(|thing| thing.telling == Telling::Shown) {
            let by_own_time = View { watched: thing.stood, ..*view };
            thing.ripe |= thing.tally.proves(dwell, min_share, &by_own_time);
        }
    }
}

impl Thing {
    /// One of which nothing is known since.
    pub(crate) fn remembered(shape: StandingThing, tally: Tally, reference: CaptureTime) -> Self {
        Self {
            number: 0,
            told_at: tally.since_at,
            first: shape.bounds,
            shape,
            tally,
            stood: Duration::ZERO,
            unseen: Unseen { looks: 0, time: Duration::ZERO },
            unknown: Duration::ZERO,
            reference,
            ripe: false,
            accepted: false,
            telling: Telling::Silent,
        }
    }

    /// Whether this is where it stands, and about as large.
    fn is_at(&self, place: &BoundingBox) -> bool {
        contained(&self.first, place) >= SAME_PLACE && place.area() <= GROWN * self.first.area()
    }

    /// Takes in what a look that has not shown it by itself says about it.
    fn take_in(&mut self, told: &[&StandingThing], look: Option<&StandingLook>) {
        let place = &self.shape.bounds;
        // More was put down round it: it still stands there, as a part.
        let is_within = |it: &&&StandingThing| share_inside(place, &it.bounds) >= SAME_PLACE;
        if self.telling != Telling::Shown {
            let came = self.tally.since_at.max(self.reference);
            self.telling = match (told.iter().find(is_within), look) {
                (Some(_), _) => Telling::Shown,
                (None, Some(look)) if look.tells_of(place, came) => Telling::Missed,
                (None, _) => Telling::Silent,
            };
        }
        if self.telling == Telling::Shown {
            let known_since = look.and_then(|look| look.known_since);
            self.reference = known_since.unwrap_or(self.reference);
        }
    }

    /// So much watched time has passed until this look.
    fn pass(&mut self, passed: Duration) {
        if self.telling == Telling::Silent {
            self.unknown += passed;
            return;
        }
        self.unknown = Duration::ZERO;
        self.stood += passed;
        self.tally.begin_picture();
        if self.telling == Telling::Shown {
            self.tally.see(self.shape.sure);
            self.unseen = Unseen { looks: 0, time: Duration::ZERO };
        } else {
            self.unseen.looks = self.unseen.looks.saturating_add(1);
            self.unseen.time += passed;
        }
    }

    /// Whether it has been missed for so long that it is forgotten: once its incident is open, until that
    /// clears.
    fn is_long_gone(&self, patience: &Patience) -> bool {
        let Patience { gap_tolerance, clear_after, .. } = *patience;
        if self.ripe {
            return self.unseen.looks > 0 && self.unseen.time > gap_tolerance.max(clear_after);
        }
        self.unseen.is_gone(gap_tolerance)
    }

    fn track(&self, at: CaptureTime) -> Track {
        // The clock may have been set since.
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
