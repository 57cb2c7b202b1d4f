//! Logging in to a device: digest authentication (RFC 7616, RFC 2069) and Basic (RFC 7617), in bytes.
//!
//! A device's realm may be GBK or anything else, and the digest is taken of exactly those bytes. No library
//! that we know takes bytes.

use std::hash::{BuildHasher, RandomState};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

use crate::account::Credentials;

/// One way to log in that a device offers.
#[derive(Debug, Default)]
struct Challenge {
    /// In lower case.
    scheme: String,
    parameters: Vec<(String, Vec<u8>)>,
}

impl Challenge {
    /// The value of a parameter, with its escapes.
    fn get(&self, name: &str) -> Option<&[u8]> {
        self.parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_slice())
    }

    fn says(&self, name: &str, word: &str) -> bool {
        self.get(name).is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// The hash of a digest, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
    Sha512Of256,
}

/// Why a challenge cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// Only Basic is offered, and that is not allowed here.
    #[error("it asks for the password as it is (Basic)")]
    BasicRefused,
    /// No way that is known here.
    #[error("it asks for a log-in that is not known here: {offered}")]
    UnknownScheme {
        /// The device's own words, as they came: any length, any letters.
        offered: String,
    },
}

/// How to answer a device's challenge.
#[derive(Debug)]
pub enum Login {
    /// Digest.
    Digest(DigestLogin),
    /// The password as it is.
    Basic,
}

/// A digest challenge, and how often its nonce was used.
#[derive(Debug)]
pub struct DigestLogin {
    algorithm: Algorithm,
    /// The key is bound to the nonce of the session (`-sess`).
    is_session: bool,
    realm: Vec<u8>,
    nonce: Vec<u8>,
    opaque: Option<Vec<u8>>,
    qop: Option<&'static str>,
    /// As the device wrote it, to be written back.
    algorithm_name: Option<Vec<u8>>,
    uses: u32,
}

impl Login {
    /// The strongest of what the `WWW-Authenticate` headers offer.
    ///
    /// # Errors
    /// If none of it can be answered, or only Basic can and is not allowed.
    pub fn choose<'a>(
        headers: impl Iterator<Item = &'a [u8]>,
        allow_basic: bool,
    ) -> Result<Self, LoginError> {
        let challenges: Vec<Challenge> = headers.flat_map(challenges).collect();
        let strongest = challenges
            .iter()
            .filter(|it| it.scheme == "digest")
            .filter_map(digest)
            .max_by_key(|it| it.algorithm);
        if let Some(login) = strongest {
            return Ok(Self::Digest(login));
        }
        if challenges.iter().any(|it| it.scheme == "basic") {
            return if allow_basic { Ok(Self::Basic) } else { Err(LoginError::BasicRefused) };
        }
        let offered: Vec<&str> = challenges.iter().map(|it| it.scheme.as_str()).collect();
        let offered = if offered.is_empty() { "nothing".to_owned() } else { offered.join(", ") };
        Err(LoginError::UnknownScheme { offered })
    }

    /// The nonce, if there is one: a 401 with another one is no wrong password.
    #[must_use]
    pub fn nonce(&self) -> &[u8] {
        match self {
            Self::Digest(login) => &login.nonce,
            Self::Basic => &[],
        }
    }

    /// The value of the `Authorization` header for a request.
    pub fn answer(&mut self, who: &Credentials, method: &str, uri: &str) -> Vec<u8> {
        match self {
            Self::Digest(login) => login.answer(who, method, uri),
            Self::Basic => {
                let Credentials { user, password } = who;
                format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))).into_bytes()
            }
        }
    }
}

impl DigestLogin {
    fn answer(&mut self, who: &Credentials, method: &str, uri: &str) -> Vec<u8> {
        self.uses = self.uses.saturating_add(1);
        let count = format!("{:08x}", self.uses);
        // std's hasher keys are random, and others at each call: as good as it takes to be told apart.
        let salt = format!("{:016x}", RandomState::new().hash_one(self.uses));
        let (realm, nonce) = (unescaped(&self.realm), unescaped(&self.nonce));
        let mut key = self.hash(&[who.user.as_bytes(), &realm, who.password.as_bytes()]);
        if self.is_session {
            key = self.hash(&[key.as_bytes(), &nonce, salt.as_bytes()]);
        }
        let mut asked: Vec<&[u8]> = vec![method.as_bytes(), uri.as_bytes()];
        let empty_body = self.hash(&[b""]);
        if self.qop == Some("auth-int") {
            asked.push(empty_body.as_bytes());
        }
        let asked = self.hash(&asked);
        let response = match self.qop {
            None => self.hash(&[key.as_bytes(), &nonce, asked.as_bytes()]),
            Some(qop) => self.hash(&[
                key.as_bytes(),
                &nonce,
                count.as_bytes(),
                salt.as_bytes(),
                qop.as_bytes(),
                asked.as_bytes(),
            ]),
        };
        let user = who.user.replace('\\', "\\\\").replace('"', "\\\"");
        let mut header = [b"Digest username=\"", user.as_bytes(), b"\", realm=\""].concat();
        header.extend_from_slice(&self.realm);
        header.extend_from_slice(b"\", nonce=\"");
        header.extend_from_slice(&self.nonce);
        header.extend_from_slice(format!("\", uri=\"{uri}\", response=\"{response}\"").as_bytes());
        if let Some(name) = &self.algorithm_name {
            header.extend_from_slice(b", algorithm=");
            header.extend_from_slice(name);
        }
        if let Some(opaque) = &self.opaque {
            header.extend_from_slice(b", opaque=\"");
            header.extend_from_slice(opaque);
            header.push(b'"');
        }
        if let Some(qop) = self.qop {
            let proof = format!(", qop={qop}, nc={count}, cnonce=\"{salt}\"");
            header.extend_from_slice(proof.as_bytes());
        } else if self.is_session {
            header.extend_from_slice(format!(", cnonce=\"{salt}\"").as_bytes());
        }
        header
    }

