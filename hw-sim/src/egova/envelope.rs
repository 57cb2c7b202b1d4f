//! What a call carries, `{uid, senderCode, action, data}`, and what is answered.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    /// The same call again has the same.
    pub(super) uid: String,
    pub(super) sender_code: String,
    pub(super) action: String,
    pub(super) data: Map<String, Value>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Reply {
    pub(super) success: bool,
    /// 0 if it succeeded.
    pub(super) code: u32,
    pub(super) message: String,
    pub(super) data: Value,
}

impl Reply {
    pub(super) fn of(data: Value) -> Self {
        Self { success: true, code: 0, message: String::new(), data }
    }
}

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("not a call: {0}")]
    Malformed(String),
    #[error("`senderCode` `{0}` is unknown")]
    Sender(String),
    #[error("`action` `{0}` is unknown")]
    Action(String),
    #[error("`{0}` is required")]
    Missing(String),
    #[error("`{field}`: {fault}")]
    Field { field: String, fault: String },
    #[error("no case has `caseId` `{0}`")]
    UnknownCase(String),
    #[error("系统繁忙")]
    Busy,
}

impl Refusal {
    /// Ours; the original's codes are not public.
    fn code(&self) -> u32 {
        match self {
            Self::Malformed(_) => 1001,
            Self::Sender(_) => 1002,
            Self::Action(_) => 1003,
            Self::Missing(_) => 1004,
            Self::Field { .. } => 1005,
            Self::UnknownCase(_) => 1006,
            Self::Busy => 1007,
        }
    }

    pub(super) fn reply(&self) -> Reply {
        let data = json!({});
        Reply { success: false, code: self.code(), message: self.to_string(), data }
    }
}

impl Envelope {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(body).map_err(|error| Refusal::Malformed(error.to_string()))
    }

    /// A field that must be there and not be empty, as text. Numbers are text too here.
    pub(super) fn text(&self, field: &str) -> Result<String, Refusal> {
        text(&self.data, field, field)
    }

    /// A field that need not be there.
    pub(super) fn optional(&self, field: &str) -> Option<String> {
        self.text(field).ok()
    }
}

/// `field` of `data`, which is called `path` in refusals.
pub(super) fn text(data: &Map<String, Value>, field: &str, path: &str) -> Result<String, Refusal> {
    let missing = || Refusal::Missing(path.to_owned());
    match data.get(field) {
        None | Some(Value::Null) => Err(missing()),
        Some(Value::String(text)) if text.trim().is_empty() => Err(missing()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(other) => {
            let fault = format!("text is expected, not {other}");
            Err(Refusal::Field { field: path.to_owned(), fault })
        }
    }
}
