//! A notice of the case system as case feedback (`cg.case/1`).

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid, Variant};

/// The actions that notices tell of, and what they are to a case. The names are those of the
/// steps of 数字城管; where a site calls them otherwise, its notices are kept in the history and
/// change nothing.
const ACTIONS: [(&str, &str); 20] = [
    ("受理", "received"),
    ("立案", "accepted"),
    ("不予立案", "rejected"),
    ("误报", "false_alarm"),
    ("合并", "merged"),
    ("派遣", "dispatched"),
    ("签收", "signed"),
    ("处置中", "handling"),
    ("回退", "returned"),
    ("延期", "postponed"),
    ("吹哨", "whistle"),
    ("处置完成", "handled"),
    ("核查", "verify_request"),
    ("结案", "closed"),
    ("重新立案", "reopened"),
    ("作废", "cancelled"),
    ("催办", "press"),
    ("督办", "supervise"),
    ("补充材料", "evidence_request"),
    ("考核", "evaluated"),
];
const REASONS: [&str; 10] = [
    "not_a_violation",
    "wrong_object",
    "wrong_place",
    "permitted_activity",
    "duplicate",
    "out_of_scope",
    "not_our_duty",
    "insufficient_evidence",
    "already_fixed",
    "other",
];

/// A notice that can be told to the inbox.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Notice {
    pub(super) alert_id: String,
    pub(super) msg_id: Uuid,
    feedback: Map<String, Value>,
}

/// The id by which a notice is signed for.
pub(super) fn id(notice: &Value) -> Option<&str> {
    notice["noticeId"].as_str().filter(|id| !id.is_empty())
}

impl Notice {
    /// Reads a notice of `system`, whose local time is `offset`.
    ///
    /// # Errors
    /// What it lacks, in words.
    pub(super) fn read(notice: &Value, system: &str, offset: Offset) -> Result<Self, String> {
        let text = |field: &str| notice[field].as_str().filter(|text| !text.is_empty());
        let needed = |field: &str| text(field).ok_or(format!("it has no `{field}`"));
        let msg_id = message_id(needed("noticeId")?);
        let alert_id = needed("caseId")?;
        if Uuid::parse_str(alert_id).is_err() {
            return Err(format!("`caseId` {alert_id} is no alert's id"));
        }
        let action = needed("actionName")?;
        let event = ACTIONS.iter().find(|(name, _)| *name == action);
        let (_, event) = event.ok_or(format!("`actionName` {action} is unknown"))?;
        let time = time(needed("actionTime")?, offset).ok_or("`actionTime` is no time")?;
        let mut case = Map::new();
        case.insert("system".to_owned(), system.into());
        for (name, field) in
            [("rec_id", "recId"), ("task_num", "taskNum"), ("stage_name", "taskDefineName")]
        {
            case.extend(text(field).map(|text| (name.to_owned(), text.into())));
        }
        case.extend(text("mergedCaseId").map(|id| ("merged_into".to_owned(), id.into())));
        let mut feedback = Map::new();
        feedback.insert("spec".to_owned(), "cg.case/1".into());
        feedback.insert("msg_id".to_owned(), msg_id.to_string().into());
        feedback.insert("alert_id".to_owned(), alert_id.into());
        feedback.insert("time".to_owned(), time.into());
        feedback.insert("event".to_owned(), (*event).into());
        feedback.insert("case".to_owned(), Value::Object(case));
        if let Some(org) = text("unitName") {
            feedback.insert("actor".to_owned(), json!({ "org": org }));
        }
        let parts = [
            ("reason", reason(notice)),
            ("deadlines", deadlines(notice, offset)),
            ("verify", verify(notice)),
            ("whistle", whistle(notice)),
        ];
        for (name, part) in parts {
            feedback.extend(part.map(|part| (name.to_owned(), part)));
        }
        Ok(Self { alert_id: alert_id.to_owned(), msg_id, feedback })
    }

    /// As the inbox takes it, as the `seq`-th feedback of its alert.
    pub(super) fn payload(&self, seq: u64) -> Vec<u8> {
        let mut feedback = self.feedback.clone();
        feedback.insert("seq".to_owned(), seq.into());
        Value::Object(feedback).to_string().into_bytes()
    }
}

/// The notice's own id if it is a UUID of today's kinds, else one that follows from it.
fn message_id(notice_id: &str) -> Uuid {
    let own = Uuid::parse_str(notice_id).ok().filter(|id| id.get_variant() == Variant::RFC4122);
    own.unwrap_or_else(|| {
        let digest: [u8; 32] = Sha256::digest(notice_id.as_bytes()).into();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, digit)| *byte = digit);
        Builder::from_custom_bytes(bytes).into_uuid()
    })
}

/// `yyyy-MM-dd HH:mm:ss` of the city as RFC 3339.
fn time(local: &str, offset: Offset) -> Option<String> {
    let local = DateTime::strptime("%Y-%m-%d %H:%M:%S", local).ok()?;
    Some(offset.to_timestamp(local).ok()?.to_string())
}

fn reason(notice: &Value) -> Option<Value> {
    let written = notice["reasonCode"].as_str();
    let text = notice["itemContent"].as_str().filter(|text| !text.is_empty());
    let known = written.filter(|code| REASONS.contains(code));
    if known.is_none() && text.is_none() {
        return None;
    }
    let mut reason = json!({ "code": known.unwrap_or("other") });
    if let Some(text) = text {
        reason["text"] = text.chars().take(300).collect::<String>().into();
    }
    Some(reason)
}

fn deadlines(notice: &Value, offset: Offset) -> Option<Value> {
    let fields = [
        ("sign", "signDeadline"),
        ("handle", "disposeDeadlineTime"),
        ("verify", "checkDeadlineTime"),
    ];
    let known = fields.into_iter().filter_map(|(name, field)| {
        Some((name.to_owned(), Value::from(time(notice[field].as_str()?, offset)?)))
    });
    let known: Map<String, Value> = known.collect();
    (!known.is_empty()).then_some(Value::Object(known))
}

fn verify(notice: &Value) -> Option<Value> {
    let auto = notice["checkFlag"].as_bool()?;
    let mut verify = json!({ "mode": if auto { "auto" } else { "none" } });
    for (name, field) in [
        ("settle_s", "checkSettleSecs"),
        ("window_s", "checkWindowSecs"),
        ("min_samples", "checkMinSamples"),
    ] {
        if let Some(number) = notice[field].as_u64() {
            verify[name] = number.into();
        }
    }
    Some(verify)
}

fn whistle(notice: &Value) -> Option<Value> {
    let level = notice["whistleLevel"].as_str()?;
    let units = notice["whistleUnits"].as_array().cloned().unwrap_or_default();
    Some(json!({ "level": level, "departments": units }))
}
