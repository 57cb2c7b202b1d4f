//! ONVIF events by MQTT, `onvif-ej`: a topic, and JSON with `Source` and `Data`.
//!
//! A device writes the items of both as an object of names and values, as the standard shows it, or as a
//! list `SimpleItem` of objects with `Name` and `Value`, as many do. Only items that the configuration
//! names are read.

use jiff::Timestamp;
use scene::{CaptureTime, Reading, SignalKind, SignalValue};
use serde_json::Value;

use crate::digest::digest;
use crate::mqtt::onvif_words::{Meaning, USUAL_ITEMS, is_below, of_topic, of_word};
use crate::mqtt::plain_reading::is_possible;
use crate::mqtt::said::{About, MOST_MESSAGE_BYTES, MessageFault, Said, Understood};
use crate::mqtt::settings::{OnvifItem, Point};
use crate::value_form::{is_flag, is_number};

/// The most items of one list that are looked at.
const MOST_ITEMS: usize = 64;

/// What an event says. `topic` is what follows `onvif-ej/`. A `retained` one tells the state of a
/// property; without any bytes it tells that the property is gone.
pub(crate) fn understand(
    topic: &str,
    payload: &[u8],
    points: &[Point],
    retained: bool,
) -> Understood {
    let (local, sources) = split(topic);
    let ours =
        |point: &Point| point.onvif.as_ref().is_some_and(|onvif| is_below(&local, &onvif.topic));
    if !points.iter().any(ours) {
        return Understood { ignored: 1, ..Understood::default() };
    }
    if payload.is_empty() {
        return gone(&local, &sources, points);
    }
    let mut understood = Understood::default();
    let message = match whole(payload) {
        Ok(message) => message,
        Err(fault) => {
            understood.faults.push(fault);
            return understood;
        }
    };
    let device_time = match time(&message) {
        Ok(device_time) => device_time,
        Err(fault) => {
            understood.faults.push(fault);
            None
        }
    };
    for (at, point) in points.iter().enumerate() {
        let Some(onvif) = &point.onvif else { continue };
        if !is_below(&local, &onvif.topic) || !is_of(&message, onvif, &sources) {
            continue;
        }
        if retained && point.kind == SignalKind::DoorEvent {
            understood.ignored += 1;
            continue;
        }
        match reading(&message, onvif, point.kind, &local) {
            Ok(Some(reading)) => {
                let serial = device_time
                    .map(|_| digest(&[topic.as_bytes(), point.name.as_bytes(), payload]));
                let about = About::Point(at, reading);
                understood.said.push(Said { about, device_time, serial });
            }
            Ok(None) => understood.ignored += 1,
            Err(fault) => understood.faults.push(fault),
        }
    }
    if understood.said.is_empty() && understood.faults.is_empty() {
        understood.ignored = understood.ignored.max(1);
    }
    understood
}

/// The topic of the event without namespaces, and the source values that follow `&`.
fn split(topic: &str) -> (String, Vec<&str>) {
    let (local, sources) = topic.split_once("/&").unwrap_or((topic, ""));
    let plain = |level: &str| level.split_once(':').map_or(level, |(_, name)| name).to_owned();
    let local: Vec<String> = local.split('/').map(plain).collect();
    (local.join("/"), sources.split('/').filter(|source| !source.is_empty()).collect())
}

fn whole(payload: &[u8]) -> Result<Value, MessageFault> {
    if payload.len() > MOST_MESSAGE_BYTES {
        let expected = format!("{MOST_MESSAGE_BYTES} bytes at most");
        return Err(MessageFault::new("message", expected));
    }
    let message: Option<Value> = serde_json::from_slice(payload).ok();
    let message = message.filter(Value::is_object);
    message.ok_or_else(|| MessageFault::new("message", "a JSON object in UTF-8"))
}

