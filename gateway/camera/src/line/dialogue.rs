//! What is said to a camera and what it answers: one request at a time, with password, session and redirections.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::challenge::{Login, says_stale};
use super::head::Head;
use super::network::port_of;
use crate::fault::SessionError;
use crate::settings::Settings;
use crate::wording::shown;

/// Redirections that are followed one after the other.
const MOST_REDIRECTS: usize = 5;

/// Answers to the challenges of one request that may tell a camera a wrong password. A camera that gives a
/// fresh nonce with the refusal is answered once more: the nonce before it may have been too old.
const MOST_ANSWERS: u8 = 2;

/// Answers to the challenges of one request where the password is known to be right, ...
const MOST_ANSWERS_IF_RIGHT: u8 = 8;

/// ... or where the one before took long enough to be too old for the shortest-lived nonces.
const MOST_ANSWERS_IF_SLOW: u8 = 3;

/// An answer that was judged within this time was not too old. Nonces of real cameras live 3 s or longer.
const PROMPT: Duration = Duration::from_secs(1);

/// Session timeout of a camera that names none (RFC 2326 §12.37), and the longest that is made use of.
const SESSION_TIMEOUT_SECS: u64 = 60;

/// The shortest: a camera must not make us ask all the time.
const SHORTEST_TIMEOUT_SECS: u64 = 4;

/// The longest session id that is taken, in bytes.
const LONGEST_SESSION: usize = 256;

/// A request that waits for its answer.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) method: &'static str,
    pub(super) uri: String,
    /// Headers beside those that every request has, each with its line end.
    pub(super) extra: String,
    /// The client's number for it.
    pub(super) client_cseq: String,
    pub(super) asked_at: Instant,
    answers: u8,
    nonce: Vec<u8>,
}

/// What is to be done with an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// It is the answer.
    Take(Asked),
    /// Ask again, now with the password.
    Again(Asked),
    /// Ask the same of another address.
    Elsewhere(Asked),
}

/// The state of the talk.
#[derive(Debug)]
pub(super) struct Dialogue {
    /// Where the camera is, after redirections.
    pub(super) url: Url,
    /// Host and port of the configured address.
    first: (String, u16),
    visited: BTreeSet<String>,
    login: Option<Login>,
    /// The camera granted a request that it had asked the password for.
    is_known: bool,
    cseq: u32,
    session: Option<Vec<u8>>,
    timeout_secs: u64,
    knows_get_parameter: bool,
    pub(super) keepalive: Option<Asked>,
    /// The address of the whole session, once it plays.
    pub(super) aggregate: Option<String>,
}

impl Dialogue {
    pub(super) fn new(url: Url) -> Self {
        Self {
            first: (url.host_str().unwrap_or_default().to_owned(), port_of(&url)),
            visited: BTreeSet::from([url.to_string()]),
            url,
            login: None,
            is_known: false,
            cseq: 0,
            session: None,
            timeout_secs: SESSION_TIMEOUT_SECS,
            knows_get_parameter: false,
            keepalive: None,
            aggregate: None,
        }
    }

    /// A request that is to be sent with [`Dialogue::line`].
    pub(super) fn ask(method: &'static str, uri: String, extra: String, cseq: String) -> Asked {
        Asked {
            method,
            uri,
            extra,
            client_cseq: cseq,
            asked_at: Instant::now(),
            answers: 0,
            nonce: Vec::new(),
        }
    }

    /// The sign of life that the camera knows.
    pub(super) fn sign_of_life(&self) -> Asked {
        let method = if self.knows_get_parameter { "GET_PARAMETER" } else { "OPTIONS" };
        Self::ask(method, self.whole(), String::new(), String::new())
    }

    /// The end of the session.
    pub(super) fn farewell(&self) -> Asked {
        Self::ask("TEARDOWN", self.whole(), String::new(), String::new())
    }

    fn whole(&self) -> String {
        self.aggregate.clone().unwrap_or_else(|| self.url.to_string())
    }

    /// How long after one sign of life the next is due.
    pub(super) fn life_span(&self) -> Duration {
        Duration::from_secs(self.timeout_secs) / 2
    }

