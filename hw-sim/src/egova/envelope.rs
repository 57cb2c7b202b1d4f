//! The envelope of a call, `{uid, senderCode, action, data}`, and of its reply.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope {
    /// A repeated call has the same `uid`.
    pub(super) uid: String,
    pub(super) sender_code: String,
    pub(super) action: String,
    pub(super) data: Map<String, Value>,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Reply {
    pub(super) success: bool,
    /// 0 if the call succeeded.
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
pub(super) enum CallError {
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

impl CallError {
    /// These codes are our own; eGova's are not public.
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
    pub(super) fn parse(body: &[u8]) -> Result<Self, CallError> {
        serde_json::from_slice(body).map_err(|error| CallError::Malformed(error.to_string()))
    }

    /// A field that must not be missing or empty, as text. A number counts as text.
    pub(super) fn text(&self, field: &str) -> Result<String, CallError> {
        text(&self.data, field, field)
    }

    /// A field that may be missing.
    pub(super) fn optional(&self, field: &str) -> Option<String> {
        self.text(field).ok()
    }
}

/// `field` of `data`. Errors call it `path`.
pub(super) fn text(
    data: &Map<String, Value>,
    field: &str,
    path: &str,
) -> Result<String, CallError> {
    let missing = || CallError::Missing(path.to_owned());
    match data.get(field) {
        None | Some(Value::Null) => Err(missing()),
        Some(Value::String(text)) if text.trim().is_empty() => Err(missing()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(other) => {
            let fault = format!("text is expected, not {other}");
            Err(CallError::Field { field: path.to_owned(), fault })
        }
    }
}