fn time(message: &Value) -> Result<Option<CaptureTime>, MessageFault> {
    let fault = || MessageFault::new("UtcTime", "a time by RFC 3339");
    let Some(time) = message.get("UtcTime") else { return Ok(None) };
    let time: Timestamp = time.as_str().ok_or_else(fault)?.parse().map_err(|_| fault())?;
    Ok(Some(CaptureTime::from_unix_micros(time.as_microsecond())))
}

/// The property of these points is no more: its state is not known.
fn gone(local: &str, sources: &[&str], points: &[Point]) -> Understood {
    let mut understood = Understood::default();
    for (at, point) in points.iter().enumerate() {
        let Some(onvif) = &point.onvif else { continue };
        let is_meant = onvif.source.as_deref().is_none_or(|source| sources.contains(&source));
        if is_below(local, &onvif.topic) && is_meant && point.kind != SignalKind::DoorEvent {
            let about = About::Point(at, Reading::Bad);
            understood.said.push(Said { about, device_time: None, serial: None });
        }
    }
    understood.ignored = u64::from(understood.said.is_empty());
    understood
}

fn is_of(message: &Value, onvif: &OnvifItem, sources: &[&str]) -> bool {
    let Some(wanted) = onvif.source.as_deref() else { return true };
    let items = items(message.get("Source"));
    items.iter().any(|(_, value)| value.as_str() == Some(wanted)) || sources.contains(&wanted)
}

fn items(part: Option<&Value>) -> Vec<(&str, &Value)> {
    match part {
        Some(Value::Object(object)) => match object.get("SimpleItem") {
            Some(simple) => simple_items(simple),
            None => object.iter().take(MOST_ITEMS).map(|(name, it)| (name.as_str(), it)).collect(),
        },
        Some(simple) => simple_items(simple),
        None => Vec::new(),
    }
}

fn simple_items(simple: &Value) -> Vec<(&str, &Value)> {
    match simple {
        Value::Array(list) => list.iter().take(MOST_ITEMS).filter_map(named).collect(),
        one => named(one).into_iter().collect(),
    }
}

/// One `SimpleItem`; some write its attributes with an `@` before them.
fn named(item: &Value) -> Option<(&str, &Value)> {
    let name = item.get("Name").or_else(|| item.get("@Name"))?.as_str()?;
    Some((name, item.get("Value").or_else(|| item.get("@Value"))?))
}

fn reading(
    message: &Value,
    onvif: &OnvifItem,
    kind: SignalKind,
    local: &str,
) -> Result<Option<Reading>, MessageFault> {
    if kind == SignalKind::DoorEvent
        && let Some(event) = of_topic(local)
    {
        return Ok(Some(Reading::Good(SignalValue::Code(event))));
    }
    let items = items(message.get("Data"));
    let find = |wanted: &str| items.iter().find(|(name, _)| *name == wanted).map(|(_, it)| *it);
    let value = match &onvif.item {
        Some(item) => find(item),
        None => USUAL_ITEMS.iter().find_map(|item| find(item)),
    };
    let fault = |expected: &str| MessageFault::new("Data", expected);
    let value = value.ok_or_else(|| fault("the item that this point is configured with"))?;
    let word = value.as_str().unwrap_or_default();
    match of_word(kind, word) {
        Some(Meaning::Value(value)) => return Ok(Some(Reading::Good(value))),
        Some(Meaning::Unknown) => return Ok(Some(Reading::Bad)),
        Some(Meaning::Nothing) => return Ok(None),
        None => {}
    }
    if is_flag(kind) {
        let flag = value.as_bool().or(match word {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        });
        let flag = flag.ok_or_else(|| fault("true, false, or a word of this state"))?;
        return Ok(Some(Reading::Good(SignalValue::Flag(flag))));
    }
    if is_number(kind) {
        let number = value.as_f64().or_else(|| word.parse().ok());
        let number = number.filter(|number| is_possible(kind, *number));
        let number = number.ok_or_else(|| fault("a number in the unit of this kind"))?;
        return Ok(Some(Reading::Good(SignalValue::Number(number))));
    }
    Err(fault("Normal, DoorForcedOpen or DoorOpenTooLong"))
}

#[cfg(test)]
mod tests;
