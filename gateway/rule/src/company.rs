//! Something that stands in a zone in company: what `beside` and `stall` have in common.
//!
//! Identity is by the place of what stands, as in `standing`; its company may change from picture to
//! picture. Company for a moment, again and again, does not count: at any time the pictures in company
//! must outweigh those without by the share that is asked for, or the dwell begins again. So an alert
//! ends soon after the company has left, however many people still pass. Where so many pass that one of them
//! is always near, a rule may want one and the same to stay before it reports anything.

use std::time::Duration;

use scene::{
    BoundingBox, CaptureTime, Class, GroundPlane, StandingThing, Thresholds, track::Track,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::attendants::{self, Attendants};
use crate::credit::CreditTerms;
use crate::crop_looks::Group;
use crate::footprint::FOOTPRINT_HEIGHT;
use crate::kind_settings::Wanted;
use crate::memory;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reach::Reach;
use crate::sampling::{Phase, Sampling};
use crate::spot::{Spot, SpotV1};
use crate::spots::{Patience, Spots};
use crate::things::{Thing, Things};
use crate::things_kept::ThingV1;
use crate::verdict::{Subject, Verdict};
use crate::view::View;
use crate::zone::Zone;

/// What stands in which company.
#[derive(Debug, Clone)]
pub(crate) struct CompanySettings {
    /// What stands.
    pub(crate) standing: Vec<Class>,
    /// So does a thing of no class that newly stands in the zone, if it is so sure. None: it does not.
    pub(crate) unknown: Option<Thresholds>,
    /// What must be near.
    pub(crate) near: Vec<Class>,
    pub(crate) reach: Reach,
    pub(crate) presence: Presence,
    pub(crate) dwell: Duration,
    pub(crate) gap_tolerance: Duration,
    pub(crate) min_share: f32,
    /// One and the same must stay: a row of those who pass is no company.
    pub(crate) must_stay: bool,
}

impl CompanySettings {
    /// The first setting out of range, but for the classes.
    pub(crate) fn fault(&self) -> Option<Fault> {
        ranges::dwell(self.dwell, self.gap_tolerance)
            .or_else(|| self.reach.fault())
            .or_else(|| ranges::share("min_share", self.min_share))
            .or_else(|| self.presence.fault())
    }

    /// All classes, each once.
    pub(crate) fn classes(&self) -> Wanted {
        let mut classes = self.standing.clone();
        classes.extend(self.near.iter().filter(|near| !self.standing.contains(near)).cloned());
        Wanted::Only(classes)
    }
}

/// What stands in company, carried from picture to picture.
#[derive(Debug)]
pub(crate) struct Company {
    settings: CompanySettings,
    zone: Zone,
    clear_after: Duration,
    spots: Spots,
    /// What stands there and has no class, if that counts. Which of it is in company, the spots know.
    things: Option<Things>,
    /// Watched time of the latest picture of this run.
    latest: Option<Duration>,
}

impl Company {
    /// Nothing stands yet.
    pub(crate) fn new(settings: CompanySettings, zone: Zone, clear_after: Duration) -> Self {
        let CompanySettings { dwell, gap_tolerance, min_share, .. } = settings;
        let patience = Patience { dwell, gap_tolerance, clear_after, min_share };
        let things = settings.unknown.as_ref().map(|sure| Things::new(patience, sure));
        let spots = Spots::new(patience);
        Self { settings, zone, clear_after, spots, things, latest: None }
    }

    /// Takes one picture into account; `count` says how many the ripe places make.
    pub(crate) fn assess(
        &mut self,
        view: &View<'_>,
        count: impl FnOnce(&Self, &View<'_>) -> usize,
    ) -> Verdict {
        let unknown = self.unknown(view);
        let mut visible = self.of_classes(&self.settings.standing, view);
        visible.extend(&unknown);
        let near = self.of_classes(&self.settings.near, view);
        let counts = |track: &&Track| {
            self.settings.presence.holds(&self.zone, &track.bbox)
                && near.iter().any(|other| self.are_together(track, other, view.ground))
        };
        let inside: Vec<&Track> = visible.iter().copied().filter(counts).collect();
        self.spots.follow(&visible, &inside, view);
        self.settle(&near, view);
        let shown = self.ripe().find(|spot| spot.subject.is_some());
        match shown.map(|spot| &spot.tally) {
            Some(tally) => {
                let count = count(self, view);
                Verdict::Met(tally.finding(view, count, self.subjects(&near, view.ground)))
            }
            None if self.spots.all().is_empty() => Verdict::Clear,
            None => Verdict::Candidate,
        }
    }

    /// What stands in the zone and has no class.
    fn unknown(&mut self, view: &View<'_>) -> Vec<Track> {
        let Some(things) = &mut self.things else { return Vec::new() };
        let told: Vec<&StandingThing> =
            view.standing.iter().flat_map(|look| &look.things).collect();
        things.follow(view, &told);
        things.tracks(view.at())
    }

    /// A place without credit is forgotten. Of the others it is noted who is there.
    fn settle(&mut self, near: &[&Track], view: &View<'_>) {
        let passed = view.watched.saturating_sub(self.latest.unwrap_or(view.watched));
        self.latest = Some(view.watched);
        let CompanySettings { dwell, gap_tolerance, min_share, must_stay, reach, .. } =
            self.settings;
        let terms = CreditTerms::new(dwell, gap_tolerance, min_share);
        let patience = attendants::Patience { dwell, min_share, credit: terms };
        self.spots.retain(|spot| {
            let credit = match spot.tally.total {
                1 => Some(terms.first()),
                _ => terms.after(spot.credit, passed, spot.subject.is_some()),
            };
            spot.credit = credit.unwrap_or_default();
            if must_stay {
                let place = spot.subject.as_ref().map_or(spot.bbox, |subject| subject.bbox);
                let own = spot.subject.as_ref().map(|subject| subject.track_id);
                let is_there =
                    |it: &&Track| own != Some(it.id) && reach.holds(&place, &it.bbox, view.ground);
                let there: Vec<&Track> = near.iter().copied().filter(is_there).collect();
                let attendants = spot.attendants.get_or_insert_default();
                attendants.follow(&there, (view, passed), &patience);
            }
            credit.is_some()
        });
    }

    fn of_classes<'a>(&self, classes: &[Class], view: &View<'a>) -> Vec<&'a Track> {
        let counts = |track: &&Track| classes.contains(&track.class);
        view.tracks.iter().copied().filter(counts).collect()
    }

    fn are_together(&self, one: &Track, other: &Track, ground: Option<&GroundPlane>) -> bool {
        one.id != other.id && self.settings.reach.holds(&one.bbox, &other.bbox, ground)
    }

    /// What this picture shows of it: first what stands, then what is near that.
    fn subjects(&self, near: &[&Track], ground: Option<&GroundPlane>) -> Vec<Subject> {
        let mut subjects: Vec<Subject> =
            self.ripe().filter_map(|spot| spot.subject.clone()).collect();
        let standing = subjects.len();
        for other in near {
            let is_listed = subjects.iter().any(|subject| subject.track_id == other.id);
            let holds = |one: &Subject| self.settings.reach.holds(&one.bbox, &other.bbox, ground);
            if !is_listed && subjects.iter().take(standing).any(holds) {
                subjects.push(Subject::of(other));
            }
        }
        subjects
    }

    /// The groups that this picture shows and that have stood for `least`: what stands within reach of each
    /// other, with who is near that.
    pub(crate) fn groups(&self, view: &View<'_>, least: Duration) -> Vec<Group> {
        let holds = |one: &BoundingBox, other: &BoundingBox| {
            self.settings.reach.holds(one, other, view.ground)
        };
        let near = self.of_classes(&self.settings.near, view);
        // The oldest first.
        let shown = self.spots.all().iter().filter(|spot| spot.subject.is_some());
        let mut places: Vec<&Spot> = shown.collect();
        let mut groups = Vec::new();
        while !places.is_empty() {
            let oldest = places.remove(0);
            let mut members = vec![oldest.bbox];
            let mut reached = 0;
            while let Some(member) = members.get(reached).copied() {
                let (joined, others): (Vec<&Spot>, Vec<&Spot>) =
                    places.into_iter().partition(|spot| holds(&member, &spot.bbox));
                members.extend(joined.into_iter().map(|spot| spot.bbox));
                places = others;
                reached += 1;
            }
            if view.watched.saturating_sub(oldest.tally.since) < least {
                continue;
            }
            let people = near.iter().map(|track| track.bbox);
            let people: Vec<BoundingBox> =
                people.filter(|it| members.iter().any(|member| holds(member, it))).collect();
            let place = members.iter().chain(&people).copied().reduce(around);
            groups.extend(place.map(|place| Group { goods: oldest.bbox, place }));
        }
        groups
    }

    /// What has no class and stands at these places is none of the goods.
    pub(crate) fn accept(&mut self, places: &[BoundingBox]) {
        self.things.iter_mut().for_each(|things| things.accept(places));
    }

    /// Where those of these subjects that have no class meet the ground.
    pub(crate) fn footprints_of_unknown(&self, subjects: &[Subject]) -> Vec<BoundingBox> {
        let is_told = |thing: &&Thing| subjects.iter().any(|it| it.track_id.0 == thing.number);
        let told = self.things.iter().flat_map(Things::all).filter(is_told);
        told.flat_map(|thing| thing.shape.parts(FOOTPRINT_HEIGHT)).collect()
    }

    /// The places where something has stood in company for the dwell, the longest first.
    pub(crate) fn ripe(&self) -> impl Iterator<Item = &Spot> {
        // What an earlier version remembered has nobody yet.
        let is_attended =
            |spot: &&Spot| spot.attendants.as_ref().is_none_or(Attendants::has_stayed);
        self.spots.ripe().filter(is_attended)
    }

    /// The clock stepped back to `at`.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        self.spots.step_back(at);
        if let Some(things) = &mut self.things {
            things.step_back(at);
        }
    }

    /// How long something must stand in company.
    pub(crate) const fn dwell(&self) -> Duration {
        self.settings.dwell
    }

    /// How often a picture is needed.
    pub(crate) fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance);
        let phase = if self.things.is_some() { phase.by_pixels() } else { phase };
        Sampling::of_dwell(phase, span, self.clear_after)
    }

    /// Everything remembered, for a rule of this `kind`.
    pub(crate) fn memory(&self, kind: &str) -> Result<Value, serde_json::Error> {
        let spots = self.spots.all().iter().map(SpotV1::of).collect();
        let things = self.things.as_ref().map_or(Vec::new(), |it| ThingV1::all(it.all()));
        memory::write(kind, Remembered::Now { spots, things })
    }

    /// Takes over what an earlier run remembered; nothing, if another kind of rule wrote it.
    pub(crate) fn restore(&mut self, kind: &str, memory: &Value) -> bool {
        let read: Option<Remembered> = memory::read(kind, memory);
        self.latest = None;
        let Some((spots, things)) = read.map(Remembered::parts) else {
            self.spots.restore(Vec::new());
            self.things.iter_mut().for_each(Things::begin_anew);
            return false;
        };
        self.spots.restore(spots);
        if let Some(kept) = &mut self.things {
            kept.restore(things);
        }
        true
    }
}

/// The box around two.
fn around(one: BoundingBox, other: BoundingBox) -> BoundingBox {
    BoundingBox {
        left: one.left.min(other.left),
        top: one.top.min(other.top),
        right: one.right.max(other.right),
        bottom: one.bottom.max(other.bottom),
    }
}

/// What is kept over a restart.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Remembered {
    /// As this version writes it.
    Now {
        spots: Vec<SpotV1>,
        /// What stands there and has no class.
        things: Vec<ThingV1>,
    },
    /// Before things of no class counted.
    Before(Vec<SpotV1>),
}

impl Remembered {
    fn parts(self) -> (Vec<Spot>, Vec<Thing>) {
        let (spots, things) = match self {
            Self::Now { spots, things } => (spots, things),
            Self::Before(spots) => (spots, Vec::new()),
        };
        (spots.iter().map(SpotV1::spot).collect(), ThingV1::things(things))
    }
}

#[cfg(test)]
mod tests;
