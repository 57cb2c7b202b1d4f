//! What a camera that plays hears of us, and who learns of it if that is nothing.

use tokio::time::Instant;
use tracing::warn;

use runtime::metrics;

use super::seen::SharedSeen;
use crate::fault::SessionError;

/// Our signs of life, and all else that a camera is told while its pictures come. None of it ends a session:
/// if the camera takes us for gone, it ends it.
pub(super) struct Life {
    /// When the next sign is due.
    pub(super) due_at: Instant,
    /// The camera refuses us. To send it the password again would lock the account.
    is_refused: bool,
    is_told: bool,
}

impl Life {
    /// A session whose first sign is due then.
    pub(super) fn due_at(due_at: Instant) -> Self {
        Self { due_at, is_refused: false, is_told: false }
    }

    /// Whether nothing more may be said that brings the password.
    pub(super) fn is_refused(&self) -> bool {
        self.is_refused
    }

    /// Something was not said, for this reason, perhaps the latest sign.
    pub(super) fn unsaid(
        &mut self,
        (error, may_be_sign): (SessionError, bool),
        camera: &str,
        seen: &SharedSeen,
    ) {
        metrics::camera_message_unsaid(camera);
        if self.is_refused {
            return;
        }
        if !std::mem::replace(&mut self.is_told, true) {
            if seen.lock().packets.passed > 0 {
                warn!(%error, "the camera sends pictures and takes nothing that is said to it");
            } else {
                warn!(%error, "the camera takes nothing that is said to it");
            }
        }
        self.is_refused = error.must_not_be_repeated();
        if self.is_refused || may_be_sign {
            seen.lock().unheard = Some(error);
        }
    }

    /// A sign was not answered, as far as is known.
    pub(super) fn unanswered(&self, error: SessionError, seen: &SharedSeen) {
        seen.lock().unheard.get_or_insert(error);
    }

    /// A sign was answered.
    pub(super) fn heard(&self, seen: &SharedSeen) {
        if !self.is_refused {
            seen.lock().unheard = None;
        }
    }
}
