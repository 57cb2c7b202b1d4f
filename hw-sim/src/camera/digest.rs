//! Digest access authentication with MD5 (RFC 2617 §3, RFC 7616 for the MD5 algorithm), as
//! cameras ask for it.

use std::collections::BTreeMap;
use std::fmt;

use md5::{Digest as _, Md5};
use rtsp_types::Url;

use super::random::random;

const REALM: &str = "simulated camera";

/// A user name and password. The password appears neither in `Debug` nor in any log.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    username: String,
    password: String,
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

/// What a client's Authorization header earns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Granted,
    Refused,
    /// The password is right, but the nonce belongs to an earlier connection. The client tries again
    /// without asking its user.
    Stale,
}

/// The challenge of one connection.
#[derive(Debug)]
pub(crate) struct Challenge {
    nonce: String,
}

impl Challenge {
    pub(crate) fn new() -> Self {
        Self { nonce: format!("{:016x}{:016x}", random(), random()) }
    }

    /// The WWW-Authenticate header (RFC 2617 §3.2.1).
    pub(crate) fn header(&self, is_stale: bool) -> String {
        let stale = if is_stale { ", stale=true" } else { "" };
        let nonce = &self.nonce;
        format!("Digest realm=\"{REALM}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\"{stale}")
    }

    /// Checks the Authorization header of a request (RFC 2617 §3.2.2).
    pub(crate) fn check(
        &self,
        authorization: &str,
        method: &str,
        url: &Url,
        credentials: &Credentials,
    ) -> Access {
        let Some(answer) = directives(authorization) else {
            return Access::Refused;
        };
        let directive = |name: &str| answer.get(name).map(String::as_str);
        let is_for_this_request = directive("uri").is_some_and(|uri| is_same_resource(uri, url));
        let is_for_this_user = directive("username") == Some(credentials.username.as_str())
            && directive("realm") == Some(REALM);
        let expected = expected_response(&answer, method, &credentials.password);
        if !is_for_this_request || !is_for_this_user || directive("response") != expected.as_deref()
        {
            return Access::Refused;
        }
        match directive("nonce") {
            Some(nonce) if nonce == self.nonce => Access::Granted,
            _ => Access::Stale,
        }
    }
}

/// The response that a client with the right password gives; `None` if the answer lacks a
/// directive that goes into it, or asks for what was not offered.
fn expected_response(
    answer: &BTreeMap<String, String>,
    method: &str,
    password: &str,
) -> Option<String> {
    let directive = |name: &str| answer.get(name).map(String::as_str);
    if !directive("algorithm").is_none_or(|name| name.eq_ignore_ascii_case("MD5")) {
        return None;
    }
    let user = directive("username")?;
    let realm = directive("realm")?;
    let nonce = directive("nonce")?;
    let secret = md5_hex(&format!("{user}:{realm}:{password}"));
    let request = md5_hex(&format!("{method}:{}", directive("uri")?));
    match directive("qop") {
        Some("auth") => {
            let (count, cnonce) = (directive("nc")?, directive("cnonce")?);
            Some(md5_hex(&format!("{secret}:{nonce}:{count}:{cnonce}:auth:{request}")))
        }
        Some(_) => None,
        // Clients older than RFC 2617 know no qop.
        None => Some(md5_hex(&format!("{secret}:{nonce}:{request}"))),
    }
}

/// Some clients give the whole URL, some only its path. RFC 2617 §3.2.2.5 allows both.
fn is_same_resource(uri: &str, url: &Url) -> bool {
    match Url::parse(uri) {
        Ok(parsed) => parsed.path() == url.path(),
        Err(_) => uri == url.path(),
    }
}

fn md5_hex(text: &str) -> String {
    hex::encode(Md5::digest(text))
}

/// The directives of a `Digest a="b", c=d` header by lower-case name; `None` if it is not such a header.
fn directives(header: &str) -> Option<BTreeMap<String, String>> {
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
