//! Why a message is sent, and the state that it tells.

/// Why a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The incident begins.
    Open,
    /// It is still there, has changed or came back.
    Update,
    /// Its object is out of sight.
    Clear,
    /// A re-check is over; see [`Alert::verification`](super::Alert::verification).
    Verify,
    /// It is over.
    Close(CloseReason),
}

/// Why an incident is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// It did not come back within the reopening time.
    SelfCleared,
    /// Its rule was removed from the configuration.
    Cancelled,
    /// The case system closed its case, whatever a re-check found.
    CaseClosed,
    /// The case system called it a false alarm.
    FalseAlarm,
    /// The case system goes on with another alert instead; see [`Dedupe::merged_into`](super::Dedupe::merged_into).
    Merged,
    /// The case system withdrew its case.
    CaseCancelled,
    /// Nobody closed its case in time.
    Expired,
}

/// The state of the scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// The incident is there.
    Open,
    /// It is out of sight.
    Cleared,
    /// It was reported as handled, and the gateway is checking.
    Verifying,
    /// The gateway checked and found it gone.
    VerifiedClear,
    /// The gateway checked and found it, or something of the same kind, still there.
    VerifiedPresent,
    /// The gateway could not tell: a person must check.
    VerifyInconclusive,
    /// It is over.
    Closed,
}

impl Action {
    /// The action as messages spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Update => "update",
            Self::Clear => "clear",
            Self::Verify => "verify",
            Self::Close(_) => "close",
        }
    }
}

impl CloseReason {
    /// The reason as messages spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfCleared => "self_cleared",
            Self::Cancelled | Self::CaseCancelled => "cancelled",
            Self::CaseClosed => "case_closed",
            Self::FalseAlarm => "false_alarm",
            Self::Merged => "merged",
            Self::Expired => "expired",
        }
    }
}

impl State {
    /// The state as messages spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cleared => "cleared",
            Self::Verifying => "verifying",
            Self::VerifiedClear => "verified_clear",
            Self::VerifiedPresent => "verified_present",
            Self::VerifyInconclusive => "verify_inconclusive",
            Self::Closed => "closed",
        }
    }
}
