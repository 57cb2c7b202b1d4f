//! Signs alerts, so that a receiver can tell that not a byte of the message was changed.
//!
//! Ed25519 (RFC 8032) over the canonical form (RFC 8785) of the message without its `signature`.

mod canonical;
mod key;
mod sign;
mod verify;

pub use canonical::AlertTextError;
pub use key::{KeyError, PublicKey, SigningKey};
pub use verify::{EvidenceCheck, Verdict, verify};

#[cfg(test)]
mod tests;
