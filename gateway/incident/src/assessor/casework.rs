//! What an assessor does without a picture: cases, commands, the passing of time.

use std::time::Duration;

use rule::Slug;
use scene::CaptureTime;
use uuid::Uuid;

use super::desk::Assessor;
use super::seen::Seen;
use super::signal_watch::SignalWatch;
use super::witness::Witness;
use crate::alert::action::Action;
use crate::alert::evidence::{Evidence, EvidenceKind, EvidenceRole};
use crate::alert::witness::{CameraWitness, Sight};
use crate::casefile::file::CaseFile;
use crate::lifecycle::course::Lifecycle;
use crate::lifecycle::event::IncidentEvent;

impl Assessor {
    /// Follows the case of an alert, given with its dedupe key; returns the messages that follow.
    /// The same file told again changes nothing, nor does an alert of another camera. A false alarm
    /// mutes the rule of that key at any age of the alert.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        now: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let at = self.no_earlier(now);
        let by_rules = self.rules.iter_mut().flat_map(|watch| watch.follow_case(alert, file, at));
        let outage = self.outage.iter_mut().flat_map(|it| it.0.follow_case(alert, file, at));
        let signals = &mut self.signals.watches;
        let by_signals = signals.iter_mut().flat_map(|watch| watch.follow_case(alert, file, at));
        by_rules.chain(outage).chain(by_signals).collect()
    }

    /// Checks at once whether what an alert reported is gone; `msg_id` is the request. `None` if
    /// the alert is not open here.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn check_now(
        &mut self,
        alert_id: Uuid,
        msg_id: Uuid,
        now: CaptureTime,
    ) -> Option<Vec<IncidentEvent>> {
        let at = self.no_earlier(now);
        self.lives().find_map(|life| life.check_now(alert_id, msg_id, at))
    }

    /// Time has passed, perhaps without a picture: ends a re-check and closes an alert that is
    /// already cleared, so that a silent camera delays neither. By rules on pictures it never opens,
    /// prolongs or clears. By rules on signals it does: a door that stands open says so once, and
    /// stands open; see [`Assessor::wake_at`].
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn pass_time(&mut self, now: CaptureTime) -> Vec<IncidentEvent> {
        let latest_at = self.timeline.latest_at;
        let at = latest_at.map_or(now, |latest_at| now.max(latest_at));
        let mut events = self.pass_unseen(at);
        events.extend(self.signals.pass_time(now));
        events
    }

    /// Mutes the rules for which `choose(rule, zone, dedupe key)` holds: they open nothing for
    /// `lasts`. Zero ends the silence. Returns how many rules there are.
    pub fn mute(
        &mut self,
        choose: impl Fn(&str, &str, &str) -> bool,
        now: CaptureTime,
        lasts: Duration,
    ) -> usize {
        let at = self.no_earlier(now);
        let chosen = self.lives().filter(|Lifecycle { origin, .. }| {
            choose(origin.rule.as_str(), origin.zone.as_str(), &origin.dedupe_key())
        });
        chosen.map(|life| life.history.mute(at, lasts)).count()
    }

    /// Notes what the camera that sees the device has shown of an alert. Its messages say so from now on.
    pub fn note_witness(&mut self, alert_id: Uuid, witness: &CameraWitness) {
        let incidents = self.lives().filter_map(|life| life.history.current.as_mut());
        for incident in incidents.filter(|incident| incident.alert_id == alert_id) {
            incident.report.witness = Some(witness.clone());
        }
    }

    /// The alerts of whose camera nobody has heard yet, and the camera: an earlier run had asked it.
    pub fn unanswered(&mut self) -> Vec<(Uuid, Slug)> {
        let incidents = self.lives().filter_map(|life| life.history.current.as_ref());
        let asked = incidents.filter_map(|incident| {
            let witness = incident.report.witness.as_ref()?;
            (witness.sight == Sight::Asked).then(|| (incident.alert_id, witness.camera.clone()))
        });
        asked.collect()
    }

    /// Tells once more of an alert that is not closed, as an update: something about it is news. `None` if
    /// the alert is not there.
    ///
    /// Save [`Assessor::memory`] with the event.
    pub fn tell_again(&mut self, alert_id: Uuid, now: CaptureTime) -> Option<IncidentEvent> {
        let at = self.no_earlier(now);
        self.lives().find_map(|Lifecycle { origin, history, .. }| {
            let incident = history.current.as_mut().filter(|it| it.alert_id == alert_id)?;
            Some(origin.unseen(incident, Action::Update, at))
        })
    }

    /// The same assessor, whose rules tell others of what they see, as these say. Alerts that a silent rule
    /// has raised before are closed with the next picture.
    #[must_use]
    pub fn telling(mut self, witnesses: &[Witness]) -> Self {
        for watch in &mut self.rules {
            let of_rule = |witness: &&Witness| witness.rule == watch.lifecycle.origin.rule;
            watch.tells = witnesses.iter().find(of_rule).cloned();
        }
        self
    }

    /// What its rules saw in the latest picture that others are told.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::of(&self.rules)
    }

    /// Incidents of e-bikes are part of this one from the next picture on, until it is none.
    pub const fn give_way_to(&mut self, incident: Option<Uuid>) {
        self.gives_way_to = incident;
    }

    /// The open incident of a device that e-bikes beside it are part of.
    #[must_use]
    pub fn open_hazard(&self) -> Option<Uuid> {
        self.signals.watches.iter().find_map(|watch| watch.lifecycle.open_hazard())
    }

    /// By how many microseconds the camera's clock is ahead of the door's; none if no rule knows.
    #[must_use]
    pub fn clock_skew_micros(&self) -> Option<i64> {
        self.signals.watches.iter().find_map(SignalWatch::clock_skew_micros)
    }

    /// Keeps the picture of an alert's report. It is shown again beside the picture of a re-check.
    pub fn keep_evidence(&mut self, alert_id: Uuid, evidence: &Evidence) {
        if evidence.role != EvidenceRole::Report || evidence.kind != EvidenceKind::Snapshot {
            return;
        }
        let incidents = self.lives().filter_map(|life| life.history.current.as_mut());
        for incident in incidents.filter(|incident| incident.alert_id == alert_id) {
            if !incident.report.evidence.iter().any(|kept| kept.id == evidence.id) {
                incident.report.evidence.push(evidence.clone());
            }
        }
    }
}
