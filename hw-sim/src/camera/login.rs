//! How a camera asks for its password.

use std::time::Duration;

use super::digest::Algorithm;

/// A camera's way to ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login {
    /// Its challenges, one `WWW-Authenticate` line each.
    pub(crate) offers: &'static [Offer],
    /// When a nonce loses its worth.
    pub(crate) renewal: Renewal,
    /// Whether it asks before OPTIONS, too.
    pub(crate) asks_for_options: bool,
    /// After so many wrong answers it refuses every answer for a while.
    pub(crate) lockout: Option<u32>,
}

/// A challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offer {
    /// RFC 2617 §2: the password as it is.
    Basic,
    /// RFC 2617 §3, RFC 7616.
    Digest {
        algorithm: Algorithm,
        /// Whether it offers `qop="auth"`, and names the algorithm and `stale`: older cameras know
        /// none of them.
        is_modern: bool,
    },
}

/// When a nonce loses its worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// With the connection.
    Never,
    /// With the request that it was used for.
    EveryRequest,
    /// After so long.
    After(Duration),
}

/// Digest with MD5 and `qop="auth"`, by connection: what most cameras do.
pub(crate) const USUAL: Login = Login {
    offers: &[Offer::Digest { algorithm: Algorithm::Md5, is_modern: true }],
    renewal: Renewal::Never,
    asks_for_options: false,
    lockout: None,
};
