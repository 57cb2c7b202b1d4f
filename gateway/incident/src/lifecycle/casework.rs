//! How an alert follows its case: it follows the case file, not the single messages.
//!
//! The same file told twice changes nothing, so a restart may tell it again at any time.

use std::time::Duration;

use rule::schedule::Schedule;
use rule::{Sampling, Sought, Subject};
use scene::{CaptureTime, Clock, Observation};
use uuid::Uuid;

use super::course::Lifecycle;
use super::event::IncidentEvent;
use super::incident::Incident;
use super::origin::UNSEEN;
use super::silence::{AwaitsClear, Mute};
use crate::alert::action::{Action, CloseReason};
use crate::alert::verification::{Verification, VerificationResult};
use crate::casefile::feedback::{VerifyMode, VerifyTerms};
use crate::casefile::file::{CaseFile, CaseStatus, CheckRequest};
use crate::recheck::tally::Look;
use crate::recheck::{Recheck, Step, by_a_person};

/// The `seq` of a request that a command made, not the case.
const BY_COMMAND: u64 = 0;

impl Lifecycle {
    /// Follows the case of an alert that had this dedupe key; returns the messages that follow.
    pub(crate) fn follow_case(
        &mut self,
        (alert_id, dedupe_key): (Uuid, &str),
        file: &CaseFile,
        at: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let is_current = self.history.current.as_ref().is_some_and(|it| it.alert_id == alert_id);
        // A case of this rule and zone matters even if later alerts have come since.
        if !is_current && self.origin.dedupe_key() != dedupe_key {
            return Vec::new();
        }
        let mute = Mute { since: at, lasts: self.casework.false_alarm_mute };
        self.history.follow_silences(alert_id, file, mute);
        let Some(incident) = self.history.current.as_mut().filter(|_| is_current) else {
            return Vec::new();
        };
        incident.hear(file, at);
        match file.status() {
            CaseStatus::Over(reason) => self.close_case(reason, file, at).into_iter().collect(),
            CaseStatus::Alone | CaseStatus::TakenUp => self.follow_request(file.request, at),
        }
    }

    fn close_case(
        &mut self,
        reason: CloseReason,
        file: &CaseFile,
        at: CaptureTime,
    ) -> Option<IncidentEvent> {
        let is_known = matches!(reason, CloseReason::Merged | CloseReason::CaseCancelled);
        let in_sight = self.history.current.as_ref().filter(|it| it.cleared_at.is_none());
        self.history.awaits_clear = in_sight
            .filter(|_| is_known)
            .map(|incident| AwaitsClear { alert_id: incident.alert_id, since: at });
        let mut closed = self.close_unseen(reason, at)?;
        if reason == CloseReason::Merged {
            closed.alert.dedupe.merged_into = file.merged_into;
        }
        Some(closed)
    }

    fn follow_request(
        &mut self,
        request: Option<CheckRequest>,
        at: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let Some(incident) = &mut self.history.current else { return Vec::new() };
        let was_verifying = incident.is_verifying();
        let same_work = |recheck: &Recheck, request: &CheckRequest| {
            recheck.request.asked_by_seq == request.asked_by_seq
        };
        match (request, &mut incident.recheck) {
            (None, None) => return Vec::new(),
            (None, Some(recheck)) if recheck.request.asked_by_seq == BY_COMMAND => {
                return Vec::new();
            }
            (Some(request), Some(recheck)) if recheck.request.msg_id == request.msg_id => {
                return Vec::new();
            }
            (Some(request), Some(recheck))
                if recheck.is_under_way() && same_work(recheck, &request) =>
            {
                // The check under way also answers this request: repeated requests cause no delay.
                recheck.request.msg_id = request.msg_id;
                return Vec::new();
            }
            (Some(request), _) => return self.begin_check(request, at, was_verifying),
            (None, Some(_)) => incident.recheck = None,
        }
        incident.verdict_stands = false;
        let told = was_verifying.then(|| self.origin.unseen(incident, Action::Update, at));
        told.into_iter().collect()
    }

    fn begin_check(
        &mut self,
        request: CheckRequest,
        at: CaptureTime,
        was_verifying: bool,
    ) -> Vec<IncidentEvent> {
        let Some(incident) = &mut self.history.current else { return Vec::new() };
        let knows_place = |sought: &Sought| sought.missing || !incident.report.opened.is_empty();
        let looks = self.origin.sought.as_ref().is_some_and(|(it, _)| knows_place(it))
            && incident.report.view.is_some();
        let can_look = looks || self.origin.by_readings;
        if request.terms.mode == VerifyMode::Manual || !can_look {
            incident.recheck = Some(Recheck { request, round: 1, step: Step::Over });
            let found = by_a_person(&request, at);
            return self.tell_verdict(found, (at, UNSEEN), Vec::new()).into_iter().collect();
        }
        incident.recheck = Some(Recheck::asked(request, at, &self.casework.recheck));
        incident.verdict_stands = false;
        let told = (!was_verifying).then(|| self.origin.unseen(incident, Action::Update, at));
        told.into_iter().collect()
    }

