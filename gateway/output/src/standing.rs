//! Whether an output is held, by which alert, since when.

use std::time::Instant;

/// An alert by which an output is held, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    /// The alert.
    pub(crate) alert_id: String,
    /// It is let go at the latest then.
    pub(crate) until: Instant,
    /// The same by the wall clock, and since when: RFC 3339.
    pub(crate) times: [String; 2],
}

/// How an output stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Standing {
    /// It is let go.
    #[default]
    Released,
    /// It is being written down that it will be held.
    Noting(Held),
    /// It is told to hold, under this number, and has not answered.
    Ordered(Held, u64),
    /// It is held.
    Held(Held),
}

impl Standing {
    /// By what it is held, or is about to be.
    pub(crate) fn held(&self) -> Option<&Held> {
        match self {
            Self::Released => None,
            Self::Noting(held) | Self::Ordered(held, _) | Self::Held(held) => Some(held),
        }
    }
}
