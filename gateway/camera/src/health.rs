//! Whether a camera's pictures arrive.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::plain_text;

use crate::codec::Codec;

/// The most bytes of a reason. What matters is at its beginning; the rest is the camera's own words.
const MOST_REASON_BYTES: usize = 300;

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
        /// For a person to read: one line, in which nothing hides.
        reason: String,
    },
}

/// A camera's latest health, written by its session and read by those who watch it.
#[derive(Clone, Default)]
pub struct SharedHealth(Arc<Inner>);

type Listener = dyn Fn(&Health) + Send + Sync;

#[derive(Default)]
struct Inner {
    latest: Mutex<Option<Health>>,
    /// Called with every change.
    told: Option<Box<Listener>>,
    /// Called when the camera has answered.
    answered: Option<Box<dyn Fn() + Send + Sync>>,
}

impl SharedHealth {
    /// One whose changes `told` hears of. `answered` is called each time the camera has granted a session,
    /// before its first picture. Both on the thread of the session; they must not block.
    pub fn telling(
        told: impl Fn(&Health) + Send + Sync + 'static,
        answered: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (told, answered) = (Some(Box::new(told) as _), Some(Box::new(answered) as _));
        Self(Arc::new(Inner { latest: Mutex::default(), told, answered }))
    }

    /// The camera has granted a session.
    pub(crate) fn answered(&self) {
        if let Some(answered) = &self.0.answered {
            answered();
        }
    }

    /// The latest; none before the first connection.
    pub fn get(&self) -> Option<Health> {
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces it. A reason may hold what the camera said. It is made plain here, and so wherever it
    /// is shown: in the status, on the page, in an alert.
    pub fn set(&self, health: Health) {
        let health = match health {
            Health::Offline { reason } => {
                Health::Offline { reason: plain_text(&reason, MOST_REASON_BYTES) }
            }
            online @ Health::Online { .. } => online,
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_camera_says_is_cut_and_hides_nothing() {
        let health = SharedHealth::default();
        let said = format!("DESCRIBE failed: \u{1b}[2J\nINFO ok {}", "x".repeat(40_000_000));
        health.set(Health::Offline { reason: said });
        let Some(Health::Offline { reason }) = health.get() else { panic!("it is offline") };
        assert!(reason.starts_with("DESCRIBE failed: \\u{1b}[2J\\nINFO ok xxx"), "{reason}");
        assert!(reason.len() < MOST_REASON_BYTES + 40, "{}", reason.len());
    }
}
