//! The fields of a command as they came, each checked for its form.

use serde_json::{Map, Value};
use uuid::Uuid;

const FIELDS: [&str; 6] = ["msg_id", "command", "alert_id", "camera", "rule", "secs"];

/// What may stand in a message. Which of it a command needs is said elsewhere.
pub(super) struct Message {
    pub(super) msg_id: Option<Uuid>,
    pub(super) verb: Verb,
    pub(super) alert_id: Option<Uuid>,
    pub(super) camera: Option<String>,
    pub(super) rule: Option<String>,
    pub(super) secs: Option<u64>,
}

/// What is to be done.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Recheck,
    Snapshot,
    Mute,
    Unmute,
}

impl Message {
    /// # Errors
    /// What is wrong, in words: the field, what was found and what was expected.
    pub(super) fn read(payload: &[u8]) -> Result<Self, String> {
        let message: Value = serde_json::from_slice(payload).map_err(|error| {
            format!("not JSON in UTF-8 at line {} column {}", error.line(), error.column())
        })?;
        let Value::Object(fields) = message else {
            return Err(format!("found {message}, expected an object with `command`"));
        };
        if let Some(field) = fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
            return Err(format!("unknown field `{field}`, expected only {}", listed(FIELDS)));
        }
        Ok(Self {
            msg_id: id(&fields, "msg_id")?,
            verb: verb(&fields)?,
            alert_id: id(&fields, "alert_id")?,
            camera: text(&fields, "camera")?.map(str::to_owned),
            rule: text(&fields, "rule")?.map(str::to_owned),
            secs: number(&fields, "secs")?,
        })
    }
}

fn listed<const N: usize>(words: [&str; N]) -> String {
    words.map(|word| format!("`{word}`")).join(", ")
}

/// A field that is `null` is as one that is absent.
fn given<'m>(fields: &'m Map<String, Value>, field: &str) -> Option<&'m Value> {
    fields.get(field).filter(|value| !value.is_null())
}

fn wrong(field: &str, found: &Value, expected: &str) -> String {
    format!("{field}: found {found}, expected {expected}")
}

fn text<'m>(fields: &'m Map<String, Value>, field: &str) -> Result<Option<&'m str>, String> {
    let Some(value) = given(fields, field) else { return Ok(None) };
    value.as_str().map(Some).ok_or_else(|| wrong(field, value, "text"))
}

fn number(fields: &Map<String, Value>, field: &str) -> Result<Option<u64>, String> {
    let Some(value) = given(fields, field) else { return Ok(None) };
    value.as_u64().map(Some).ok_or_else(|| wrong(field, value, "a whole number"))
}

fn id(fields: &Map<String, Value>, field: &str) -> Result<Option<Uuid>, String> {
    let Some(value) = given(fields, field) else { return Ok(None) };
    let id = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
    // Versions of RFC 9562: those that nobody makes by chance.
    let id = id.filter(|id| (1..=8).contains(&id.get_version_num()));
    id.map(Some).ok_or_else(|| wrong(field, value, "a UUID"))
}

fn verb(fields: &Map<String, Value>) -> Result<Verb, String> {
    match text(fields, "command")? {
        Some("recheck") => Ok(Verb::Recheck),
        Some("snapshot") => Ok(Verb::Snapshot),
        Some("mute") => Ok(Verb::Mute),
        Some("unmute") => Ok(Verb::Unmute),
        found => {
            let expected = listed(["recheck", "snapshot", "mute", "unmute"]);
            let found = found.map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`"));
            Err(format!("command: found {found}, expected one of {expected}"))
        }
    }
}
