//! What is written into the history of an alert about an output.

use serde::Serialize;

use crate::settings::{Action, Mode, Settings};

/// What was done, or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It is about to be moved.
    Ordered,
    /// It is held; of coils, read back.
    Held,
    /// It was let go; of coils, read back.
    Released,
    /// It was not moved.
    Refused,
    /// It could not be moved.
    Failed,
    /// In test mode: it would have been moved.
    Tested,
}

impl What {
    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ordered => "ordered",
            Self::Held => "held",
            Self::Released => "released",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Tested => "tested",
        }
    }
}

/// One entry of the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// The alert that it belongs to.
    pub alert_id: String,
    /// The output.
    pub output: String,
    /// What it does.
    pub action: Action,
    /// How far it may go.
    pub mode: Mode,
    /// What was done.
    pub what: What,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For how long at most.
    pub hold_secs: u64,
    /// The output's file as it was approved: SHA-256 in hexadecimal digits.
    pub file_sha256: String,
    /// Who has approved it: person and key.
    pub approved_by: Vec<[String; 2]>,
}

impl Note {
    /// Of an output and an alert.
    pub(crate) fn of(settings: &Settings, alert_id: &str, what: What) -> Self {
        let approvals = settings.approved.approvals.iter();
        Self {
            alert_id: alert_id.to_owned(),
            output: settings.id.clone(),
            action: settings.action,
            mode: settings.mode,
            what,
            reason: None,
            hold_secs: settings.hold.as_secs(),
            file_sha256: settings.approved.file_sha256.clone(),
            approved_by: approvals.map(|it| [it.person.clone(), it.kid.clone()]).collect(),
        }
    }

    /// With a reason.
    #[must_use]
    pub(crate) fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}
