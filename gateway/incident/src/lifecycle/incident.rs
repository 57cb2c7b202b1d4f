//! An incident that is not closed yet, with all that is remembered of it.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, UNKNOWN_OBJECT};
use uuid::Uuid;

use crate::alert::action::State;
use crate::alert::case_echo::CaseEcho;
use crate::alert::content::Summary;
use crate::alert::evidence::Evidence;
use crate::alert::measurement::Measured;
use crate::alert::verification::{Verification, VerificationResult};
use crate::alert::witness::CameraWitness;
use crate::casefile::file::{CaseFile, CaseStatus};
use crate::lifecycle::beside::Beside;
use crate::recheck::Recheck;
use crate::site::Site;
use rule::{Finding, Keepsake, Sought, View};

/// At most this many objects of a report are kept.
const MAX_REPORTED: usize = 32;

/// An incident that is not closed yet.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Incident {
    pub(crate) alert_id: Uuid,
    pub(crate) seq: u32,
    /// When it was cleared; none while it is open.
    pub(crate) cleared_at: Option<CaptureTime>,
    pub(crate) first_seen_at: CaptureTime,
    /// The picture before that, which did not show it; none if there was none or it is not known.
    pub(crate) not_before_at: Option<CaptureTime>,
    pub(crate) opened_at: CaptureTime,
    pub(crate) last_seen_at: CaptureTime,
    /// The watched time at the latest picture that showed it.
    pub(crate) present: Duration,
    /// Pictures since then.
    pub(crate) missed: u32,
    /// The rule's latest finding and its words for it.
    pub(crate) finding: Finding,
    pub(crate) description: String,
    /// What was measured, if its rule judges signals.
    pub(crate) measured: Option<Measured>,
    pub(crate) reported: Reported,
    pub(crate) repeat_count: u32,
    pub(crate) previous_alert_id: Option<Uuid>,
    /// It sums up all incidents of its rule beyond the daily cap.
    pub(crate) summary: Option<Summary>,
    /// Where it was when it was opened.
    pub(crate) site: Option<Site>,
    /// What was reported, to compare with.
    pub(crate) report: Report,
    /// What the case system has said of it.
    pub(crate) case: Option<Case>,
    /// The re-check that was requested.
    pub(crate) recheck: Option<Recheck>,
    /// What the latest re-check found.
    pub(crate) verification: Option<Verification>,
    /// Nothing has changed since then.
    pub(crate) verdict_stands: bool,
    /// The e-bike that it is joined with.
    pub(crate) beside: Option<Beside>,
}

/// How an incident looked when it was reported.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Report {
    /// Its objects, as the opening picture and the latest one showed them.
    pub(crate) opened: Vec<BoundingBox>,
    pub(crate) latest: Vec<BoundingBox>,
    /// The place around them; none until a picture shows it.
    pub(crate) view: Option<Keepsake>,
    /// The pictures that prove it.
    pub(crate) evidence: Vec<Evidence>,
    /// What the camera that sees the device has shown of it.
    pub(crate) witness: Option<CameraWitness>,
    /// One of its objects was a thing of no class, which not every picture can tell of.
    pub(crate) of_no_class: bool,
}

/// What an incident knows of its case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Case {
    /// What messages repeat.
    pub(crate) echo: CaseEcho,
    /// The case system is working on it: the alert does not close by itself.
    pub(crate) taken_up: bool,
    /// When the alert last heard of it.
    pub(crate) followed_at: CaptureTime,
}

/// What the latest message said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reported {
    pub(crate) at: CaptureTime,
    pub(crate) count: u32,
    /// The best score that any message of the alert has shown.
    pub(crate) score: f32,
}

impl Incident {
    /// The clock stepped back to `at`: no time of the incident lies after `at` now. Its identity
    /// stays.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        let times = [
            &mut self.first_seen_at,
            &mut self.opened_at,
            &mut self.last_seen_at,
            &mut self.finding.since_at,
            &mut self.reported.at,
        ];
        let case = self.case.as_mut().map(|case| &mut case.followed_at);
        let before =
            [&mut self.not_before_at, &mut self.finding.not_before_at].into_iter().flatten();
        for time in times.into_iter().chain(before).chain(&mut self.cleared_at).chain(case) {
            *time = at.min(*time);
        }
        if let Some(recheck) = &mut self.recheck {
            recheck.step_back(at);
        }
    }

    /// Its state, as long as it is not closed.
    pub(crate) fn state(&self) -> State {
        let verdict = self.verification.as_ref().filter(|_| self.verdict_stands);
        match (verdict.map(|verdict| verdict.result), self.cleared_at) {
            _ if self.is_verifying() => State::Verifying,
            (Some(VerificationResult::Passed), _) => State::VerifiedClear,
            (Some(VerificationResult::Failed), _) => State::VerifiedPresent,
            (Some(VerificationResult::Inconclusive), _) => State::VerifyInconclusive,
            (None, Some(_)) => State::Cleared,
            (None, None) => State::Open,
        }
    }

    /// Whether it is being verified: what its rule sees meanwhile is told at the end.
    pub(crate) fn is_verifying(&self) -> bool {
        self.recheck.as_ref().is_some_and(Recheck::is_under_way)
    }

    /// Notes what a picture shows of it, for later comparison: only the objects that a re-check
    /// looks for, not their company.
    pub(crate) fn remember(&mut self, view: &View<'_>, sought: Option<&Sought>) {
        let subjects = self.finding.subjects.iter();
        let wanted =
            subjects.filter(|subject| sought.is_none_or(|it| it.is_of_class(&subject.class)));
        let boxes: Vec<BoundingBox> =
            wanted.take(MAX_REPORTED).map(|subject| subject.bbox).collect();
        if self.report.opened.is_empty() {
            self.report.opened.clone_from(&boxes);
        }
        if self.report.view.is_none() {
            let look = view.observation.appearance.as_ref();
            let things = view.standing.iter().flat_map(|look| &look.things);
            let things = things.map(|thing| thing.bounds);
            let objects: Vec<_> =
                view.tracks.iter().map(|track| track.bbox).chain(things).collect();
            self.report.view = look.map(|look| Keepsake::of(look, &objects));
        }
        self.report.of_no_class |=
            self.finding.subjects.iter().any(|subject| subject.class.as_str() == UNKNOWN_OBJECT);
        if !boxes.is_empty() {
            self.report.latest = boxes;
        }
    }

    /// Takes in what the case system has said.
    pub(crate) fn hear(&mut self, file: &CaseFile, at: CaptureTime) {
        let Some(echo) = file.echo() else { return };
        let taken_up = file.status() == CaseStatus::TakenUp;
        match &mut self.case {
            Some(case) if case.echo == echo => case.taken_up = taken_up,
            case => *case = Some(Case { echo, taken_up, followed_at: at }),
        }
    }
}
