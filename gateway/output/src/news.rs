//! What an output hears of an alert.

use std::time::Duration;

/// What became of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It was opened.
    Opened,
    /// It is still there.
    Goes,
    /// What it tells of is out of sight, or it is closed.
    Over,
}

/// One step of an alert that is in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertNews {
    /// The alert.
    pub alert_id: String,
    /// Its incident type.
    pub incident: String,
    /// Its camera or device.
    pub source: String,
    /// Its rule.
    pub rule: String,
    /// What became of it.
    pub turn: Turn,
    /// How long ago that was seen.
    pub age: Duration,
}
