//! What the endpoint does for a call: each action on the centre's register.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::envelope::{CallError, Envelope, Reply, text};
use super::notice::{notice, read_local_time};
use super::picture::{Pictures, medias};
use crate::centre::alert::{
    Alert, Dedupe, Grid, GridLevel, Kind, Place, Routing, Source, Times, Verdict, Verification,
};
use crate::centre::case::TimelineEntry;
use crate::centre::channel::Channel;
use crate::centre::register::AlertOutcome;
use crate::centre::run::Centre;

/// At most this many notices are in one reply, unless the call asks for fewer.
const MAX_NOTICES: u64 = 100;

/// What the actions of a call work on.
pub(super) struct Actions<'a> {
    pub(super) centre: &'a Centre,
    pub(super) pictures: &'a mut Pictures,
    pub(super) counts: &'a mut Counts,
    /// An action that is refused because the system is busy.
    pub(super) busy_for: Option<&'static str>,
    pub(super) now: Timestamp,
}

/// What was asked of the endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) reports: usize,
    pub(super) repeated_reports: usize,
    pub(super) checks: usize,
    pub(super) cancels: usize,
    pub(super) signed: usize,
}

impl Actions<'_> {
    pub(super) fn perform(&mut self, call: &Envelope) -> Result<Reply, CallError> {
        if self.busy_for == Some(call.action.as_str()) {
            return Err(CallError::Busy);
        }
        let data = match call.action.as_str() {
            "REPORT" => self.report(call),
            "CHECK_FEEDBACK" => self.check(call),
            "APPLY_CANCEL" => self.cancel(call),
            "GET_NOTICE_INFO" => Ok(self.notices(call)),
            "NOTICE_SIGNING" => self.sign(call),
            "GET_REC_PROCESS_INFO" => self.process(call),
            other => Err(CallError::Action(other.to_owned())),
        }?;
        Ok(Reply::of(data))
    }

    /// A case that is known already keeps its number.
    fn report(&mut self, call: &Envelope) -> Result<Value, CallError> {
        let alert = reported(call)?;
        let case_id = alert.alert_id.clone();
        let pictures = medias(&call.data, true)?;
        let outcome = self.centre.register().take_alert(alert, Channel::Notices, self.now);
        let known = outcome != AlertOutcome::Opened;
        if known {
            self.counts.repeated_reports += 1;
        } else {
            self.counts.reports += 1;
            self.pictures.add(&case_id, pictures);
            self.centre.notify();
        }
        let mut numbers = self.numbers(&case_id)?;
        numbers.insert("duplicate".to_owned(), known.into());
        Ok(Value::Object(numbers))
    }

    fn check(&mut self, call: &Envelope) -> Result<Value, CallError> {
        let case_id = call.text("caseId")?;
        let checked_at = call.text("checkTime")?;
        read_local_time("checkTime", &checked_at)?;
        let (result, state) = match call.text("checkResult")?.as_str() {
            "1" => (Verdict::Passed, "verified_clear"),
            "2" => (Verdict::Failed, "verified_present"),
            "3" => (Verdict::Inconclusive, "verify_inconclusive"),
            other => {
                let fault = format!("1 passed, 2 failed or 3 unclear is expected, not `{other}`");
                return Err(CallError::Field { field: "checkResult".to_owned(), fault });
            }
        };
        let pictures = medias(&call.data, false)?;
        let found = Verification {
            // Calls name no request. The verdict belongs to the latest one.
            request_msg_id: String::new(),
            result,
            reason: call.optional("checkDesc"),
            round: None,
        };
        self.update(&case_id, "verify", state, Some(found))?;
        self.counts.checks += 1;
        self.pictures.add(&case_id, pictures);
        self.numbers(&case_id).map(Value::Object)
    }

    fn cancel(&mut self, call: &Envelope) -> Result<Value, CallError> {
        let case_id = call.text("caseId")?;
        call.text("reason")?;
        self.update(&case_id, "close", "closed", None)?;
        self.counts.cancels += 1;
        self.numbers(&case_id).map(Value::Object)
    }

    /// The next message of the alert, as it would have come by MQTT.
    fn update(
        &mut self,
        case_id: &str,
        action: &str,
        state: &str,
        verification: Option<Verification>,
    ) -> Result<(), CallError> {
        let mut register = self.centre.register();
        let known = register.case(case_id).map(|case| case.alert().clone());
        let mut alert = known.ok_or_else(|| CallError::UnknownCase(case_id.to_owned()))?;
        alert.seq += 1;
        alert.action = action.to_owned();
        alert.state = state.to_owned();
        alert.verification = verification;
        alert.times.sent = self.now;
        register.take_alert(alert, Channel::Notices, self.now);
        drop(register);
        self.centre.notify();
        Ok(())
    }

    /// Unsigned notices, the oldest first. They are repeated until they are signed for.
    fn notices(&self, call: &Envelope) -> Value {
        let wanted = call.optional("noticeName");
        let most = call.data.get("maxCount").and_then(Value::as_u64).unwrap_or(MAX_NOTICES);
        let most = usize::try_from(most.min(MAX_NOTICES)).unwrap_or_default();
        let register = self.centre.register();
        let all = register.notices().iter().map(notice);
        let named = all.filter(|notice| {
            wanted.as_deref().is_none_or(|name| notice["noticeName"].as_str() == Some(name))
        });
        json!({ "noticeList": named.take(most).collect::<Vec<_>>() })
    }

    fn sign(&mut self, call: &Envelope) -> Result<Value, CallError> {
        let missing = || CallError::Missing("noticeIdList".to_owned());
        let Some(Value::Array(ids)) = call.data.get("noticeIdList") else { return Err(missing()) };
        let mut signed = 0;
        let mut register = self.centre.register();
        for id in ids {
            signed += usize::from(register.sign(id.as_str().ok_or_else(missing)?));
        }
        self.counts.signed += signed;
        Ok(json!({ "signed": signed }))
    }

    /// What was done in a case, step by step.
    fn process(&self, call: &Envelope) -> Result<Value, CallError> {
        let case_id = call.text("caseId")?;
        let register = self.centre.register();
        let case =
            register.case(&case_id).ok_or_else(|| CallError::UnknownCase(case_id.clone()))?;
        let sent = case.timeline().iter().filter_map(|(_, entry)| match entry {
            TimelineEntry::Sent(feedback) => Some(notice(feedback)),
            TimelineEntry::Received { .. } => None,
        });
        let steps = sent.map(|notice| {
            json!({
                "taskDefineName": notice["taskDefineName"],
                "actionName": notice["actionName"],
                "actionTime": notice["actionTime"],
                "unitName": notice["unitName"],
                "itemContent": notice["itemContent"],
            })
        });
        Ok(json!({ "itemInstList": steps.collect::<Vec<_>>() }))
    }

    fn numbers(&self, case_id: &str) -> Result<Map<String, Value>, CallError> {
        let register = self.centre.register();
        let case =
            register.case(case_id).ok_or_else(|| CallError::UnknownCase(case_id.to_owned()))?;
        let mut numbers = Map::new();
        numbers.insert("recId".to_owned(), case.rec_id().into());
        numbers.insert("taskNum".to_owned(), case.task_num().into());
        Ok(numbers)
    }
}

