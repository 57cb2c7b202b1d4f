//! Passwords: never shown, not even by accident in a log.

use std::fmt;

/// A password. `Debug` hides it; only [`Secret::reveal`] gives it out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub(crate) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The password itself, for the wire.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
