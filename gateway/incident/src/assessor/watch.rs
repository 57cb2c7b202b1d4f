//! One rule of a camera, and the life of its incidents.

use std::sync::Arc;

use rule::schedule::Schedule;
use rule::{Phase, Rule, Sampling, Verdict, View, Wanted};
use scene::track::Track;
use scene::{
    BoundingBox, CaptureTime, Class, StandingLook, Thresholds, UNKNOWN_OBJECT, is_of_second_look,
    seen_as,
};
use uuid::Uuid;

use super::best_scores::BestScores;
use super::witness::Witness;
use crate::alert::action::{Action, CloseReason};
use crate::alert::threshold::Threshold;
use crate::casefile::file::CaseFile;
use crate::footprint::footprint;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;
use crate::lifecycle::origin::Origin;
use crate::memory::rule::RuleV1;
use crate::profile::CameraProfile;
use crate::quiet::Quiet;
use crate::rule_settings::{RuleError, RuleSettings};

/// While nothing is known to happen, a rule bears a look in so many times of its usual ones: still three in its
/// dwell, so what stays for that is seen while it stays.
const LEFT_OUT: u32 = 3;

/// One rule and the life of its incidents.
pub(super) struct Watch {
    pub(super) rule: Box<dyn Rule>,
    /// What counts for it; everything, if none.
    pub(super) thresholds: Option<Thresholds>,
    /// Which classes it is shown.
    wanted: Wanted,
    /// It is shown what newly stands in its zone.
    needs_standing: bool,
    /// It asks where new cables hang.
    pub(super) needs_cables: bool,
    /// Where it looks.
    place: BoundingBox,
    pub(super) lifecycle: Lifecycle,
    pub(super) schedule: Schedule,
    pub(super) latest: Option<Verdict>,
    /// Outside its hours.
    pub(super) resting: bool,
    /// It held when a picture told of it last.
    pub(super) is_met: bool,
    /// Its findings are told to others.
    pub(super) tells: Option<Witness>,
}

impl Watch {
    /// The rule of these settings, with no memory yet.
    ///
    /// # Errors
    /// A setting out of its range.
    pub(super) fn new(
        camera: &Arc<CameraProfile>,
        settings: RuleSettings,
    ) -> Result<Self, RuleError> {
        let rule = settings.build()?;
        let RuleSettings { id, zone, incident, kind, lifecycle, schedule } = settings;
        let place = zone.polygon.bounds();
        let on_ground = kind.lies_on_ground();
        let origin = Origin {
            camera: Arc::clone(camera),
            rule: id,
            footprint: on_ground.then(|| footprint(&zone, camera)).flatten(),
            zone: zone.id.clone(),
            incident,
            threshold: Threshold::of(rule.as_ref(), &kind),
            repeat_window: lifecycle.repeat_window,
            sought: kind.sought().map(|sought| (sought, zone)),
            by_readings: false,
            point: None,
        };
        let lifecycle = Lifecycle::new(origin, lifecycle);
        let thresholds = kind.thresholds().cloned();
        let (wanted, needs_standing) = (kind.classes(), kind.needs_standing());
        Ok(Self {
            rule,
            thresholds,
            wanted,
            needs_standing,
            needs_cables: kind.needs_cables(),
            place,
            lifecycle,
            schedule,
            latest: None,
            resting: false,
            is_met: false,
            tells: None,
        })
    }

    pub(super) fn assess(&mut self, view: &View<'_>, best: &BestScores) -> Vec<IncidentEvent> {
        let renamed = self.renamed(view.tracks);
        let tracks: Vec<&Track> = match &renamed {
            Some(tracks) => tracks.iter().collect(),
            None => view.tracks.to_vec(),
        };
        let is_found = |track: &&Track| {
            self.thresholds.as_ref().is_none_or(|thresholds| best.count(track, thresholds))
        };
        let found: Vec<&Track> = tracks.into_iter().filter(is_found).collect();
        let standing = self.standing(view);
        let view = &View { tracks: &found, standing, ..*view };
        if self.schedule.is_constant() {
            return self.judge(view);
        }
        let local = self.lifecycle.origin.camera.local_time(view.at());
        self.resting = !self.schedule.applies(local);
        if self.resting {
            // What stands here when the hours begin is judged from their beginning on.
            self.rule.restore(&serde_json::Value::Null);
            self.latest = None;
            self.is_met = false;
            return self.lifecycle.rest(view);
        }
        let counts = |track: &&Track| self.schedule.counts(&track.class, local);
        let (counted, legal): (Vec<&Track>, Vec<&Track>) =
            view.tracks.iter().copied().partition(counts);
        let are_legal = !self.schedule.counts(&Class::new(UNKNOWN_OBJECT), local);
        let standing = view.standing.map(|look| without(look, &legal, are_legal));
        self.judge(&View { tracks: &counted, standing: standing.as_ref(), ..*view })
    }

    /// The tracks under the names that the rule has for them; none if those are their own.
    fn renamed(&self, tracks: &[&Track]) -> Option<Vec<Track>> {
        tracks.iter().any(|track| is_of_second_look(&track.class)).then(|| {
            let names = |class: &Class| self.wanted.names(class);
            let renamed = |track: &&Track| {
                let class = seen_as(&track.class, names).unwrap_or_else(|| track.class.clone());
                Track { class, ..(*track).clone() }
            };
            tracks.iter().map(renamed).collect()
        })
    }

