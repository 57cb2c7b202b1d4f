//! One entry of the history as one line of JSON, from which its hash can be computed again.

use std::fmt;

use jiff::Timestamp;
use ledger::{HistoryEntry, Recorded};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// What stands before a body that is JSON. The body comes last and byte for byte: parsed and
/// written again, its numbers and the order of its members could differ from what was hashed.
const BODY: &str = ",\"body\":";

/// Writes an entry.
pub(super) struct EntryJson<'a>(pub(super) &'a Recorded);

impl fmt::Display for EntryJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Recorded { number, entry, previous, hash } = self.0;
        let at = match Timestamp::from_microsecond(entry.at_micros) {
            Ok(at) => Value::from(at.to_string()),
            Err(_) => Value::from(entry.at_micros), // beyond the year 9999
        };
        let (kind, subject) = (Value::from(&*entry.kind), Value::from(&*entry.subject));
        write!(f, "{{\"number\":{number},\"at\":{at},\"kind\":{kind},\"subject\":{subject}")?;
        write!(
            f,
            ",\"previous\":\"{}\",\"hash\":\"{}\"",
            hex::encode(previous),
            hex::encode(hash)
        )?;
        match json(&entry.body) {
            Some(body) => write!(f, "{BODY}{body}}}"),
            None => write!(f, ",\"body_hex\":\"{}\"}}", hex::encode(&entry.body)),
        }
    }
}

/// The body, if it is JSON on one line that can be found again in it.
fn json(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let is_one_line = text.trim() == text && !text.contains(['\n', '\r']);
    (is_one_line && serde_json::from_str::<IgnoredAny>(text).is_ok()).then_some(text)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    number: u64,
    at: Value,
    kind: String,
    subject: String,
    previous: String,
    hash: String,
    /// Taken from the line itself.
    #[serde(default, rename = "body")]
    _body: IgnoredAny,
    #[serde(default)]
    body_hex: Option<String>,
}

/// Reads a line that [`EntryJson`] wrote.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn read(line: &str) -> Result<Recorded, String> {
    let fields: Fields = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let at_micros = match &fields.at {
        Value::String(at) => {
            at.parse::<Timestamp>().map_err(|error| format!("\"at\": {error}"))?.as_microsecond()
        }
        at => at.as_i64().ok_or("\"at\" is no time")?,
    };
    let body = match &fields.body_hex {
        Some(digits) => hex::decode(digits).map_err(|_| "\"body_hex\" is not hexadecimal")?,
        // Inside a string the quotes would be escaped: the first place is the member.
        None => line
            .strip_suffix('}')
            .and_then(|line| line.split_once(BODY))
            .map(|(_, body)| body.as_bytes().to_vec())
            .ok_or("\"body\" is missing")?,
    };
    let digest = |name: &str, digits: &str| {
        let bytes = hex::decode(digits).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| format!("\"{name}\" is not 64 hexadecimal digits"))
    };
    let Fields { number, kind, subject, .. } = fields;
    let recorded = Recorded {
        number,
        entry: HistoryEntry { kind, subject, at_micros, body },
        previous: digest("previous", &fields.previous)?,
        hash: digest("hash", &fields.hash)?,
    };
    // What the hash does not see, spaces or the form of a time, must not differ either.
    let is_as_written = EntryJson(&recorded).to_string() == line;
    is_as_written.then_some(recorded).ok_or_else(|| "it was written by something else".to_owned())
}
