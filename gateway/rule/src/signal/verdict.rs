//! What a rule on signals concludes, and what was measured.

use std::time::Duration;

use scene::{CaptureTime, SignalKind, SignalValue};

/// What a rule concludes from the signals and the time up to now.
#[derive(Debug, Clone, PartialEq)]
pub enum SignalVerdict {
    /// It is as it should be.
    Clear,
    /// It may become an incident, or it was one and is being watched.
    Candidate,
    /// Nobody knows how it is now: the device is silent, or what it says cannot be relied on.
    Unknown,
    /// It is an incident now.
    Met(SignalFinding),
}

/// What a rule found: the facts behind an alert.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalFinding {
    /// Since when it is so.
    pub since_at: CaptureTime,
    /// How long it has lasted, without the time in which nobody knew.
    pub dwell: Duration,
    /// How many events; 0 for a state.
    pub count: u32,
}

/// What was measured, as an alert tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measurement {
    /// What about; this fixes the unit.
    pub kind: SignalKind,
    /// The latest value that the rule has heard.
    pub value: Option<SignalValue>,
    /// What the value must not pass.
    pub limit: Option<Limit>,
    /// How many events the rule counts, within how long.
    pub counted: Option<(u32, Duration)>,
}

/// A limit, in the unit of what is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// More is too much.
    Above(f64),
    /// Less is too little.
    Below(f64),
}

impl Limit {
    /// The limit itself.
    #[must_use]
    pub const fn value(self) -> f64 {
        match self {
            Self::Above(limit) | Self::Below(limit) => limit,
        }
    }

    /// Whether `value` is beyond it.
    pub(crate) fn is_passed(self, value: f64) -> bool {
        match self {
            Self::Above(limit) => value > limit,
            Self::Below(limit) => value < limit,
        }
    }

    /// Which of two values lies farther beyond it.
    pub(crate) const fn farther(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Above(_) => one.max(other),
            Self::Below(_) => one.min(other),
        }
    }

    /// The limit less far out by `margin`.
    pub(crate) fn nearer(self, margin: f64) -> Self {
        match self {
            Self::Above(limit) => Self::Above(limit - margin),
            Self::Below(limit) => Self::Below(limit + margin),
        }
    }
}
