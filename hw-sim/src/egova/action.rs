//! What the endpoint does for a call: each action on the centre's desk.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::envelope::{Envelope, Refusal, Reply, text};
use super::notice::{notice, read_local_time};
use super::picture::{Pictures, medias};
use crate::centre::alert::{
    Alert, Dedupe, Grid, GridLevel, Kind, Place, Routing, Source, Times, Verdict, Verification,
};
use crate::centre::{Centre, Channel, Heard, Moment};

/// So many notices go out at once, unless the call asks for fewer.
const MAX_NOTICES: u64 = 100;

/// What an action works on.
pub(super) struct Work<'a> {
    pub(super) centre: &'a Centre,
    pub(super) pictures: &'a mut Pictures,
    pub(super) counts: &'a mut Counts,
    /// An action that it is too busy for.
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

impl Work<'_> {
    pub(super) fn perform(&mut self, call: &Envelope) -> Result<Reply, Refusal> {
        if self.busy_for == Some(call.action.as_str()) {
            return Err(Refusal::Busy);
        }
        let data = match call.action.as_str() {
            "REPORT" => self.report(call),
            "CHECK_FEEDBACK" => self.check(call),
            "APPLY_CANCEL" => self.cancel(call),
            "GET_NOTICE_INFO" => Ok(self.notices(call)),
            "NOTICE_SIGNING" => self.sign(call),
            "GET_REC_PROCESS_INFO" => self.process(call),
            other => Err(Refusal::Action(other.to_owned())),
        }?;
        Ok(Reply::of(data))
    }

    /// A case that is known, whether by this call or another, keeps its number.
    fn report(&mut self, call: &Envelope) -> Result<Value, Refusal> {
        let alert = reported(call)?;
        let case_id = alert.alert_id.clone();
        let pictures = medias(&call.data, true)?;
        let heard = self.centre.desk().hear(alert, Channel::Notices, self.now);
        let known = heard != Heard::Opened;
        if known {
            self.counts.repeated_reports += 1;
        } else {
            self.counts.reports += 1;
            self.pictures.add(&case_id, pictures);
            self.centre.knock();
        }
        let mut numbers = self.numbers(&case_id)?;
        numbers.insert("duplicate".to_owned(), known.into());
        Ok(Value::Object(numbers))
    }

    fn check(&mut self, call: &Envelope) -> Result<Value, Refusal> {
        let case_id = call.text("caseId")?;
        let checked_at = call.text("checkTime")?;
        read_local_time("checkTime", &checked_at)?;
        let (result, state) = match call.text("checkResult")?.as_str() {
            "1" => (Verdict::Passed, "verified_clear"),
            "2" => (Verdict::Failed, "verified_present"),
            "3" => (Verdict::Inconclusive, "verify_inconclusive"),
            other => {
                let fault = format!("1 passed, 2 failed or 3 unclear is expected, not `{other}`");
                return Err(Refusal::Field { field: "checkResult".to_owned(), fault });
            }
        };
        let pictures = medias(&call.data, false)?;
        let found = Verification {
            // Calls name no request: it is the latest one's.
            request_msg_id: String::new(),
            result,
            reason: call.optional("checkDesc"),
            round: None,
        };
        self.go_on(&case_id, "verify", state, Some(found))?;
        self.counts.checks += 1;
        self.pictures.add(&case_id, pictures);
        self.numbers(&case_id).map(Value::Object)
    }

    fn cancel(&mut self, call: &Envelope) -> Result<Value, Refusal> {
        let case_id = call.text("caseId")?;
        call.text("reason")?;
        self.go_on(&case_id, "close", "closed", None)?;
        self.counts.cancels += 1;
        self.numbers(&case_id).map(Value::Object)
    }

    /// The next message of the alert, as it would have come by MQTT.
    fn go_on(
        &mut self,
        case_id: &str,
        action: &str,
        state: &str,
        verification: Option<Verification>,
    ) -> Result<(), Refusal> {
        let mut desk = self.centre.desk();
        let known = desk.case(case_id).map(|case| case.alert().clone());
        let mut alert = known.ok_or_else(|| Refusal::UnknownCase(case_id.to_owned()))?;
        alert.seq += 1;
        alert.action = action.to_owned();
        alert.state = state.to_owned();
        alert.verification = verification;
        alert.times.sent = self.now;
        desk.hear(alert, Channel::Notices, self.now);
        drop(desk);
        self.centre.knock();
        Ok(())
    }

    /// Unsigned notices, the oldest first, again and again.
    fn notices(&self, call: &Envelope) -> Value {
        let wanted = call.optional("noticeName");
        let most = call.data.get("maxCount").and_then(Value::as_u64).unwrap_or(MAX_NOTICES);
        let most = usize::try_from(most.min(MAX_NOTICES)).unwrap_or_default();
        let desk = self.centre.desk();
        let all = desk.notices().iter().map(notice);
        let named = all.filter(|notice| {
            wanted.as_deref().is_none_or(|name| notice["noticeName"].as_str() == Some(name))
        });
        json!({ "noticeList": named.take(most).collect::<Vec<_>>() })
    }

    fn sign(&mut self, call: &Envelope) -> Result<Value, Refusal> {
        let missing = || Refusal::Missing("noticeIdList".to_owned());
        let Some(Value::Array(ids)) = call.data.get("noticeIdList") else { return Err(missing()) };
        let mut signed = 0;
        let mut desk = self.centre.desk();
        for id in ids {
            signed += usize::from(desk.sign(id.as_str().ok_or_else(missing)?));
        }
        self.counts.signed += signed;
        Ok(json!({ "signed": signed }))
    }

    /// What was done on a case, step by step.
    fn process(&self, call: &Envelope) -> Result<Value, Refusal> {
        let case_id = call.text("caseId")?;
        let desk = self.centre.desk();
        let case = desk.case(&case_id).ok_or_else(|| Refusal::UnknownCase(case_id.clone()))?;
        let said = case.timeline().iter().filter_map(|(_, moment)| match moment {
            Moment::Said(feedback) => Some(notice(feedback)),
            Moment::Heard { .. } => None,
        });
        let steps = said.map(|notice| {
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

    fn numbers(&self, case_id: &str) -> Result<Map<String, Value>, Refusal> {
        let desk = self.centre.desk();
        let case = desk.case(case_id).ok_or_else(|| Refusal::UnknownCase(case_id.to_owned()))?;
        let mut numbers = Map::new();
        numbers.insert("recId".to_owned(), case.rec_id().into());
        numbers.insert("taskNum".to_owned(), case.task_num().into());
        Ok(numbers)
    }
}

/// The fields that a REPORT must have besides those that [`reported`] reads.
const REQUIRED: [&str; 5] = ["recTypeId", "recTypeName", "eventSrcId", "eventSrcName", "eventDesc"];

/// The alert that a REPORT speaks of. Its type is `keyword`, where the gateway puts its own code.
fn reported(call: &Envelope) -> Result<Alert, Refusal> {
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

fn degrees(field: &str, written: &str) -> Result<f64, Refusal> {
    written.parse().map_err(|_unreadable| Refusal::Field {
        field: field.to_owned(),
        fault: format!("a number is expected, not `{written}`"),
    })
}
