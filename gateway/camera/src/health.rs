//! Whether a camera's pictures arrive.

use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::Codec;

/// What a camera's session is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Pictures arrive.
    Online {
        /// Codec of the stream.
        codec: Codec,
    },
    /// None arrive, and why.
    Offline {
        /// For a person to read.
        reason: String,
    },
}

/// A camera's latest health, written by its session and read by those who watch it.
#[derive(Debug, Clone, Default)]
pub struct SharedHealth(Arc<Mutex<Option<Health>>>);

impl SharedHealth {
    /// The latest; none before the first connection.
    pub fn get(&self) -> Option<Health> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, health: Health) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(health);
    }
}
