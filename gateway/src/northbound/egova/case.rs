//! What an alert's step is to the case system: a case, the result of a second look, a case taken
//! back, or nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Map, Value, json};

use super::settings::EgovaSettings;
use crate::evidence::{EvidenceStore, FileKind};

/// A call to be made.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// The message's id: the call has the same each time it is made.
    pub(super) uid: String,
    /// The alert.
    pub(super) alert_id: String,
    /// `REPORT`, `CHECK_FEEDBACK` or `APPLY_CANCEL`.
    pub(super) action: &'static str,
    /// When the gateway wrote the message; none if it did not believe its own clock.
    pub(super) sent_at: Option<Timestamp>,
    /// What the call says.
    pub(super) data: Map<String, Value>,
}

/// Stages in which the case system itself has ended the case.
const ENDED: [&str; 5] = ["rejected", "false_alarm", "merged", "closed", "cancelled"];

/// The step that the alert's `message` makes, if it makes one.
pub(super) fn step(
    message: &Value,
    settings: &EgovaSettings,
    evidence: &EvidenceStore,
) -> Option<Step> {
    if message["test"] == true && !settings.drills {
        return None;
    }
    let alert_id = message["alert_id"].as_str()?.to_owned();
    let mut data = Map::new();
    data.insert("caseId".to_owned(), alert_id.clone().into());
    let action = match message["action"].as_str()? {
        "open" => {
            report(&mut data, message, settings);
            data.insert("medias".to_owned(), medias(message, "report", "上报", evidence));
            "REPORT"
        }
        "verify" => {
            check(&mut data, message, settings)?;
            data.insert("medias".to_owned(), medias(message, "verify", "核查", evidence));
            "CHECK_FEEDBACK"
        }
        "close" => {
            cancel(&mut data, message)?;
            "APPLY_CANCEL"
        }
        _ => return None,
    };
    let sent_at = message.pointer("/times/sent").and_then(Value::as_str);
    let in_doubt = message.pointer("/times/clock_believed") == Some(&Value::Bool(false));
    let sent_at = sent_at.filter(|_| !in_doubt).and_then(|sent| sent.parse().ok());
    Some(Step { uid: message["msg_id"].as_str()?.to_owned(), alert_id, action, sent_at, data })
}

fn report(data: &mut Map<String, Value>, message: &Value, settings: &EgovaSettings) {
    let text = |pointer: &str| message.pointer(pointer).and_then(Value::as_str);
    let mut put = |name: &str, value: Option<Value>| {
        data.extend(value.map(|value| (name.to_owned(), value)));
    };
    let kind = &message["type"];
    let code = code(kind, settings.scheme.as_deref());
    let of_code = |field: &str| code.and_then(|code| code[field].as_str());
    let opened = text("/times/opened").or(text("/times/first_seen"));
    let title = text("/title").or(text("/type/name")).unwrap_or_default();
    let type_name = of_code("name").or(text("/type/name")).unwrap_or_default();
    put("registerTime", opened.and_then(|at| local_time(at, settings.utc_offset)).map(Value::from));
    put("title", Some(title.into()));
    put("eventDesc", Some(text("/description").unwrap_or(title).into()));
    put("recTypeId", of_code("code").or(text("/type/code")).map(Value::from));
    put("recTypeName", Some(type_name.into()));
    put("eventSrcId", Some(settings.source.0.clone().into()));
    put("eventSrcName", Some(settings.source.1.clone().into()));
    let (kind_id, kind_name) = match of_code("kind") {
        Some("component") => ("1", "部件"),
        _ => ("2", "事件"),
    };
    put("eventTypeId", Some(kind_id.into()));
    put("eventTypeName", Some(kind_name.into()));
    put("mainTypeId", of_code("major").map(Value::from));
    put("subTypeId", of_code("minor").map(Value::from));
    let device = text("/source/device_id").unwrap_or_default();
    put("address", Some(text("/geo/address").unwrap_or(device).into()));
    put("coordinateX", message.pointer("/geo/point/0").cloned());
    put("coordinateY", message.pointer("/geo/point/1").cloned());
    put("urgentLevelId", message.get("priority").cloned());
    put("keyword", text("/type/code").map(Value::from));
    put("deviceId", Some(device.into()));
    let path = message.pointer("/grid/path").and_then(Value::as_array);
    for level in path.into_iter().flatten() {
        let (id, name) = match level["level"].as_str() {
            Some("district") => ("districtId", "districtName"),
            Some("street") => ("streetId", "streetName"),
            Some("community") => ("communityId", "communityName"),
            _ => ("cellId", "cellName"), // the smallest one comes last and stays
        };
        put(id, level.get("code").cloned());
        put(name, level.get("name").cloned());
    }
    put("cellId", message.pointer("/grid/unit_code").cloned());
}