    /// The hash of the parts, joined by colons, in hexadecimal digits.
    fn hash(&self, parts: &[&[u8]]) -> String {
        let joined = parts.join(&b':');
        match self.algorithm {
            Algorithm::Md5 => hex::encode(Md5::digest(&joined)),
            Algorithm::Sha256 => hex::encode(Sha256::digest(&joined)),
            Algorithm::Sha512Of256 => hex::encode(Sha512_256::digest(&joined)),
        }
    }
}

/// A digest challenge, if we can answer it.
fn digest(challenge: &Challenge) -> Option<DigestLogin> {
    let name = challenge.get("algorithm").filter(|name| !name.trim_ascii().is_empty());
    let (algorithm, is_session) = match name {
        None => (Algorithm::Md5, false),
        Some(name) => match name.trim_ascii().to_ascii_lowercase().as_slice() {
            b"md5" => (Algorithm::Md5, false),
            b"md5-sess" => (Algorithm::Md5, true),
            b"sha-256" | b"sha256" => (Algorithm::Sha256, false),
            b"sha-256-sess" => (Algorithm::Sha256, true),
            b"sha-512-256" => (Algorithm::Sha512Of256, false),
            b"sha-512-256-sess" => (Algorithm::Sha512Of256, true),
            _ => return None,
        },
    };
    let offered: Vec<Vec<u8>> = challenge.get("qop").map_or_else(Vec::new, |qop| {
        let words = qop.split(|byte| matches!(byte, b',' | b' '));
        words.map(<[u8]>::to_ascii_lowercase).collect()
    });
    let qop =
        ["auth", "auth-int"].into_iter().find(|qop| offered.iter().any(|it| it == qop.as_bytes()));
    Some(DigestLogin {
        algorithm,
        is_session,
        realm: challenge.get("realm").unwrap_or_default().to_vec(),
        nonce: challenge.get("nonce")?.to_vec(),
        opaque: challenge.get("opaque").map(<[u8]>::to_vec),
        qop,
        algorithm_name: name.map(<[u8]>::to_vec),
        uses: 0,
    })
}

/// Whether one of the headers says that only the nonce was too old.
pub fn says_stale<'a>(headers: impl Iterator<Item = &'a [u8]>) -> bool {
    headers.flat_map(challenges).any(|challenge| challenge.says("stale", "true"))
}

/// The challenges of a header. It may hold several, and commas may be missing.
fn challenges(header: &[u8]) -> Vec<Challenge> {
    let mut all: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = after(rest, |byte| byte.is_ascii_whitespace() || *byte == b',');
        let end = rest.iter().position(|byte| matches!(byte, b'=' | b',' | b' ' | b'\t'));
        let (word, tail) = rest.split_at(end.unwrap_or(rest.len()));
        let word = String::from_utf8_lossy(word).to_ascii_lowercase();
        let tail = after(tail, |byte| byte.is_ascii_whitespace());
        match (tail, all.last_mut()) {
            ([b'=', value @ ..], Some(challenge)) => {
                let (value, tail) = parameter_value(after(value, |byte| *byte == b' '));
                challenge.parameters.push((word, value.to_vec()));
                rest = tail;
            }
            ([b'=', tail @ ..], None) => rest = tail,
            _ if word.is_empty() => return all,
            _ => {
                all.push(Challenge { scheme: word, parameters: Vec::new() });
                rest = tail;
            }
        }
    }
}

/// A value, quoted or not, and what follows it.
fn parameter_value(text: &[u8]) -> (&[u8], &[u8]) {
    let [b'"', quoted @ ..] = text else {
        let end = text.iter().position(|byte| matches!(byte, b',' | b' ' | b'\t'));
        return text.split_at(end.unwrap_or(text.len()));
    };
    let mut is_escaped = false;
    for (at, byte) in quoted.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => {
                let (value, tail) = quoted.split_at(at);
                return (value, tail.get(1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (quoted, &[])
}

fn after(text: &[u8], is_passed: impl Fn(&u8) -> bool) -> &[u8] {
    let at = text.iter().position(|byte| !is_passed(byte)).unwrap_or(text.len());
    text.get(at..).unwrap_or_default()
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        let byte = if *byte == b'\\' { bytes.next().unwrap_or(byte) } else { byte };
        plain.push(*byte);
    }
    plain
}

#[cfg(test)]
mod tests;
