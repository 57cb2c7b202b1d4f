//! The one client of the endpoint, and its tokens.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// The client that may call.
#[derive(Debug, Clone)]
pub struct Account {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub client_secret: String,
    /// `senderCode` of its envelopes.
    pub sender_code: String,
    /// How long a token is valid.
    pub token_life: Duration,
}

/// Tokens given out. As with eGova, only the latest is valid.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    latest: Option<(String, Timestamp)>,
    given: u64,
}

impl Tokens {
    /// A new token.
    pub(super) fn give(&mut self, account: &Account, now: Timestamp) -> String {
        self.given += 1;
        let mut sha = Sha256::new();
        sha.update(account.client_secret.as_bytes());
        sha.update(self.given.to_be_bytes());
        sha.update(now.as_microsecond().to_be_bytes());
        let digest: [u8; 32] = sha.finalize().into();
        let token = hex::encode(digest.get(..16).unwrap_or_default());
        self.latest = Some((token.clone(), now + account.token_life));
        token
    }

    /// Whether `token` is valid.
    pub(super) fn accept(&self, token: &str, now: Timestamp) -> bool {
        self.latest.as_ref().is_some_and(|(latest, until)| latest == token && now < *until)
    }

    /// Makes every token invalid.
    pub(super) fn expire(&mut self) {
        self.latest = None;
    }

    /// How many were given out.
    pub(super) fn given(&self) -> u64 {
        self.given
    }
}