/// The fields that a REPORT must have, besides those that [`reported`] reads.
const REQUIRED: [&str; 5] = ["recTypeId", "recTypeName", "eventSrcId", "eventSrcName", "eventDesc"];

/// The alert of a REPORT. Its type is in `keyword`, where the gateway writes its own code.
fn reported(call: &Envelope) -> Result<Alert, CallError> {
    let case_id = call.text("caseId")?;
    for field in REQUIRED {
        call.text(field)?;
    }
    let registered_at = read_local_time("registerTime", &call.text("registerTime")?)?;
    let name = call.text("recTypeName")?;
    let point = match (call.optional("coordinateX"), call.optional("coordinateY")) {
        (Some(x), Some(y)) => vec![degrees("coordinateX", &x)?, degrees("coordinateY", &y)?],
        _ => Vec::new(),
    };
    let level = |level: &str, id: &str, name: &str| {
        let code = text(&call.data, id, id).ok()?;
        Some(GridLevel { level: level.to_owned(), code, name: call.optional(name) })
    };
    let path = [
        level("district", "districtId", "districtName"),
        level("street", "streetId", "streetName"),
        level("community", "communityId", "communityName"),
        level("grid", "cellId", "cellName"),
    ];
    Ok(Alert {
        alert_id: case_id,
        seq: 1,
        action: "open".to_owned(),
        state: "open".to_owned(),
        close_reason: None,
        kind: Kind { code: call.optional("keyword").unwrap_or_default(), name },
        times: Times { first_seen: registered_at, sent: registered_at },
        source: Source {
            gateway_id: call.sender_code.clone(),
            device_id: call.optional("deviceId").unwrap_or_default(),
        },
        grid: Grid { unit_code: None, path: path.into_iter().flatten().collect() },
        geo: Place { point, address: Some(call.text("address")?) },
        dedupe: Dedupe { repeat_count: 0 },
        routing: Routing::default(),
        verification: None,
        evidence: Vec::new(),
    })
}

fn degrees(field: &str, written: &str) -> Result<f64, CallError> {
    written.parse().map_err(|_unreadable| CallError::Field {
        field: field.to_owned(),
        fault: format!("a number is expected, not `{written}`"),
    })
}
