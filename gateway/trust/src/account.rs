//! What a device's certificate must be, and with which account we log in to it.

use std::fmt;

/// What a device's TLS certificate must be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Trust {
    /// Signed by one of these authorities, and for the host in the address.
    Authority {
        /// Their certificates, PEM.
        pem: String,
    },
    /// Exactly the one with this SHA-256 fingerprint, whoever signed it and whatever name it bears.
    Fingerprint([u8; 32]),
}

/// User name and password.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials {{ user: {:?}, password: \"…\" }}", self.user)
    }
}
