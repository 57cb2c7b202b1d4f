//! Who asks, by WS-UsernameToken with a digest (WSS Username Token Profile 1.1), as a careful device checks it.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};

use super::element::inside;
use crate::camera::digest::Credentials;

/// A request may be dated so far from the device's clock, in seconds.
const MOST_SKEW_SECS: i64 = 5;

/// Checks tokens, and takes none twice.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    seen: BTreeSet<String>,
}

impl Tokens {
    /// Whether the head of a request shows that the right user asks, now by the device's clock.
    pub(super) fn admit(&mut self, request: &str, who: &Credentials, now: Timestamp) -> bool {
        let Some(token) = inside(request, "UsernameToken") else { return false };
        let part = |name| inside(token, name).unwrap_or_default().trim();
        let (nonce, created, given) = (part("Nonce"), part("Created"), part("Password"));
        let Ok(bytes) = STANDARD.decode(nonce) else { return false };
        let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
        context.update(&bytes);
        context.update(created.as_bytes());
        context.update(who.password.as_bytes());
        let is_right = STANDARD.encode(context.finish()) == given;
        let age = created.parse::<Timestamp>().map(|at| now.duration_since(at).as_secs());
        let is_now = age.is_ok_and(|age| age.abs() <= MOST_SKEW_SECS);
        part("Username") == who.username && is_right && is_now && self.seen.insert(nonce.to_owned())
    }
}