    /// Whether the camera may hold a session for us.
    pub(super) fn has_session(&self) -> bool {
        self.session.is_some()
    }

    /// The request as it goes over the wire.
    pub(super) fn line(&mut self, asked: &mut Asked, settings: &Settings) -> Vec<u8> {
        self.cseq += 1;
        let mut text =
            format!("{} {} RTSP/1.0\r\nCSeq: {}\r\n", asked.method, asked.uri, self.cseq);
        text.push_str(concat!("User-Agent: gridwhistle/", env!("CARGO_PKG_VERSION"), "\r\n"));
        let mut bytes = text.into_bytes();
        if let Some(session) = self.session.as_ref().filter(|session| !session.is_empty()) {
            bytes.extend_from_slice(b"Session: ");
            bytes.extend_from_slice(session);
            bytes.extend_from_slice(b"\r\n");
        }
        if let (Some(login), Some(credentials)) = (&mut self.login, &settings.credentials) {
            bytes.extend_from_slice(b"Authorization: ");
            bytes.extend_from_slice(&login.answer(credentials, asked.method, &asked.uri));
            bytes.extend_from_slice(b"\r\n");
            asked.nonce = login.nonce().to_vec();
        }
        bytes.extend_from_slice(asked.extra.as_bytes());
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// Judges an answer by its status.
    ///
    /// # Errors
    /// If it is a refusal.
    pub(super) fn judge(
        &mut self,
        mut asked: Asked,
        (status, head): (u16, &Head),
        settings: &Settings,
        is_encrypted: bool,
    ) -> Result<Next, SessionError> {
        match status {
            200..=299 => {
                self.is_known |= asked.answers > 0;
                Ok(Next::Take(asked))
            }
            401 => {
                self.log_in(&mut asked, head, settings, is_encrypted)?;
                Ok(Next::Again(asked))
            }
            301 | 302 | 303 | 305 | 307 | 308 if asked.method == "DESCRIBE" => {
                self.follow(head, settings)?;
                asked.uri = self.url.to_string();
                Ok(Next::Elsewhere(asked))
            }
            403 if asked.answers > 0 => Err(SessionError::Credentials { status }),
            status => Err(SessionError::Refused { step: asked.method, status }),
        }
    }

    /// Whether the password may be given here: where the configured address is, or where the same host has
    /// shown its certificate. Behind another port of a host may be another's machine.
    fn is_ours(&self, is_encrypted: bool) -> bool {
        let (host, port) = &self.first;
        let is_host = self.url.host_str() == Some(host.as_str());
        is_host && (is_encrypted || port_of(&self.url) == *port)
    }

    /// Prepares the answer to a challenge.
    fn log_in(
        &mut self,
        asked: &mut Asked,
        head: &Head,
        settings: &Settings,
        is_encrypted: bool,
    ) -> Result<(), SessionError> {
        if settings.credentials.is_none() {
            return Err(SessionError::NoCredentials);
        }
        if !self.is_ours(is_encrypted) {
            let authority = self.url.authority();
            let host = shown(authority.as_bytes());
            return Err(SessionError::Redirect(format!(
                "{host} asks for a password, and this camera's is not given to another host \
                 or port; set `url` to the new address"
            )));
        }
        let challenges = || head.all("www-authenticate");
        let login = Login::choose(challenges(), is_encrypted || settings.allow_basic_auth)?;
        let is_stale = says_stale(challenges());
        let is_fresh = is_stale || login.nonce() != asked.nonce;
        let is_prompt = asked.asked_at.elapsed() < PROMPT;
        let most = match (is_stale || self.is_known, is_prompt) {
            (true, _) => MOST_ANSWERS_IF_RIGHT,
            (false, true) => MOST_ANSWERS,
            (false, false) => MOST_ANSWERS_IF_SLOW,
        };
        if asked.answers > 0 && !is_fresh {
            return Err(SessionError::Credentials { status: 401 });
        }
        if asked.answers >= most {
            let is_wrong = is_prompt && !is_stale && !self.is_known;
            return Err(if is_wrong {
                SessionError::Credentials { status: 401 }
            } else {
                SessionError::LoginExpires
            });
        }
        asked.answers += 1;
        self.login = Some(login);
        Ok(())
    }

    /// Takes the address of a redirection.
    fn follow(&mut self, head: &Head, settings: &Settings) -> Result<(), SessionError> {
        let refuse = |why: String| Err(SessionError::Redirect(why));
        let location =
            String::from_utf8_lossy(head.get("location").unwrap_or_default()).into_owned();
        let seen = shown(location.as_bytes());
        let Ok(mut next) = self.url.join(&location) else {
            return refuse(format!("\"{seen}\" is no address"));
        };
        if location.is_empty() || !matches!(next.scheme(), "rtsp" | "rtsps") || !next.has_host() {
            return refuse(format!("\"{seen}\" is no address of a stream"));
        }
        if self.url.scheme() == "rtsps" && next.scheme() == "rtsp" {
            return refuse(format!("\"{seen}\" is not encrypted, and this camera's address is"));
        }
        if next.scheme() == "rtsps" && settings.trust.is_none() {
            return refuse(format!(
                "\"{seen}\" is encrypted; set `url` to it, with `ca_file` or `certificate_sha256`"
            ));
        }
        // Nobody's password but ours goes to the camera.
        let _unchanged = (next.set_username(""), next.set_password(None));
        if !self.visited.insert(next.to_string()) {
            return refuse(format!("\"{seen}\" leads round in a circle"));
        }
        if self.visited.len() > MOST_REDIRECTS + 1 {
            return refuse(format!("more than {MOST_REDIRECTS} times, at last to \"{seen}\""));
        }
        self.url = next;
        self.login = None;
        Ok(())
    }

    /// Takes the session of an answer to SETUP. A camera that gives none, or an empty one, gets none back.
    pub(super) fn take_session(&mut self, head: &Head) {
        let header = head.get("session").unwrap_or_default();
        let mut parts = header.split(|byte| *byte == b';');
        let id = parts.next().unwrap_or_default().trim_ascii();
        if self.session.as_ref().is_none_or(Vec::is_empty) {
            self.session = Some(id.get(..LONGEST_SESSION).unwrap_or(id).to_vec());
        }
        let is_timeout = |part: &&[u8]| {
            part.trim_ascii_start().get(..7).is_some_and(|it| it.eq_ignore_ascii_case(b"timeout"))
        };
        let secs = parts.find(is_timeout).and_then(super::head::digits).filter(|secs| *secs > 0);
        if let Some(secs) = secs {
            self.timeout_secs = secs.clamp(SHORTEST_TIMEOUT_SECS, SESSION_TIMEOUT_SECS);
        }
    }

    /// Takes the answer to a sign of life; gives what is to be asked again.
    ///
    /// Nothing here ends a session whose pictures come: a challenge is answered, a refusal is borne.
    pub(super) fn take_life(
        &mut self,
        (status, head): (u16, &Head),
        settings: &Settings,
        is_encrypted: bool,
    ) -> Option<Asked> {
        let mut asked = self.keepalive.take()?;
        match status {
            401 => {
                self.log_in(&mut asked, head, settings, is_encrypted).ok()?;
                return Some(asked);
            }
            200..=299 if asked.method == "OPTIONS" => {
                let public = head.get("public").unwrap_or_default().to_ascii_uppercase();
                self.knows_get_parameter = public.windows(13).any(|it| it == b"GET_PARAMETER");
            }
            200..=299 => {}
            _ => self.knows_get_parameter = false,
        }
        None
    }
}

/// An answer to the client.
pub(super) fn answer(client_cseq: &str, headers: &str, body: &str) -> Vec<u8> {
    let mut text = format!("RTSP/1.0 200 OK\r\nCSeq: {client_cseq}\r\n{headers}");
    if !body.is_empty() {
        // A String takes all.
        let _infallible = write!(text, "Content-Length: {}\r\n", body.len());
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

#[cfg(test)]
mod tests;
