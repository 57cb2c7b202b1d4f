//! Whether a camera's pictures arrive.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::codec::Codec;

/// What a camera's session is doing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
#[derive(Clone, Default)]
pub struct SharedHealth(Arc<Inner>);

#[derive(Default)]
struct Inner {
    latest: Mutex<Option<Health>>,
    /// Called with every change.
    told: Option<Box<dyn Fn(&Health) + Send + Sync>>,
}

impl SharedHealth {
    /// One whose changes `told` hears of, on the thread of the session. It must not block.
    pub fn telling(told: impl Fn(&Health) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { latest: Mutex::default(), told: Some(Box::new(told)) }))
    }

    /// The latest; none before the first connection.
    pub fn get(&self) -> Option<Health> {
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces it.
    pub fn set(&self, health: Health) {
        let mut latest = self.0.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.as_ref() == Some(&health) {
            return;
        }
        if let Some(told) = &self.0.told {
            told(&health);
        }
        *latest = Some(health);
    }
}

impl fmt::Debug for SharedHealth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedHealth").field(&self.get()).finish()
    }
}
