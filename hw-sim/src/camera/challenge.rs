//! A connection's challenge to its client, and what the answers earn.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rtsp_types::Url;
use tokio::time::Instant;

use super::digest::{Algorithm, Credentials, directives, expected_response};
use super::login::{Login, Offer, Renewal};
use super::random::random;

const REALM: &str = "simulated camera";

/// What a client's Authorization header earns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Granted,
    Refused,
    /// The password is right, but the nonce is another one. The client tries again without asking its
    /// user.
    Stale,
}

/// The challenge of one connection.
#[derive(Debug)]
pub(crate) struct Challenge {
    nonce: String,
    made_at: Instant,
}

/// A request to be let in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LoginAttempt<'a> {
    /// Its Authorization header.
    pub(crate) authorization: &'a str,
    pub(crate) method: &'a str,
    pub(crate) url: &'a Url,
}

impl Challenge {
    pub(crate) fn new() -> Self {
        Self { nonce: format!("{:016x}{:016x}", random(), random()), made_at: Instant::now() }
    }

    /// The values of the WWW-Authenticate headers (RFC 2617 §3.2.1).
    pub(crate) fn headers(&self, login: &Login, is_stale: bool) -> Vec<String> {
        let nonce = &self.nonce;
        let header = |offer: &Offer| match offer {
            Offer::Basic => format!("Basic realm=\"{REALM}\""),
            Offer::Digest { is_modern: false, .. } => {
                format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\"")
            }
            Offer::Digest { algorithm, is_modern: true } => {
                let stale = if is_stale { ", stale=true" } else { "" };
                let name = algorithm.name();
                format!(
                    "Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm={name}, \
                     qop=\"auth\"{stale}"
                )
            }
        };
        login.offers.iter().map(header).collect()
    }

    /// Checks the Authorization header of a request (RFC 2617 §2, §3.2.2), and takes a new nonce where
    /// the old one has lost its worth.
    pub(crate) fn check(
        &mut self,
        login: &Login,
        attempt: &LoginAttempt<'_>,
        credentials: &Credentials,
    ) -> Access {
        if let Some(token) = attempt.authorization.strip_prefix("Basic ") {
            let expected = format!("{}:{}", credentials.username, credentials.password);
            let is_right = token.trim() == STANDARD.encode(expected);
            let is_offered = login.offers.contains(&Offer::Basic);
            return if is_right && is_offered { Access::Granted } else { Access::Refused };
        }
        let Some(answer) = directives(attempt.authorization) else {
            return Access::Refused;
        };
        if !is_right(login, &answer, attempt, credentials) {
            return Access::Refused;
        }
        let is_old = match login.renewal {
            Renewal::After(life) => self.age() > life,
            Renewal::Never | Renewal::EveryRequest => false,
        };
        let is_ours = answer.get("nonce").is_some_and(|nonce| *nonce == self.nonce);
        if is_old || login.renewal == Renewal::EveryRequest {
            *self = Self::new();
        }
        if is_ours && !is_old { Access::Granted } else { Access::Stale }
    }

    fn age(&self) -> Duration {
        self.made_at.elapsed()
    }
}

/// Whether a digest answer fits request, user, password, and an offer.
fn is_right(
    login: &Login,
    answer: &BTreeMap<String, String>,
    attempt: &LoginAttempt<'_>,
    credentials: &Credentials,
) -> bool {
    let directive = |name: &str| answer.get(name).map(String::as_str);
    let has_qop = directive("qop").is_some();
    let named = directive("algorithm").unwrap_or("MD5");
    let algorithm = [Algorithm::Md5, Algorithm::Sha256]
        .into_iter()
        .find(|algorithm| algorithm.name().eq_ignore_ascii_case(named));
    let Some(algorithm) = algorithm else { return false };
    let is_offered = login.offers.iter().any(|offer| match offer {
        Offer::Digest { algorithm: offered, is_modern } => {
            *offered == algorithm && (*is_modern || !has_qop)
        }
        Offer::Basic => false,
    });
    let expected = expected_response(algorithm, answer, attempt.method, &credentials.password);
    is_offered
        && directive("uri").is_some_and(|uri| is_same_resource(uri, attempt.url))
        && directive("username") == Some(credentials.username.as_str())
        && directive("realm") == Some(REALM)
        && expected.is_some()
        && directive("response") == expected.as_deref()
}

/// Some clients give the whole URL, some only its path. RFC 2617 §3.2.2.5 allows both.
fn is_same_resource(uri: &str, url: &Url) -> bool {
    match Url::parse(uri) {
        Ok(parsed) => parsed.path() == url.path(),
        Err(_) => uri.split('?').next() == Some(url.path()),
    }
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;
