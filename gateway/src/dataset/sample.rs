//! The pictures of one alert that somebody, or a re-check, has judged.

use std::collections::{BTreeMap, BTreeSet};

use incident::casefile::CaseFeedback;
use jiff::civil::Date;
use ledger::{ALERT_STEP, Recorded};
use serde_json::Value;
use uuid::Uuid;

use super::alert_message::{AlertMessage, Model, Object, Role};
use super::judgement::Judgement;
use super::label::Label;
use super::tally::LeftOut;
use crate::casework::CASE;

/// A picture of an alert, and what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) judgement: Judgement,
    pub(super) role: Role,
    pub(super) seq: u32,
    /// The camera's local day.
    pub(super) day: Date,
    pub(super) captured_at: String,
    /// Digest of the masked picture, and its name in the evidence folder.
    pub(super) sha256: String,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) is_masked: bool,
    /// What the alert was about in this picture.
    pub(super) objects: Vec<Object>,
    pub(super) confidence: f64,
    pub(super) threshold: Option<f64>,
    pub(super) class_thresholds: BTreeMap<String, f64>,
    pub(super) model: Model,
    pub(super) gateway_version: String,
}

/// An alert that was judged, with those of its pictures of which something is known.
#[derive(Debug, Clone)]
pub(super) struct JudgedAlert {
    pub(super) id: Uuid,
    pub(super) camera: String,
    pub(super) rule: String,
    pub(super) zone: Option<String>,
    pub(super) incident_type: String,
    pub(super) opened_at: String,
    pub(super) is_drill: bool,
    pub(super) samples: Vec<Sample>,
    pub(super) left_out: Vec<LeftOut>,
}

impl JudgedAlert {
    /// From what the history has of an alert; none if nothing is known of its pictures.
    ///
    /// # Errors
    /// None of its messages can be read.
    pub(super) fn of(id: Uuid, entries: &[Recorded]) -> Result<Option<Self>, LeftOut> {
        let of_case = Judgement::of_case(&feedback(entries));
        let steps = entries.iter().filter(|recorded| recorded.entry.kind == ALERT_STEP);
        let parsed: Vec<_> = steps.map(|step| AlertMessage::parse(&step.entry.body)).collect();
        let unreadable = parsed.iter().filter(|message| message.is_none()).count();
        let messages: Vec<AlertMessage> = parsed.into_iter().flatten().collect();
        let Some(first) = messages.first() else {
            return if unreadable > 0 { Err(LeftOut::Unreadable) } else { Ok(None) };
        };
        let Some(detection) = &first.detection else { return Ok(None) };
        let mut alert = Self {
            id,
            camera: first.source.device_id.clone(),
            rule: detection.rule_id.clone(),
            zone: detection.roi_id.clone(),
            incident_type: first.r#type.code.clone(),
            opened_at: first.times.opened.clone(),
            is_drill: first.test,
            samples: Vec::new(),
            left_out: Vec::new(),
        };
        let has_boxes = !detection.objects.is_empty();
        let mut known = BTreeSet::new();
        for message in &messages {
            for sample in samples(message, of_case.as_ref(), &mut known) {
                match unfit(&sample, has_boxes) {
                    Some(why) => alert.left_out.push(why),
                    None => alert.samples.push(sample),
                }
            }
        }
        let is_judged = !alert.samples.is_empty() || !alert.left_out.is_empty();
        alert.left_out.extend(std::iter::repeat_n(LeftOut::Unreadable, unreadable));
        Ok(is_judged.then_some(alert))
    }
}

/// Whether an entry of the history says something of an alert that may judge it.
pub(super) fn judges(recorded: &Recorded) -> bool {
    let body = std::str::from_utf8(&recorded.entry.body).unwrap_or_default();
    match recorded.entry.kind.as_str() {
        CASE => true,
        ALERT_STEP => body.contains("\"verification\""),
        _ => false,
    }
}

/// The pictures that this message is the first to name.
fn samples<'a>(
    message: &'a AlertMessage,
    of_case: Option<&'a Judgement>,
    known: &mut BTreeSet<(String, String)>,
) -> Vec<Sample> {
    let new = message.evidence.iter().filter(|picture| {
        let is_picture = picture.mime == "image/jpeg";
        is_picture && known.insert((picture.id.clone(), picture.sha256.clone()))
    });
    let samples = new.filter_map(|picture| {
        let judgement = match picture.role {
            Role::Verify => of_check(message, of_case),
            Role::Report | Role::Update => of_case.cloned(),
            Role::Unknown => None,
        };
        let detection = message.detection.as_ref()?;
        Some(Sample {
            judgement: judgement?,
            role: picture.role,
            seq: message.seq,
            day: picture.captured_at.get(..10)?.parse().ok()?,
            captured_at: picture.captured_at.clone(),
            sha256: picture.sha256.clone(),
            width: picture.width,
            height: picture.height,
            is_masked: picture.masked.is_complete(),
            objects: detection.objects.clone(),
            confidence: message.confidence,
            threshold: detection.threshold,
            class_thresholds: detection.class_thresholds.clone(),
            model: detection.model.clone(),
            gateway_version: message.source.gateway_version.clone(),
        })
    });
    samples.collect()
}

/// What is known of the picture of a re-check. Where people called the alert false, the re-check saw
/// the same wrong thing again.
fn of_check(message: &AlertMessage, of_case: Option<&Judgement>) -> Option<Judgement> {
    let of_check = Judgement::of_recheck(message.verification.as_ref()?)?;
    let false_one = of_case.filter(|it| !it.label.is_positive());
    match (of_check.label, false_one) {
        (Label::StillThere, Some(of_case)) => Some(of_case.clone()),
        _ => Some(of_check),
    }
}

/// Why nothing can be learnt from a picture, whatever lies on the disk.
fn unfit(sample: &Sample, has_boxes: bool) -> Option<LeftOut> {
    let is_gone = sample.judgement.label == Label::Gone;
    match sample.objects.is_empty() {
        _ if !has_boxes || sample.width == 0 || sample.height == 0 => Some(LeftOut::NoBox),
        true if !is_gone => Some(LeftOut::NoBox),
        false if is_gone => Some(LeftOut::NotClear),
        _ => None,
    }
}

/// The messages of the case system that the gateway kept.
fn feedback(entries: &[Recorded]) -> Vec<CaseFeedback> {
    let notes = entries.iter().filter(|recorded| recorded.entry.kind == CASE);
    let kept = notes.filter_map(|note| {
        let mut note: Value = serde_json::from_slice(&note.entry.body).ok()?;
        let is_kept = matches!(note["result"].as_str(), Some("applied" | "stale"));
        let message = is_kept.then(|| note["message"].take())?;
        CaseFeedback::parse(message.to_string().as_bytes()).ok()
    });
    kept.collect()
}
