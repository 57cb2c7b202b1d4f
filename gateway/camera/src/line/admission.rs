//! How a camera lets us in: which of its challenges was answered, and how often.

use std::time::Duration;

use tokio::time::Instant;
use trust::{Login, says_stale};

use super::head::Head;
use crate::fault::SessionError;
use crate::settings::Settings;

/// Answers to the challenges of one request that may tell a camera a wrong password. A camera that gives a
/// fresh nonce with the refusal is answered once more: the nonce before it may have been too old.
const MOST_ANSWERS: u8 = 2;

/// Answers to the challenges of one request where the password is known to be right, ...
const MOST_ANSWERS_IF_RIGHT: u8 = 8;

/// ... or where the one before took long enough to be too old for the shortest-lived nonces.
const MOST_ANSWERS_IF_SLOW: u8 = 3;

/// ... or where pictures come without it. It was right once, and may have been changed since.
const MOST_ANSWERS_IN_PLAY: u8 = 1;

/// An answer that was judged within this time was not too old. Nonces of real cameras live 3 s or longer.
const PROMPT: Duration = Duration::from_secs(1);

/// What one request has proved so far.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub(super) asked_at: Instant,
    /// Pictures come without it.
    pub(super) is_in_play: bool,
    answers: u8,
    nonce: Vec<u8>,
}

impl Proof {
    /// Nothing.
    pub(super) fn new() -> Self {
        Self { asked_at: Instant::now(), is_in_play: false, answers: 0, nonce: Vec::new() }
    }

    /// Whether the password was given.
    pub(super) fn is_given(&self) -> bool {
        self.answers > 0
    }
}

/// The log-in of a camera's RTSP server, or of its web server.
#[derive(Debug, Default)]
pub(super) struct Admission {
    login: Option<Login>,
    /// The camera granted a request that it had asked the password for.
    is_known: bool,
}

impl Admission {
    /// Another address has challenges of its own. Without one the password is given to nobody who does not ask.
    pub(super) fn forget_challenge(&mut self) {
        self.login = None;
    }

    /// Whether the password is given.
    pub(super) fn gives_password(&self) -> bool {
        self.login.is_some()
    }

    /// The value of the `Authorization` header for a request; none if the camera did not ask for one.
    pub(super) fn answer(
        &mut self,
        proof: &mut Proof,
        (method, uri): (&str, &str),
        settings: &Settings,
    ) -> Option<Vec<u8>> {
        let (login, credentials) = (self.login.as_mut()?, settings.credentials.as_ref()?);
        let answer = login.answer(credentials, method, uri);
        proof.nonce = login.nonce().to_vec();
        Some(answer)
    }

    /// The request was granted.
    pub(super) fn granted(&mut self, proof: &Proof) {
        self.is_known |= proof.is_given();
    }

    /// Prepares the answer to a challenge.
    ///
    /// # Errors
    /// If it is a refusal.
    pub(super) fn challenged(
        &mut self,
        proof: &mut Proof,
        head: &Head,
        settings: &Settings,
        is_encrypted: bool,
    ) -> Result<(), SessionError> {
        let challenges = || head.all("www-authenticate");
        let login = Login::choose(challenges(), is_encrypted || settings.allow_basic_auth)?;
        let is_stale = says_stale(challenges());
        let is_fresh = is_stale || login.nonce() != proof.nonce;
        let is_prompt = proof.asked_at.elapsed() < PROMPT;
        let is_right = is_stale || self.is_known && !proof.is_in_play;
        let most = match (is_right, is_prompt) {
            (true, _) => MOST_ANSWERS_IF_RIGHT,
            (false, _) if proof.is_in_play => MOST_ANSWERS_IN_PLAY,
            (false, true) => MOST_ANSWERS,
            (false, false) => MOST_ANSWERS_IF_SLOW,
        };
        if proof.answers > 0 && !is_fresh {
            return Err(SessionError::Credentials { status: 401 });
        }
        if proof.answers >= most {
            return Err(if !is_right && (is_prompt || proof.is_in_play) {
                SessionError::Credentials { status: 401 }
            } else {
                SessionError::LoginExpires
            });
        }
        proof.answers += 1;
        self.login = Some(login);
        Ok(())
    }
}
