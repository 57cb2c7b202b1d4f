//! Who may ask: a WS-Security `UsernameToken` with a digest that is fresh and was not seen before.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use sha1::{Digest as _, Sha1};

use super::request::Request;

/// How far a token may be from the camera's own clock.
const FRESHNESS: SignedDuration = SignedDuration::from_secs(300);

/// The account of a camera.
pub(super) struct Account {
    user: String,
    password: String,
    seen: BTreeSet<String>,
}

impl Account {
    /// The only account.
    pub(super) fn new((user, password): (String, String)) -> Self {
        Self { user, password, seen: BTreeSet::new() }
    }

    /// Whether a request proves the password; `now` by the camera's own clock.
    pub(super) fn lets_in(&mut self, request: &Request, now: Timestamp) -> bool {
        let token = |end| request.text(&format!("Security/UsernameToken/{end}"));
        let (Some(user), Some(proof), Some(nonce), Some(created)) =
            (token("Username"), token("Password"), token("Nonce"), token("Created"))
        else {
            return false;
        };
        let (Ok(bytes), Ok(at)) = (STANDARD.decode(nonce), created.parse::<Timestamp>()) else {
            return false;
        };
        let mut expected = Sha1::new();
        expected.update(&bytes);
        expected.update(created.as_bytes());
        expected.update(self.password.as_bytes());
        let is_right = user == self.user && proof == STANDARD.encode(expected.finalize());
        let is_fresh = now.duration_since(at).abs() <= FRESHNESS;
        is_right && is_fresh && self.seen.insert(nonce.to_owned())
    }
}
