//! A track, and what the tracker needs to continue it.

use std::time::Duration;

use super::motion::Motion;
use super::object::{Track, TrackId, TrackState};
use super::place::Place;
use super::settings::TrackerSettings;
use super::sighting::Sighting;
use crate::detection::Class;
use crate::geometry::BoundingBox;
use crate::time::CaptureTime;
use crate::two_wheeler::{E_BIKE, PEDAL_BICYCLE, are_one, is_of_second_look};

/// A class with this share of a track's summed scores is no mismatch for it.
const KNOWN_CLASS: f64 = 0.2;

/// Second looks say what it is once so many were sure: one of them may be wrong, ...
const SURE_LOOKS: u32 = 2;
/// ... and if they make up this share of the track's summed scores, however long it stands there. It is
/// small because of many two-wheelers only some are looked at in each picture.
const SURE_SHARE: f64 = 0.1;

/// An object seen in one place for this long waits there while it is unseen.
const WAITS_AFTER: Duration = Duration::from_secs(2);

/// How long an object that does not stand is remembered, unless `lost_for` is shorter.
const REMEMBERED_FOR: Duration = Duration::from_secs(2);

/// A track outlives fewer misses in a row than this, however far apart the pictures are.
const MISSES_TO_FORGET: u32 = 3;

/// The same for a track that is not believed yet, and how long it may be unseen.
const TENTATIVE_MISSES: u32 = 2;
const TENTATIVE_FOR: Duration = Duration::from_secs(1);

/// A track, and what the tracker needs to continue it.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) track: Track,
    /// The latest detected box, also while the track is lost.
    pub(super) seen_box: BoundingBox,
    pub(super) motion: Motion,
    pub(super) place: Place,
    /// What speaks for each class, in the order in which the classes appeared.
    votes: Vec<Vote>,
    /// The tracker's watched time at the latest sighting.
    seen_watched: Duration,
    misses: u32,
}

/// What speaks for a class.
#[derive(Debug)]
struct Vote {
    class: Class,
    /// The sum of the scores of its sightings.
    sum: f64,
    sightings: u32,
}

impl Followed {
    pub(super) fn new(
        id: TrackId,
        sighting: &Sighting,
        at: CaptureTime,
        watched: Duration,
        settings: &TrackerSettings,
    ) -> Self {
        let confirmed = settings.confirm_hits <= 1;
        let mut followed = Self {
            track: Track {
                id,
                class: sighting.class.clone(),
                bbox: sighting.bbox,
                score: sighting.score,
                state: if confirmed { TrackState::Confirmed } else { TrackState::Tentative },
                first_seen_at: at,
                last_seen_at: at,
                still_since: at,
                hits: 1,
            },
            seen_box: sighting.bbox,
            motion: Motion::new(&sighting.bbox),
            place: Place::new(sighting.bbox, at),
            votes: Vec::new(),
            seen_watched: watched,
            misses: 0,
        };
        followed.count_votes(sighting);
        followed
    }

    pub(super) fn see(
        &mut self,
        sighting: &Sighting,
        at: CaptureTime,
        watched: Duration,
        settings: &TrackerSettings,
    ) {
        self.motion.correct(&sighting.bbox, self.unseen_seconds(at));
        self.place.see(sighting.bbox, at, settings);
        self.count_votes(sighting);
        self.seen_box = sighting.bbox;
        self.seen_watched = watched;
        self.misses = 0;

        let track = &mut self.track;
        track.bbox = sighting.bbox;
        // Thresholds are by class: another class's score says nothing of this one's.
        track.score = sighting.score_of(&track.class).unwrap_or(sighting.score);
        track.last_seen_at = at;
        track.still_since = self.place.since();
        track.hits = track.hits.saturating_add(1);
        if track.state == TrackState::Lost || track.hits >= settings.confirm_hits {
            track.state = TrackState::Confirmed;
        }
    }

