//! `standing`: an object of these classes stands in this zone for so long.
//!
//! Identity is by place. A standing object may lose its track, be half hidden or get a new track
//! number; as long as something of the class set stands at the same place, the dwell goes on. A
//! track that is seen to walk away takes its dwell with it, so that passers-by who pause one after
//! another at the same spot never add up.

mod memory;

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, Class, track::Track};

use super::spot::{Spot, Stay};
use super::{Finding, KindSettings, Phase, Rule, Sampling, Verdict, View, Wanted};
use crate::zone::Zone;

/// Fewer pictures than this prove nothing, however short the dwell.
const MIN_POSITIVE: u32 = 3;
/// No rule needs pictures faster than this.
const MIN_INTERVAL: Duration = Duration::from_millis(200);
/// Slower than this, a watched zone would miss who comes and goes.
const MAX_INTERVAL: Duration = Duration::from_secs(5);
/// Pictures per dwell, and per clearing, that make the decision robust.
const PICTURES_PER_DWELL: u32 = 10;
const PICTURES_PER_CLEARING: u32 = 6;

/// What must stand where for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingSettings {
    /// Any of these counts.
    pub classes: Vec<Class>,
    /// How long it must stand, in capture time.
    pub dwell: Duration,
    /// Missed detections up to so long do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When it is in the zone.
    pub presence: Presence,
    /// Least detection score that counts, 0..=1.
    pub min_score: f32,
    /// Least share of the analysed pictures that must show it, above 0 to 1.
    pub min_share: f32,
}

/// When an object is in a zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// Its foot point is inside: for zones drawn on the ground.
    Foot,
    /// At least this share of its box is inside, above 0 to 1: for zones drawn on walls or doors.
    Overlap(f32),
}

impl StandingSettings {
    /// These classes for so long; 10 s of missed detections tolerated (a fifth of a dwell below
    /// 50 s), foot point, any score, 60 % of the pictures.
    #[must_use]
    pub fn new(classes: Vec<Class>, dwell: Duration) -> Self {
        Self {
            classes,
            dwell,
            gap_tolerance: (dwell / 5).min(Duration::from_secs(10)),
            presence: Presence::Foot,
            min_score: 0.0,
            min_share: 0.6,
        }
    }
}

