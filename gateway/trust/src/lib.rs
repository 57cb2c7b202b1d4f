//! Who a device is, and who we are to it: TLS judged by authority or fingerprint, digest and Basic log-in.
//!
//! Cameras, doors and sensors are all asked in this way. Nothing here connects by itself.

mod account;
mod certificate;
mod challenge;
mod tls_fault;

pub use account::{Credentials, Trust};
pub use certificate::{broken_off, check_trust, encrypt};
pub use challenge::{DigestLogin, Login, LoginError, says_stale};
pub use tls_fault::{Fingerprint, Shown, TlsError};
