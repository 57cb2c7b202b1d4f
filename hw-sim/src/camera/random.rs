//! Random numbers for session ids, nonces and RTP start values.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// 64 unpredictable bits. Good enough for a test network, not for lasting secrets.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
