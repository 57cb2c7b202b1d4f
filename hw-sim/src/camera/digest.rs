//! Digest access authentication (RFC 2617 §3, RFC 7616): names and passwords, and the answers that
//! clients give.

use std::collections::BTreeMap;
use std::fmt;

use md5::{Digest as _, Md5};
use sha2::Sha256;

/// A user name and password. The password appears neither in `Debug` nor in any log.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(crate) username: String,
    pub(crate) password: String,
}

impl Credentials {
    /// Credentials as an operator would type them.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .field("password", &"<redacted>")
            .finish()
    }
}

/// The hash of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// As challenges and answers name it (RFC 7616 §6.1).
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hex(self, text: &str) -> String {
        match self {
            Self::Md5 => hex::encode(Md5::digest(text)),
            Self::Sha256 => hex::encode(Sha256::digest(text)),
        }
    }
}

/// The response that a client with the right password gives; `None` if the answer lacks a
/// directive that goes into it, or asks for what was not offered.
pub(crate) fn expected_response(
    algorithm: Algorithm,
    answer: &BTreeMap<String, String>,
    method: &str,
    password: &str,
) -> Option<String> {
    let directive = |name: &str| answer.get(name).map(String::as_str);
    let user = directive("username")?;
    let realm = directive("realm")?;
    let nonce = directive("nonce")?;
    let secret = algorithm.hex(&format!("{user}:{realm}:{password}"));
    let request = algorithm.hex(&format!("{method}:{}", directive("uri")?));
    match directive("qop") {
        Some("auth") => {
            let (count, cnonce) = (directive("nc")?, directive("cnonce")?);
            Some(algorithm.hex(&format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}")))
        }
        Some(_) => None,
        // Clients older than RFC 2617 know no qop.
        None => Some(algorithm.hex(&format!("{secret}:{nonce}:{request}"))),
    }
}

/// The directives of a `Digest a="b", c=d` header by lower-case name; `None` if it is not such a header.
pub(crate) fn directives(header: &str) -> Option<BTreeMap<String, String>> {
    let (scheme, mut rest) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Digest") {
        return None;
    }
    let mut found = BTreeMap::new();
    while !rest.trim_matches([' ', ',']).is_empty() {
        let (name, after) = rest.trim_start_matches([' ', ',']).split_once('=')?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (token, after) = after.split_once(',').unwrap_or((after, ""));
                (token.trim().to_owned(), after)
            }
        };
        found.insert(name.trim().to_ascii_lowercase(), value);
        rest = after;
    }
    Some(found)
}

/// The value up to its closing quote, and what follows. A backslash quotes any character.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            character => value.push(character),
        }
    }
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
