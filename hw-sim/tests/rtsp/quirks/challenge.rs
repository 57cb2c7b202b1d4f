//! A camera's challenge, and the answer of a client that knows the password or another.

use hw_sim::play::QUIRK_LOGIN;
use md5::{Digest as _, Md5};
use sha2::Sha256;

/// A challenge.
pub(crate) struct Challenge {
    nonce: String,
    realm: String,
    is_sha_256: bool,
    is_basic: bool,
}

impl Challenge {
    pub(crate) fn read(text: &str) -> Self {
        Self {
            nonce: quoted(text, "nonce"),
            realm: quoted(text, "realm"),
            is_sha_256: text.contains("SHA-256"),
            is_basic: text.starts_with("Basic"),
        }
    }
}

/// The value of a directive in quotes.
fn quoted(text: &str, name: &str) -> String {
    let after = text.split_once(&format!("{name}=\"")).map(|(_, after)| after);
    after
        .and_then(|after| after.split_once('"'))
        .map(|(value, _)| value.to_owned())
        .unwrap_or_default()
}

pub(crate) fn authorization(
    challenge: &Challenge,
    password: &str,
    method: &str,
    url: &str,
) -> String {
    let [user, _] = QUIRK_LOGIN;
    let Challenge { nonce, realm, is_sha_256, is_basic } = challenge;
    if *is_basic {
        return "Authorization: Basic Z3VhcmQ6Z2F0ZSA3\r\n".to_owned();
    }
    let hash = |text: String| match is_sha_256 {
        true => hex::encode(Sha256::digest(text)),
        false => hex::encode(Md5::digest(text)),
    };
    let secret = hash(format!("{user}:{realm}:{password}"));
    let request = hash(format!("{method}:{url}"));
    let response = hash(format!("{secret}:{nonce}:{request}"));
    let algorithm = if *is_sha_256 { ", algorithm=SHA-256" } else { "" };
    format!(
        "Authorization: Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", \
         uri=\"{url}\", response=\"{response}\"{algorithm}\r\n"
    )
}