    pub(super) fn miss(&mut self, at: CaptureTime) {
        self.misses = self.misses.saturating_add(1);
        if self.is_believed() {
            self.track.state = TrackState::Lost;
        }
        self.track.bbox = if self.waits() {
            self.place.anchor()
        } else {
            self.motion.predict(self.unseen_seconds(at))
        };
    }

    pub(super) fn is_believed(&self) -> bool {
        self.track.state != TrackState::Tentative
    }

    /// An object that stood is remembered for as long as it stood, within limits. Someone who walked
    /// out of sight is soon forgotten: the next person to come by is somebody else.
    pub(super) fn is_remembered(&self, watched: Duration, lost_for: Duration) -> bool {
        let unseen_for = watched.saturating_sub(self.seen_watched);
        if self.is_believed() {
            let memory = self.place.held_for().max(REMEMBERED_FOR).min(lost_for);
            self.misses < MISSES_TO_FORGET || unseen_for <= memory
        } else {
            self.misses < TENTATIVE_MISSES || unseen_for <= TENTATIVE_FOR
        }
    }

    pub(super) fn waits(&self) -> bool {
        self.place.held_for() >= WAITS_AFTER
    }

    pub(super) fn unseen_seconds(&self, at: CaptureTime) -> f32 {
        at.since(self.track.last_seen_at).as_secs_f32()
    }

    pub(super) fn knows_class_of(&self, sighting: &Sighting) -> bool {
        let all = self.all_votes();
        let is_known = |class: &Class| {
            let same = self.votes.iter().filter(|vote| are_one(&vote.class, class));
            same.map(|vote| vote.sum).sum::<f64>() >= KNOWN_CLASS * all
        };
        sighting.votes.iter().any(|(class, _)| is_known(class))
    }

    fn all_votes(&self) -> f64 {
        self.votes.iter().map(|vote| vote.sum).sum()
    }

    /// What second looks say of it, if they say more of one than of the other, and often enough. One that
    /// was not sure, and a picture without one, speak for neither. Looks at one object are much alike: so
    /// each sure one counts the same, however sure.
    fn by_second_looks(&self) -> Option<&Vote> {
        let of = |name| self.votes.iter().find(|vote| vote.class.as_str() == name);
        let more = match (of(E_BIKE), of(PEDAL_BICYCLE)) {
            (Some(powered), Some(pedal)) if powered.sum > pedal.sum => Some(powered),
            (Some(powered), Some(pedal)) if powered.sum < pedal.sum => Some(pedal),
            (Some(_), Some(_)) => None,
            (powered, pedal) => powered.or(pedal),
        };
        let least = SURE_SHARE * self.all_votes();
        more.filter(|vote| vote.sightings >= SURE_LOOKS && vote.sum >= least)
    }

    /// The class for which most speaks, of those for which this holds.
    fn best_vote(&self, counts: impl Fn(&Class) -> bool) -> Option<&Vote> {
        let mut best: Option<&Vote> = None;
        for vote in self.votes.iter().filter(|vote| counts(&vote.class)) {
            if best.is_none_or(|best| vote.sum > best.sum) {
                best = Some(vote);
            }
        }
        best
    }

    fn count_votes(&mut self, sighting: &Sighting) {
        for (class, score) in &sighting.votes {
            let score = f64::from(*score);
            match self.votes.iter_mut().find(|vote| vote.class == *class) {
                Some(vote) => {
                    (vote.sum, vote.sightings) =
                        (vote.sum + score, vote.sightings.saturating_add(1));
                }
                None => {
                    self.votes.push(Vote { class: class.clone(), sum: score, sightings: 1 });
                }
            }
        }
        let by_detector = || self.best_vote(|class| !is_of_second_look(class));
        let best = self.by_second_looks().or_else(by_detector).or_else(|| self.best_vote(|_| true));
        if let Some(class) = best.map(|vote| vote.class.clone()) {
            self.track.class = class;
        }
    }
}