    /// What newly stands in the rule's zone, if it is to know.
    fn standing<'a>(&self, view: &View<'a>) -> Option<&'a StandingLook> {
        let zone = self.lifecycle.origin.zone.as_str();
        let looks = view.observation.standing.iter().filter(|_| self.needs_standing);
        looks.into_iter().find(|look| *look.zone == *zone)
    }

    fn judge(&mut self, view: &View<'_>) -> Vec<IncidentEvent> {
        let verdict = self.rule.assess(view);
        self.is_met = match verdict {
            Verdict::Met(_) => true,
            Verdict::Clear => false,
            Verdict::Candidate | Verdict::Unknown => self.is_met,
        };
        let rule = &self.rule;
        let events = if self.is_silent() {
            Vec::new()
        } else {
            self.lifecycle.step(view, &verdict, |found| rule.describe(found))
        };
        self.latest = Some(verdict);
        events
    }

    /// Whether it raises no alerts, as others judge what it finds.
    pub(super) fn is_silent(&self) -> bool {
        self.tells.as_ref().is_some_and(|tells| tells.is_silent)
    }

    pub(super) fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        at: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let places = self.places_of_things();
        let events = self.lifecycle.follow_case(alert, file, at);
        let closes = |reason| {
            let closes = move |it: &IncidentEvent| it.alert.action == Action::Close(reason);
            events.iter().any(closes)
        };
        if closes(CloseReason::FalseAlarm) {
            self.rule.accept(&places);
        }
        if closes(CloseReason::CaseClosed) {
            // What still stands there is judged from the beginning, and reported again.
            self.rule.restore(&serde_json::Value::Null);
            self.latest = None;
        }
        events
    }

    /// Where the current incident was reported, if things of no class are in it.
    fn places_of_things(&self) -> Vec<BoundingBox> {
        let report = self.lifecycle.history.current.iter().map(|incident| &incident.report);
        let of_things = report.filter(|report| report.of_no_class);
        of_things.flat_map(|it| it.opened.iter().chain(&it.latest)).copied().collect()
    }

    /// How often it, or a re-check, needs a picture now; none if it needs none.
    pub(super) fn sampling(&self) -> Option<Sampling> {
        // An open incident needs a picture to be cleared, even after the hours.
        let is_at_work = !self.resting || self.lifecycle.phase(None) == Phase::Open;
        let by_rule = || self.rule.sampling(self.lifecycle.phase(self.latest.as_ref()));
        is_at_work.then(by_rule).into_iter().chain(self.lifecycle.check_sampling()).min()
    }

    /// Whether nothing is in sight of it, and what that allows.
    pub(super) fn quiet(&self) -> Option<Quiet> {
        let phase = self.lifecycle.phase(self.latest.as_ref());
        let is_checked = self.lifecycle.check_sampling().is_some();
        let wants_look = self.wanted_look().or_else(|| self.wanted_cable_look()).is_some();
        if phase != Phase::Idle || is_checked || wants_look || self.needs_view() {
            return None;
        }
        if self.resting {
            return Some(Quiet::NOTHING);
        }
        let usual = self.rule.sampling(phase).interval;
        if !self.needs_standing && self.wanted == Wanted::Only(Vec::new()) {
            return Some(Quiet { longest_look: usual, ..Quiet::NOTHING });
        }
        self.latest.as_ref()?;
        let longest = self.rule.detects_every()?;
        // What is learnt from pixels needs each look.
        let by_pixels = self.needs_standing || self.needs_cables;
        let longest_look = if by_pixels { usual } else { LEFT_OUT * longest };
        Some(Quiet { zones: vec![self.place], longest, longest_look })
    }

    /// Which part of the next picture it wants looked at a second time.
    pub(super) fn wanted_look(&self) -> Option<BoundingBox> {
        if self.resting { None } else { self.rule.wants_look() }
    }

    /// Round which two-wheeler it wants the next picture searched for new cables.
    pub(super) fn wanted_cable_look(&self) -> Option<BoundingBox> {
        if self.resting { None } else { self.rule.wants_cable_look() }
    }

    /// Whether it needs the appearance of the whole picture, now or with the next picture.
    pub(super) fn needs_view(&self) -> bool {
        let lifecycle = &self.lifecycle;
        if lifecycle.origin.sought.is_none() {
            return false;
        }
        match &lifecycle.history.current {
            Some(incident) => incident.report.view.is_none() || incident.is_verifying(),
            None => self.latest.as_ref().is_some_and(|verdict| *verdict != Verdict::Clear),
        }
    }

    /// What must survive a restart.
    pub(super) fn memory(&self) -> Result<RuleV1, serde_json::Error> {
        let Lifecycle { origin, history, .. } = &self.lifecycle;
        Ok(RuleV1::of(origin, Some(self.rule.memory()?), history))
    }
}

/// A thing that overlaps an object by this much (IoU) is that object.
const SAME_OBJECT: f32 = 0.5;

/// The look without what is legal now: what the detector knows by its class, or things of no class.
fn without(look: &StandingLook, legal: &[&Track], things_are_legal: bool) -> StandingLook {
    let mut look = look.clone();
    let is_legal = |bounds: &BoundingBox| legal.iter().any(|it| it.bbox.iou(bounds) >= SAME_OBJECT);
    look.things.retain(|thing| !things_are_legal && !is_legal(&thing.bounds));
    look
}
