//! An incident that is not closed yet, as JSON.

use std::time::Duration;

use rule::{Finding, Likelihood, Subject, micros};
use scene::track::TrackId;
use scene::{BoundingBox, CaptureTime, Class};
use serde::{Deserialize, Serialize};

use super::case::{CaseV1, RecheckV1, ReportV1, VerificationV1};
use super::id::uuid;
use super::measured::MeasuredV1;
use super::site::SiteV1;
use crate::alert::content::Summary;
use crate::lifecycle::beside::Beside;
use crate::lifecycle::incident::{Incident, Reported};

#[derive(Serialize, Deserialize)]
pub(super) struct IncidentV1 {
    alert_id: String,
    seq: u32,
    cleared_at_us: Option<i64>,
    first_seen_at_us: i64,
    opened_at_us: i64,
    last_seen_at_us: i64,
    present_us: u64,
    missed: u32,
    finding: FindingV1,
    description: String,
    reported_at_us: i64,
    reported_count: u32,
    reported_score: f32,
    repeat_count: u32,
    previous_alert_id: Option<String>,
    /// Daily cap and occurrences; older versions did not write them.
    #[serde(default)]
    summary: Option<(u32, u32)>,
    /// Left out where the camera's own position stands for it, and by older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    site: Option<SiteV1>,
    /// Older versions wrote none of the fields from here on.
    #[serde(default)]
    report: ReportV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    case: Option<CaseV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recheck: Option<RecheckV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verification: Option<VerificationV1>,
    #[serde(default)]
    verdict_stands: bool,
    /// Only of rules on signals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    measured: Option<MeasuredV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before_at_us: Option<i64>,
    /// The camera that sees an e-bike beside it, and whether there is a wire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    beside: Option<(String, bool)>,
}

#[derive(Serialize, Deserialize)]
struct FindingV1 {
    since_at_us: i64,
    dwell_us: u64,
    pictures_positive: u32,
    pictures_total: u32,
    confidence: f32,
    count: u32,
    subjects: Vec<SubjectV1>,
    /// Older versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    likelihood: Option<LikelihoodV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before_at_us: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LikelihoodV1 {
    Of(f32),
    TooSmall,
}

#[derive(Serialize, Deserialize)]
struct SubjectV1 {
    class: String,
    score: f32,
    bbox: [f32; 4],
    track_id: u64,
}

impl IncidentV1 {
    pub(super) fn of(incident: &Incident) -> Self {
        Self {
            alert_id: incident.alert_id.to_string(),
            seq: incident.seq,
            cleared_at_us: incident.cleared_at.map(CaptureTime::unix_micros),
            first_seen_at_us: incident.first_seen_at.unix_micros(),
            opened_at_us: incident.opened_at.unix_micros(),
            last_seen_at_us: incident.last_seen_at.unix_micros(),
            present_us: micros(incident.present),
            missed: incident.missed,
            finding: FindingV1::of(&incident.finding),
            description: incident.description.clone(),
            reported_at_us: incident.reported.at.unix_micros(),
            reported_count: incident.reported.count,
            reported_score: incident.reported.score,
            repeat_count: incident.repeat_count,
            previous_alert_id: incident.previous_alert_id.map(|id| id.to_string()),
            summary: incident.summary.map(|summary| (summary.daily_cap, summary.occurrences)),
            site: incident.site.as_ref().map(SiteV1::of),
            report: ReportV1::of(&incident.report),
            case: incident.case.as_ref().map(CaseV1::of),
            recheck: incident.recheck.as_ref().map(RecheckV1::of),
            verification: incident.verification.as_ref().map(VerificationV1::of),
            verdict_stands: incident.verdict_stands,
            measured: incident.measured.as_ref().map(MeasuredV1::of),
            not_before_at_us: incident.not_before_at.map(CaptureTime::unix_micros),
            beside: incident.beside.as_ref().map(|it| (it.camera.clone(), it.wire)),
        }
    }

    pub(super) fn incident(self) -> Result<Incident, serde_json::Error> {
        let at = CaptureTime::from_unix_micros;
        Ok(Incident {
            alert_id: uuid(&self.alert_id)?,
            seq: self.seq,
            cleared_at: self.cleared_at_us.map(at),
            first_seen_at: at(self.first_seen_at_us),
            not_before_at: self.not_before_at_us.map(at),
            opened_at: at(self.opened_at_us),
            last_seen_at: at(self.last_seen_at_us),
            present: Duration::from_micros(self.present_us),
            missed: self.missed,
            finding: self.finding.finding(),
            description: self.description,
            reported: Reported {
                at: at(self.reported_at_us),
                count: self.reported_count,
                score: self.reported_score,
            },
            repeat_count: self.repeat_count,
            previous_alert_id: self.previous_alert_id.as_deref().map(uuid).transpose()?,
            summary: self
                .summary
                .map(|(daily_cap, occurrences)| Summary { daily_cap, occurrences }),
            site: self.site.map(SiteV1::site).transpose()?,
            report: self.report.report(),
            case: self.case.map(CaseV1::case),
            recheck: self.recheck.map(RecheckV1::recheck).transpose()?,
            verification: self.verification.map(VerificationV1::verification).transpose()?,
            verdict_stands: self.verdict_stands,
            measured: self.measured.map(MeasuredV1::measured).transpose()?,
            beside: self.beside.map(|(camera, wire)| Beside { camera, wire }),
        })
    }
}

impl FindingV1 {
    fn of(finding: &Finding) -> Self {
        Self {
            since_at_us: finding.since_at.unix_micros(),
            not_before_at_us: finding.not_before_at.map(CaptureTime::unix_micros),
            dwell_us: micros(finding.dwell),
            pictures_positive: finding.pictures_positive,
            pictures_total: finding.pictures_total,
            confidence: finding.confidence,
            count: finding.count,
            subjects: finding.subjects.iter().map(SubjectV1::of).collect(),
            likelihood: finding.likelihood.map(|it| match it {
                Likelihood::Of(likely) => LikelihoodV1::Of(likely),
                Likelihood::TooSmall => LikelihoodV1::TooSmall,
            }),
        }
    }

    fn finding(self) -> Finding {
        Finding {
            since_at: CaptureTime::from_unix_micros(self.since_at_us),
            not_before_at: self.not_before_at_us.map(CaptureTime::from_unix_micros),
            dwell: Duration::from_micros(self.dwell_us),
            pictures_positive: self.pictures_positive,
            pictures_total: self.pictures_total,
            confidence: self.confidence,
            count: self.count,
            subjects: self.subjects.into_iter().map(SubjectV1::subject).collect(),
            likelihood: self.likelihood.map(|it| match it {
                LikelihoodV1::Of(likely) => Likelihood::Of(likely),
                LikelihoodV1::TooSmall => Likelihood::TooSmall,
            }),
        }
    }
}

impl SubjectV1 {
    fn of(subject: &Subject) -> Self {
        let BoundingBox { left, top, right, bottom } = subject.bbox;
        Self {
            class: subject.class.as_str().to_owned(),
            score: subject.score,
            bbox: [left, top, right, bottom],
            track_id: subject.track_id.0,
        }
    }

    fn subject(self) -> Subject {
        let [left, top, right, bottom] = self.bbox;
        Subject {
            class: Class::new(&self.class),
            score: self.score,
            bbox: BoundingBox { left, top, right, bottom },
            track_id: TrackId(self.track_id),
        }
    }
}
