//! What gateway and guard tell each other: JSON, a line each.

use serde::{Deserialize, Serialize};

use crate::coils::Coils;

/// What the gateway tells the guard. The end of the orders is one, too: let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// The first order: what it guards. It lets go of that first.
    Guard(Coils),
    /// Hold, for so long at most.
    Hold {
        /// Tells the answer.
        number: u64,
        /// For how long.
        millis: u64,
    },
    /// Let go.
    Release,
}

/// What the guard tells the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    /// Held, and read back.
    Held {
        /// Of the order.
        number: u64,
    },
    /// Not held; it lets go now.
    Failed {
        /// Of the order.
        number: u64,
        /// In words.
        why: String,
    },
    /// Let go, and read back.
    Released {
        /// Why.
        cause: Cause,
    },
    /// It must let go and cannot; it goes on trying.
    Owing {
        /// In words.
        why: String,
    },
}

/// Why the guard let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cause {
    /// It has just started.
    Start,
    /// It was told to.
    Told,
    /// The time was over.
    Time,
    /// It could not hold all of it.
    Fault,
    /// The gateway is gone.
    Gone,
}