    /// Checks at once, whatever the case says. `msg_id` is the request, unless the case already has
    /// one. None if the alert is not open here.
    pub(crate) fn check_now(
        &mut self,
        alert_id: Uuid,
        msg_id: Uuid,
        at: CaptureTime,
    ) -> Option<Vec<IncidentEvent>> {
        let incident = self.history.current.as_ref().filter(|it| it.alert_id == alert_id)?;
        if incident.is_verifying() {
            return Some(Vec::new());
        }
        let asked = incident.recheck.as_ref().map(|recheck| recheck.request);
        let terms = VerifyTerms { settle: Some(Duration::ZERO), ..VerifyTerms::default() };
        let request =
            asked.map_or(CheckRequest { msg_id, asked_by_seq: BY_COMMAND, terms }, |it| {
                CheckRequest { terms, ..it }
            });
        Some(self.begin_check(request, at, false))
    }

    /// How often a re-check needs a picture, while it is looking.
    pub(crate) fn check_sampling(&self) -> Option<Sampling> {
        let recheck = self.history.current.as_ref()?.recheck.as_ref()?;
        recheck.interval(&self.casework.recheck).map(|interval| Sampling { interval })
    }

    /// The gateway was not running.
    pub(crate) fn resume_check(&mut self) {
        if let Some(recheck) = self.history.current.as_mut().and_then(|it| it.recheck.as_mut()) {
            recheck.resume();
        }
    }

    /// Takes a re-check one picture further.
    pub(crate) fn check_picture(
        &mut self,
        observation: &Observation,
        schedule: &Schedule,
    ) -> Vec<IncidentEvent> {
        let (at, clock) = (observation.captured_at, observation.clock);
        let mut events: Vec<IncidentEvent> = self.wake(at, clock).into_iter().collect();
        let Some(incident) = &mut self.history.current else { return events };
        let Incident { recheck, report, first_seen_at, .. } = incident;
        let (Some(recheck), Some((sought, zone)), Some(view)) =
            (recheck, &self.origin.sought, &report.view)
        else {
            return events;
        };
        let reported: Vec<_> = report.opened.iter().chain(&report.latest).copied().collect();
        let look = Look {
            observation,
            schedule,
            local: self.origin.camera.local_time(at),
            ground: self.origin.camera.ground.as_ref(),
            zone,
            sought,
            reported: &reported,
            thing_since: report.of_no_class.then_some(*first_seen_at),
            view,
        };
        recheck.look(&look, &self.casework.recheck);
        let shown = match &recheck.step {
            Step::Looking { tally, .. } => tally.shown.clone(),
            _ => Vec::new(),
        };
        let found =
            recheck.conclude(at, true, self.origin.reports_absence(), &self.casework.recheck);
        events.extend(found.and_then(|found| self.tell_verdict(found, (at, clock), shown)));
        events
    }

    /// Takes a re-check further by time: it ends even if the camera shows nothing.
    pub(crate) fn check_time(&mut self, at: CaptureTime) -> Vec<IncidentEvent> {
        let mut events: Vec<IncidentEvent> = self.wake(at, UNSEEN).into_iter().collect();
        for event in &mut events {
            event.alert.detection.finding.subjects.clear();
        }
        let (missing, usual) = (self.origin.reports_absence(), &self.casework.recheck);
        let recheck = self.history.current.as_mut().and_then(|it| it.recheck.as_mut());
        let found = recheck.and_then(|it| it.conclude(at, false, missing, usual));
        events.extend(found.and_then(|it| self.tell_verdict(it, (at, UNSEEN), Vec::new())));
        events
    }

    /// Takes a re-check by readings further: whether what was reported stands at `at`, if it is known
    /// then. `heard`: a signal says so; else only time has passed.
    pub(crate) fn check_readings(
        &mut self,
        stands: Option<bool>,
        heard: bool,
        (at, clock): (CaptureTime, Clock),
    ) -> Vec<IncidentEvent> {
        let mut events: Vec<IncidentEvent> = self.wake(at, clock).into_iter().collect();
        let usual = &self.casework.recheck;
        let recheck = self.history.current.as_mut().and_then(|it| it.recheck.as_mut());
        let found = recheck.and_then(|recheck| {
            if let Some(readings) = recheck.listen().filter(|_| heard) {
                readings.add(stands);
            }
            recheck.conclude_readings(at, stands, usual)
        });
        events.extend(found.and_then(|it| self.tell_verdict(it, (at, clock), Vec::new())));
        events
    }

    fn wake(&mut self, at: CaptureTime, clock: Clock) -> Option<IncidentEvent> {
        let incident = self.history.current.as_mut()?;
        if !incident.recheck.as_mut()?.wake(at, self.origin.by_readings) {
            return None;
        }
        Some(self.origin.message(incident, Action::Update, at, clock))
    }

    fn tell_verdict(
        &mut self,
        found: Verification,
        (at, clock): (CaptureTime, Clock),
        shown: Vec<Subject>,
    ) -> Option<IncidentEvent> {
        let incident = self.history.current.as_mut()?;
        if found.result == VerificationResult::Passed {
            incident.cleared_at = incident.cleared_at.or(Some(at));
        }
        incident.finding.subjects.clear();
        incident.verification = Some(found);
        incident.verdict_stands = true;
        let mut event = self.origin.message(incident, Action::Verify, at, clock);
        event.alert.detection.finding.subjects = shown;
        Some(event)
    }
}
