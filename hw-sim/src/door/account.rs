//! The account of a simulated door: digest or Basic, and locked after some wrong passwords.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;

use super::web::Request;
use crate::camera::digest::{Algorithm, Credentials, directives, expected_response};
use crate::camera::random::random;

const REALM: &str = "DS-K2604 欢迎";
/// So many wrong passwords within this time, and nobody is let in any more for as long.
const MOST_WRONG: usize = 5;
const WRONG_WITHIN: Duration = Duration::from_mins(30);

/// How a door asks for the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scheme {
    /// Digest with MD5.
    #[default]
    Md5,
    /// Digest with SHA-256.
    Sha256,
    /// The password as it is.
    Basic,
}

/// Who may listen.
#[derive(Debug)]
pub struct Account {
    credentials: Credentials,
    scheme: Scheme,
    nonce_life: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When each nonce was given out, and the largest count that it was used with.
    nonces: BTreeMap<String, (Instant, u64)>,
    /// When wrong passwords were given, the latest ones.
    wrong_at: VecDeque<Instant>,
    wrong: u32,
    asked: u32,
    was_locked: bool,
}

impl State {
    fn is_locked(&mut self) -> bool {
        self.wrong_at.retain(|at| at.elapsed() < WRONG_WITHIN);
        self.wrong_at.len() >= MOST_WRONG
    }
}

/// Whether a request is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    Granted,
    /// With the header lines that say what is asked for.
    Asked(String),
}

impl Account {
    /// An account whose nonces live long.
    #[must_use]
    pub fn new(credentials: Credentials, scheme: Scheme) -> Self {
        let nonce_life = Duration::from_mins(5);
        Self { credentials, scheme, nonce_life, state: Mutex::default() }
    }

    /// The same, with nonces that live so long.
    #[must_use]
    pub fn with_nonce_life(self, nonce_life: Duration) -> Self {
        Self { nonce_life, ..self }
    }

    /// Wrong passwords so far.
    pub fn wrong(&self) -> u32 {
        self.lock().wrong
    }

    /// How often the password was asked for so far.
    pub fn asked(&self) -> u32 {
        self.lock().asked
    }

    /// Whether wrong passwords ever locked everybody out.
    pub fn was_locked(&self) -> bool {
        self.lock().was_locked
    }

    pub(super) fn admit(&self, request: &Request) -> Admission {
        let mut state = self.lock();
        let Some(authorization) = request.header("authorization") else {
            return self.ask(&mut state, false);
        };
        let is_right = match self.scheme {
            Scheme::Basic => {
                let Credentials { username, password } = &self.credentials;
                let expected = STANDARD.encode(format!("{username}:{password}"));
                authorization == format!("Basic {expected}")
            }
            Scheme::Md5 => self.is_right(Algorithm::Md5, authorization, request),
            Scheme::Sha256 => self.is_right(Algorithm::Sha256, authorization, request),
        };
        if !is_right {
            state.wrong += 1;
            state.wrong_at.push_back(Instant::now());
        }
        let is_locked = state.is_locked();
        state.was_locked |= is_locked;
        if !is_right || is_locked {
            return self.ask(&mut state, false);
        }
        if self.scheme != Scheme::Basic && !self.is_fresh(&mut state, authorization) {
            return self.ask(&mut state, true);
        }
        state.wrong_at.clear();
        Admission::Granted
    }

    fn is_right(&self, algorithm: Algorithm, authorization: &str, request: &Request) -> bool {
        let Some(answer) = directives(authorization) else { return false };
        let is = |name: &str, value: &str| answer.get(name).is_some_and(|it| it == value);
        let expected =
            expected_response(algorithm, &answer, &request.method, &self.credentials.password);
        is("username", &self.credentials.username)
            && is("realm", REALM)
            && is("uri", &request.target)
            && is("qop", "auth")
            && expected.is_some_and(|expected| is("response", &expected))
    }

    /// Whether the nonce is one of ours, not too old, and was not used with that count before.
    fn is_fresh(&self, state: &mut State, authorization: &str) -> bool {
        let answer = directives(authorization).unwrap_or_default();
        let count = answer.get("nc").and_then(|it| u64::from_str_radix(it, 16).ok());
        let nonce = answer.get("nonce").and_then(|nonce| state.nonces.get_mut(nonce));
        let (Some((given_at, used)), Some(count)) = (nonce, count) else { return false };
        let is_fresh = given_at.elapsed() < self.nonce_life && count > *used;
        *used = count.max(*used);
        is_fresh
    }

    fn ask(&self, state: &mut State, is_stale: bool) -> Admission {
        state.asked += 1;
        let (name, nonce) = match self.scheme {
            Scheme::Basic => {
                return Admission::Asked(format!("WWW-Authenticate: Basic realm=\"{REALM}\"\r\n"));
            }
            Scheme::Md5 => ("MD5", random()),
            Scheme::Sha256 => ("SHA-256", random()),
        };
        let nonce = format!("{nonce:016x}");
        state.nonces.retain(|_, (given_at, _)| given_at.elapsed() < self.nonce_life);
        state.nonces.insert(nonce.clone(), (Instant::now(), 0));
        let stale = if is_stale { ", stale=\"true\"" } else { "" };
        Admission::Asked(format!(
            "WWW-Authenticate: Digest qop=\"auth\", realm=\"{REALM}\", nonce=\"{nonce}\", \
             algorithm={name}{stale}\r\n"
        ))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