impl KindSettings for StandingSettings {
    fn fault(&self) -> Option<(&'static str, &'static str)> {
        let is_share = |share: f32| share > 0.0 && share <= 1.0;
        if self.classes.is_empty() {
            Some(("classes", "at least one class of the model"))
        } else if self.dwell < Duration::from_secs(1) {
            Some(("dwell", "1 second or more"))
        } else if self.gap_tolerance > self.dwell {
            Some(("gap_tolerance", "no longer than the dwell"))
        } else if !(0.0..=1.0).contains(&self.min_score) {
            Some(("min_score", "0 to 1"))
        } else if !is_share(self.min_share) {
            Some(("min_share", "above 0, at most 1"))
        } else if matches!(self.presence, Presence::Overlap(share) if !is_share(share)) {
            Some(("overlap", "above 0, at most 1"))
        } else {
            None
        }
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Standing::new(self.clone(), zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
pub struct Standing {
    settings: StandingSettings,
    zone: Zone,
    clear_after: Duration,
    spots: Vec<Spot>,
}

impl Standing {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its object.
    pub(super) fn new(settings: StandingSettings, zone: Zone, clear_after: Duration) -> Self {
        Self { settings, zone, clear_after, spots: Vec::new() }
    }

    fn counts(&self, track: &Track) -> bool {
        track.score >= self.settings.min_score && self.settings.classes.contains(&track.class)
    }

    fn in_zone(&self, bbox: &BoundingBox) -> bool {
        match self.settings.presence {
            Presence::Foot => self.zone.polygon.contains(bbox.foot()),
            Presence::Overlap(share) => self.zone.polygon.covered_share(bbox) >= share,
        }
    }

    /// How long a spot is remembered out of sight: once its incident is open, until that clears.
    fn memory(&self, spot: &Spot) -> Duration {
        let tolerance = self.settings.gap_tolerance;
        if spot.ripe { tolerance.max(self.clear_after) } else { tolerance }
    }

    fn is_forgotten(&self, spot: &Spot, view: &View<'_>) -> bool {
        spot.missed > 0 && view.watched.saturating_sub(spot.seen) > self.memory(spot)
    }

    /// Carries the remembered spots into this picture: those left or long out of sight are
    /// forgotten, those seen are counted. `inside` are the visible tracks in the zone.
    fn follow(
        &self,
        spots: &mut Vec<Spot>,
        visible: &[&Track],
        inside: &[&Track],
        view: &View<'_>,
    ) {
        spots.retain(|spot| spot.stay(visible) != Stay::Left && !self.is_forgotten(spot, view));
        for spot in spots.iter_mut() {
            spot.begin_picture();
            if !spot.ripe {
                spot.disown_departed(visible);
            }
            if let Some(track) = inside.iter().find(|track| spot.is_of(track)) {
                spot.see(track, view);
            }
        }
        self.hand_over(spots, visible, inside, view);
        for spot in spots.iter_mut().filter(|spot| spot.subject.is_none()) {
            spot.miss(visible);
        }
        spots.retain(|spot| !self.is_forgotten(spot, view));
    }

    /// Gives each spot whose own track vanished to the track that best continues it, even if that
    /// has begun a younger spot of its own.
    fn hand_over(
        &self,
        spots: &mut Vec<Spot>,
        visible: &[&Track],
        inside: &[&Track],
        view: &View<'_>,
    ) {
        for place in 0..spots.len() {
            let Some(spot) = spots.get(place) else {
                continue;
            };
            let in_time = view.watched.saturating_sub(spot.seen) <= self.memory(spot);
            if spot.subject.is_some() || !in_time || spot.stay(visible) != Stay::OutOfSight {
                continue;
            }
            let is_free = |track: &Track| {
                let as_old = |other: &Spot| other.tally.since <= spot.tally.since;
                !spots.iter().any(|other| other.is_of(track) && as_old(other))
            };
            let heir = inside
                .iter()
                .filter(|track| is_free(track))
                .filter_map(|track| spot.claim(track).map(|overlap| (overlap, track)))
                .max_by(|(a, _), (b, _)| a.total_cmp(b))
                .map(|(_, track)| track);
            if let Some((heir, spot)) = heir.zip(spots.get_mut(place)) {
                spot.hand_over(heir, view);
                spot.see(heir, view);
            }
        }
        spots.sort_by_key(|spot| spot.tally.since);
        let mut kept: Vec<Spot> = Vec::with_capacity(spots.len());
        for spot in spots.drain(..) {
            if !kept.iter().any(|older| older.shares_occupant(&spot)) {
                kept.push(spot);
            }
        }
        *spots = kept;
    }

    /// Marks the spots whose object has now stood for the dwell, well enough seen.
    fn ripen(&self, spots: &mut [Spot], view: &View<'_>) {
        for spot in spots.iter_mut().filter(|spot| spot.subject.is_some()) {
            let stood = view.watched.saturating_sub(spot.tally.since) >= self.settings.dwell;
            let seen = spot.tally.positive >= MIN_POSITIVE
                && spot.tally.share() >= self.settings.min_share;
            spot.ripe |= stood && seen;
        }
    }

    fn verdict(&self, view: &View<'_>) -> Verdict {
        let ripe = || self.spots.iter().filter(|spot| spot.ripe);
        let subjects: Vec<_> = ripe().filter_map(|spot| spot.subject.clone()).collect();
        let shown = ripe().find(|spot| spot.subject.is_some());
        match shown.map(|spot| &spot.tally) {
            Some(tally) => Verdict::Met(Finding {
                since_at: tally.since_at,
                dwell: view.watched.saturating_sub(tally.since),
                pictures_positive: tally.positive,
                pictures_total: tally.total,
                confidence: tally.mean_score(),
                count: u32::try_from(ripe().count()).unwrap_or(u32::MAX),
                subjects,
            }),
            None if self.spots.is_empty() => Verdict::Clear,
            None => Verdict::Candidate,
        }
    }
}

impl Rule for Standing {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let visible: Vec<&Track> =
            view.tracks.iter().copied().filter(|track| self.counts(track)).collect();
        let inside: Vec<&Track> =
            visible.iter().copied().filter(|track| self.in_zone(&track.bbox)).collect();
        let mut spots = std::mem::take(&mut self.spots);
        self.follow(&mut spots, &visible, &inside, view);
        for track in inside {
            if !spots.iter().any(|spot| spot.is_of(track)) {
                spots.push(Spot::new(track, view));
            }
        }
        self.ripen(&mut spots, view);
        self.spots = spots;
        self.verdict(view)
    }

    fn step_back(&mut self, at: CaptureTime) {
        for spot in &mut self.spots {
            spot.step_back(at);
        }
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let wanted = match phase {
            Phase::Idle | Phase::Candidate => {
                (self.settings.dwell / PICTURES_PER_DWELL).min(self.settings.gap_tolerance / 2)
            }
            Phase::Open => self.clear_after / PICTURES_PER_CLEARING,
        };
        Sampling { interval: wanted.clamp(MIN_INTERVAL, MAX_INTERVAL) }
    }

    fn describe(&self, finding: &Finding) -> String {
        format!("{}个目标停留超过{}秒", finding.count, self.settings.dwell.as_secs())
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score
    }

    fn snapshot(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(&self.spots)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let spots = memory::read(memory);
        let readable = spots.is_some();
        self.spots = spots.unwrap_or_default();
        readable
    }
}
