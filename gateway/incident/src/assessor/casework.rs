//! What a camera's alerts hear of their cases, and how time and people reach its rules.

use std::sync::Arc;
use std::time::Duration;

use scene::CaptureTime;
use uuid::Uuid;

use super::{Assessor, IncidentEvent, Watch};
use crate::alert::{Action, CloseReason, Evidence, EvidenceKind, EvidenceRole};
use crate::casefile::CaseFile;
use crate::lifecycle::CaseSettings;
use rule::Verdict;

impl Assessor {
    /// The same camera under these settings for its alerts' cases, in place of the usual ones.
    #[must_use]
    pub fn with_case_settings(mut self, settings: &Arc<CaseSettings>) -> Self {
        for watch in &mut self.rules {
            watch.lifecycle.casework = Arc::clone(settings);
        }
        self
    }

    /// Takes in what is known of the case of an alert, given with its dedupe key; answers with the
    /// messages that follow from it. Telling the same again changes nothing; an alert that is not
    /// this camera's neither. A false alarm mutes the rule of that key, however old it is.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        now: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let at = self.no_earlier(now);
        self.rules.iter_mut().flat_map(|watch| watch.follow_case(alert, file, at)).collect()
    }

    /// Checks at once whether what an alert reported is gone; `msg_id` asks for it. Answers `None`
    /// if the alert is not open here.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn check_now(
        &mut self,
        alert_id: Uuid,
        msg_id: Uuid,
        now: CaptureTime,
    ) -> Option<Vec<IncidentEvent>> {
        let at = self.no_earlier(now);
        self.rules.iter_mut().find_map(|watch| watch.lifecycle.check_now(alert_id, msg_id, at))
    }

    /// Time has passed, perhaps without a picture: ends what a silent camera would hold up, which
    /// is a re-check, and an alert that is cleared already. It never opens, prolongs or clears.
    ///
    /// `now` is the time as its pictures tell it. Save [`Assessor::memory`] with the events.
    pub fn pass_time(&mut self, now: CaptureTime) -> Vec<IncidentEvent> {
        let at = self.no_earlier(now);
        let mut events = Vec::new();
        for Watch { lifecycle, .. } in &mut self.rules {
            events.extend(lifecycle.check_time(at));
            events.extend(lifecycle.pass_time(at));
        }
        events
    }

    /// Keeps the rules for which `choose(rule, zone, dedupe key)` holds from opening anything for
    /// `lasts`; zero lets them again. Answers how many there are.
    pub fn mute(
        &mut self,
        choose: impl Fn(&str, &str, &str) -> bool,
        now: CaptureTime,
        lasts: Duration,
    ) -> usize {
        let at = self.no_earlier(now);
        let chosen = self.rules.iter_mut().filter(|watch| {
            let origin = &watch.lifecycle.origin;
            choose(origin.rule.as_str(), origin.zone.as_str(), &origin.dedupe_key())
        });
        chosen.map(|watch| watch.lifecycle.mute(at, lasts)).count()
    }

    /// Keeps the picture with which an alert was reported, to show it again beside that of a
    /// re-check.
    pub fn keep_evidence(&mut self, alert_id: Uuid, evidence: &Evidence) {
        if evidence.role != EvidenceRole::Report || evidence.kind != EvidenceKind::Snapshot {
            return;
        }
        let incidents =
            self.rules.iter_mut().filter_map(|watch| watch.lifecycle.history.current.as_mut());
        for incident in incidents.filter(|incident| incident.alert_id == alert_id) {
            if !incident.report.evidence.iter().any(|kept| kept.id == evidence.id) {
                incident.report.evidence.push(evidence.clone());
            }
        }
    }

    /// No event lies before the latest picture.
    fn no_earlier(&self, now: CaptureTime) -> CaptureTime {
        self.timeline.latest_at.map_or(now, |latest_at| now.max(latest_at))
    }
}

impl Watch {
    fn follow_case(
        &mut self,
        alert: (Uuid, &str),
        file: &CaseFile,
        at: CaptureTime,
    ) -> Vec<IncidentEvent> {
        let events = self.lifecycle.follow_case(alert, file, at);
        let closes =
            |event: &IncidentEvent| event.alert.action == Action::Close(CloseReason::CaseClosed);
        if events.iter().any(closes) {
            // What stands there is judged anew: a case that was closed in vain is reported again.
            self.rule.restore(&serde_json::Value::Null);
            self.latest = None;
        }
        events
    }

    /// Whether the place must be looked at as a whole, now or with the next picture.
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
}