/// The code of the city's scheme, or the first.
fn code<'a>(kind: &'a Value, scheme: Option<&str>) -> Option<&'a Value> {
    let codes = kind["codes"].as_array()?;
    let of_scheme = codes.iter().find(|code| scheme.is_some() && code["scheme"].as_str() == scheme);
    of_scheme.or(codes.first())
}

/// Nothing while the look is still going on.
fn check(data: &mut Map<String, Value>, message: &Value, settings: &EgovaSettings) -> Option<()> {
    let found = message.get("verification")?;
    let result = match found["result"].as_str()? {
        "passed" => "1",
        "failed" => "2",
        _ => "3",
    };
    let checked_at = local_time(found["finished"].as_str()?, settings.utc_offset)?;
    data.insert("checkResult".to_owned(), result.into());
    data.insert("checkTime".to_owned(), checked_at.into());
    data.insert("checkDesc".to_owned(), found["reason"].clone());
    Some(())
}

/// Nothing if the case system has ended the case itself.
fn cancel(data: &mut Map<String, Value>, message: &Value) -> Option<()> {
    let stage = message.pointer("/case/stage").and_then(Value::as_str).unwrap_or("none");
    let reason = message["close_reason"].as_str()?;
    if ENDED.contains(&stage) || reason == "case_closed" {
        return None;
    }
    let words = match reason {
        "false_alarm" => "误报",
        "self_cleared" => "现场已自行恢复",
        "merged" => "并入其他告警",
        "expired" => "超过时限",
        "device_removed" => "设备已撤除",
        other => other,
    };
    data.insert("reason".to_owned(), words.into());
    Some(())
}

/// The masked pictures of `role`: themselves where they are still kept, else their address.
fn medias(message: &Value, role: &str, usage: &str, evidence: &EvidenceStore) -> Value {
    let listed = message["evidence"].as_array().map(Vec::as_slice).unwrap_or_default();
    let pictures = listed.iter().filter(|item| {
        item["role"].as_str() == Some(role) && item["mime"].as_str() == Some("image/jpeg")
    });
    let medias = pictures.filter_map(|picture| {
        let sha256 = picture["sha256"].as_str()?;
        let kept = evidence.find(FileKind::Picture, sha256);
        let bytes = kept.and_then(|path| std::fs::read(path).ok());
        let uri = picture["uri"].as_str();
        if bytes.is_none() && uri.is_none() {
            return None;
        }
        let mut media = json!({
            "mediaName": format!("{}.jpg", picture["id"].as_str().unwrap_or(role)),
            "mediaUsage": usage,
            "mediaTypeId": 1,
        });
        match bytes {
            Some(bytes) => media["content"] = STANDARD.encode(bytes).into(),
            None => media["mediaPath"] = uri.into(),
        }
        Some(media)
    });
    Value::Array(medias.collect())
}

/// `yyyy-MM-dd HH:mm:ss` of the city, from RFC 3339.
fn local_time(rfc3339: &str, offset: Offset) -> Option<String> {
    let at: Timestamp = rfc3339.parse().ok()?;
    Some(offset.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string())
}
