//! How an output is, as others are told.

use serde::Serialize;

use crate::settings::{Action, Mode};

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputState {
    /// It is not held.
    Released,
    /// It is held.
    Held,
    /// There is a fire alarm, or nobody knows whether there is.
    Blocked,
    /// Two persons have not approved it as it is now.
    Unapproved,
    /// What moves it does not answer.
    Faulty,
    /// It moves nothing: its mode is `test`.
    Test,
    /// It moves nothing: its mode is `off`.
    Off,
}

impl OutputState {
    /// As it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Held => "held",
            Self::Blocked => "blocked",
            Self::Unapproved => "unapproved",
            Self::Faulty => "faulty",
            Self::Test => "test",
            Self::Off => "off",
        }
    }
}

/// What is told of one output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutputStatus {
    /// Its id.
    #[serde(skip)]
    pub id: String,
    /// Its name as people say it.
    #[serde(skip)]
    pub name: String,
    /// How it is.
    pub status: OutputState,
    /// What it does.
    pub action: Action,
    /// How far it may go.
    pub mode: Mode,
    /// Why it is blocked, faulty or not approved, or why it was let go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The alert by which it is held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert_id: Option<String>,
    /// Since when it is held: RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_at: Option<String>,
    /// When it is let go at the latest: RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_at: Option<String>,
    /// For how long it is held at most, for a receiver whose clock is not right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_secs: Option<u64>,
}
