//! What is said to a camera and what it answers: one request at a time, with password, session and redirections.

use std::fmt::Write as _;
use std::time::Duration;

use url::Url;

use super::admission::{Admission, Proof};
use super::head::{Head, USER_AGENT};
use super::route::Route;
use crate::fault::SessionError;
use crate::settings::Settings;

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
    pub(super) proof: Proof,
}

/// What is to be done with an answer.
#[derive(Debug)]
pub(super) enum Next {
    /// It is the answer.
    Take(Asked),
    /// Ask again, now with the password.
    Again(Asked),
    /// Ask the same where the route now leads.
    Elsewhere(Asked),
}

/// The state of the talk.
#[derive(Debug)]
pub(super) struct Dialogue {
    pub(super) route: Route,
    admission: Admission,
    cseq: u32,
    session: Option<Vec<u8>>,
    timeout_secs: u64,
    knows_get_parameter: bool,
    /// The latest sign of life, until it is answered.
    pub(super) keepalive: Option<Asked>,
    /// The number of the first sign without an answer, if there are later ones.
    overdue: Option<u32>,
    /// The address of the whole session, once it plays.
    pub(super) aggregate: Option<String>,
}

impl Dialogue {
    pub(super) fn new(route: Route) -> Self {
        Self {
            route,
            admission: Admission::default(),
            cseq: 0,
            session: None,
            timeout_secs: SESSION_TIMEOUT_SECS,
            knows_get_parameter: false,
            keepalive: None,
            overdue: None,
            aggregate: None,
        }
    }

    /// A request that is to be sent with [`Dialogue::line`].
    pub(super) fn ask(method: &'static str, uri: String, extra: String, cseq: String) -> Asked {
        Asked { method, uri, extra, client_cseq: cseq, proof: Proof::new() }
    }

    /// The sign of life that the camera knows.
    pub(super) fn sign_of_life(&mut self) -> Asked {
        if self.keepalive.is_some() {
            self.overdue.get_or_insert(self.cseq);
        }
        self.ask_in_play(if self.knows_get_parameter { "GET_PARAMETER" } else { "OPTIONS" })
    }

    /// The end of the session.
    pub(super) fn farewell(&self) -> Asked {
        self.ask_in_play("TEARDOWN")
    }

    /// A request for the whole session.
    fn ask_in_play(&self, method: &'static str) -> Asked {
        let whole = self.aggregate.clone().unwrap_or_else(|| self.route.url.to_string());
        let mut asked = Self::ask(method, whole, String::new(), String::new());
        asked.proof.is_in_play = true;
        asked
    }

    /// Under which relative addresses stand.
    pub(super) fn base(&self, head: &Head) -> Url {
        let named = head.get("content-base").or_else(|| head.get("content-location"));
        let text = named.map(String::from_utf8_lossy).unwrap_or_default();
        // Some cameras write the scheme twice, some leave it out.
        let text = text.trim();
        let text = text.rfind("rtsp").and_then(|at| text.get(at..)).unwrap_or(text);
        let with_scheme = if text.contains("://") || text.is_empty() {
            text.to_owned()
        } else {
            format!("{}://{}", self.route.url.scheme(), text.trim_start_matches('/'))
        };
        let parsed = Url::parse(&with_scheme).ok().filter(Url::has_host);
        parsed.unwrap_or_else(|| self.route.url.clone())
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
        let Asked { method, uri, .. } = &*asked;
        let text = format!("{method} {uri} RTSP/1.0\r\nCSeq: {}\r\n{USER_AGENT}\r\n", self.cseq);
        let mut bytes = text.into_bytes();
        if let Some(session) = self.session.as_ref().filter(|session| !session.is_empty()) {
            bytes.extend_from_slice(b"Session: ");
            bytes.extend_from_slice(session);
            bytes.extend_from_slice(b"\r\n");
        }
        let request = (asked.method, asked.uri.as_str());
        if let Some(answer) = self.admission.answer(&mut asked.proof, request, settings) {
            bytes.extend_from_slice(b"Authorization: ");
            bytes.extend_from_slice(&answer);
            bytes.extend_from_slice(b"\r\n");
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
                self.admission.granted(&asked.proof);
                Ok(Next::Take(asked))
            }
            401 => {
                self.log_in(&mut asked, head, settings, is_encrypted)?;
                Ok(Next::Again(asked))
            }
            301 | 302 | 303 | 305 | 307 | 308 if asked.method == "DESCRIBE" => {
                self.route.follow(head, settings)?;
                self.admission.forget_challenge();
                Ok(Next::Elsewhere(asked))
            }
            403 if asked.proof.is_given() => Err(SessionError::Credentials { status }),
            status => Err(SessionError::Refused { step: asked.method, status }),
        }
    }

    /// Prepares the answer to a challenge.
    fn log_in(
        &mut self,
        asked: &mut Asked,
        head: &Head,
        settings: &Settings,
        is_encrypted: bool,
    ) -> Result<(), SessionError> {
        self.route.check_password(settings)?;
        self.admission.challenged(&mut asked.proof, head, settings, is_encrypted)
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
    ///
    /// # Errors
    /// If the camera refuses us.
    pub(super) fn take_life(
        &mut self,
        (status, head): (u16, &Head),
        settings: &Settings,
        is_encrypted: bool,
    ) -> Result<Option<Asked>, SessionError> {
        if self.is_overdue(head) {
            return Ok(None);
        }
        let Some(mut asked) = self.keepalive.take() else { return Ok(None) };
        match status {
            401 => {
                self.log_in(&mut asked, head, settings, is_encrypted)?;
                return Ok(Some(asked));
            }
            403 if asked.proof.is_given() => return Err(SessionError::Credentials { status }),
            // Some have no other word for a wrong password. It is given again if the camera asks for it.
            403 => {
                self.knows_get_parameter = false;
                self.admission.forget_challenge();
            }
            200..=299 if asked.method == "OPTIONS" => {
                let public = head.get("public").unwrap_or_default().to_ascii_uppercase();
                self.knows_get_parameter = public.windows(13).any(|it| it == b"GET_PARAMETER");
            }
            200..=299 => {}
            _ => self.knows_get_parameter = false,
        }
        Ok(None)
    }

    /// Whether an answer belongs to an earlier sign than the latest: a camera that was deaf for a while answers
    /// several at once. Its challenge is no second one to the latest.
    fn is_overdue(&mut self, head: &Head) -> bool {
        let Some(first) = self.overdue else { return false };
        let number = head.number("cseq");
        if number == Some(u64::from(self.cseq)) {
            self.overdue = None;
        }
        number.is_some_and(|number| (u64::from(first)..u64::from(self.cseq)).contains(&number))
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
