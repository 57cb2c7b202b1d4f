//! Requests to one device: logged in by digest, its nonce used again, redirections refused.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, LOCATION, USER_AGENT,
    WWW_AUTHENTICATE,
};
use hyper::{Method, Request, Response, StatusCode};
use tokio::time::{Instant, timeout_at};
use trust::{Login, says_stale};

use super::body::Body;
use super::fault::HttpError;
use super::web_server::WebServer;
use super::wire::{Wire, connect};

/// Answers to the challenges of one request if each was stale. No password is wrong by that.
const MOST_ANSWERS: u8 = 4;
/// An answer that was judged within this time was not too old. Nonces live 3 s or longer.
const PROMPT: Duration = Duration::from_secs(1);
/// The rest of a refused request is read up to this size, so that its connection can be used again.
const LONGEST_REFUSAL: usize = 16 * 1024;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Ask<'a> {
    /// Path and query.
    pub(crate) target: &'a str,
    /// What is posted, and its type; none for a GET.
    pub(crate) post: Option<(&'static str, Bytes)>,
    /// How long the answer's head may take.
    pub(crate) patience: Duration,
}

/// An answer that is no challenge and no redirection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// As it came; empty if there is none.
    pub(crate) content_type: Vec<u8>,
    pub(crate) body: Body,
}

/// Asks one device. It remembers the log-in over connections.
#[derive(Debug)]
pub(crate) struct Client {
    server: WebServer,
    login: Option<Login>,
    wire: Option<Wire>,
}

/// How far a request has come with its log-in.
#[derive(Debug)]
struct Proof {
    /// Answers that the device has judged. One that it never saw is none.
    answers: u8,
    /// The latest answer was to a challenge of this request.
    is_to_this: bool,
    asked_at: Instant,
}

impl Client {
    pub(crate) fn new(server: WebServer) -> Self {
        Self { server, login: None, wire: None }
    }

    pub(crate) fn server(&self) -> &WebServer {
        &self.server
    }

    /// Closes the connection, if there is one.
    pub(crate) fn hang_up(&mut self) {
        self.wire = None;
    }

    /// Asks, and logs in if the device wants that.
    ///
    /// # Errors
    /// If no answer comes, or it is a refusal of the password or a redirection.
    pub(crate) async fn ask(&mut self, ask: &Ask<'_>) -> Result<Answer, HttpError> {
        let mut proof = Proof { answers: 0, is_to_this: false, asked_at: Instant::now() };
        loop {
            proof.asked_at = Instant::now();
            let response = self.send(ask, &mut proof).await?;
            let status = response.status();
            match status {
                StatusCode::UNAUTHORIZED => {
                    self.challenged(response.headers(), &mut proof)?;
                    self.pass_over(response).await;
                }
                StatusCode::FORBIDDEN if proof.answers > 0 => {
                    return Err(HttpError::Refused { status: 403 });
                }
                _ if status.is_redirection() => return Err(self.redirection(&response)),
                _ => {
                    let content_type = response.headers().get(CONTENT_TYPE);
                    let content_type =
                        content_type.map_or(&b""[..], HeaderValue::as_bytes).to_vec();
                    let body = Body::new(response.into_body());
                    return Ok(Answer { status: status.as_u16(), content_type, body });
                }
            }
        }
    }

    async fn send(
        &mut self,
        ask: &Ask<'_>,
        proof: &mut Proof,
    ) -> Result<Response<hyper::body::Incoming>, HttpError> {
        let late = HttpError::Timeout { step: "the request", limit: ask.patience };
        let mut was_open = true;
        // It is written once: what the device never saw uses up no count of the nonce.
        let (mut request, mut is_answer) = self.request(ask)?;
        loop {
            let mut wire = match self.wire.take() {
                Some(wire) if !wire.requests.is_closed() => wire,
                _ => {
                    was_open = false;
                    connect(&self.server).await?
                }
            };
            let deadline = Instant::now() + ask.patience;
            let ready = timeout_at(deadline, wire.requests.ready()).await;
            if was_open && matches!(ready, Ok(Err(_))) {
                continue; // The device closed it meanwhile, as it may.
            }
            ready.map_err(|_| late.clone())?.map_err(|error| HttpError::of_hyper(&error))?;
            let sent = timeout_at(deadline, wire.requests.try_send_request(request)).await;
            match sent.map_err(|_| late.clone())? {
                Ok(response) => {
                    self.wire = Some(wire);
                    proof.answers = proof.answers.saturating_add(u8::from(is_answer));
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    // It was not sent: the device closed the connection meanwhile, as it may.
                    Some(unsent) if was_open => request = unsent,
                    // It was sent in that moment (RFC 9112 §9.3.1), and nobody knows whether it was heard, and its
                    // count of the nonce with it. It is said once more on a connection and with a login of its own. A
                    // body may hold a login that is good for once (WS-Security): then the caller begins anew.
                    None if was_open && ask.post.is_none() && is_lost(error.error()) => {
                        self.login = None;
                        (request, is_answer) = self.request(ask)?;
                    }
                    _ => return Err(HttpError::of_hyper(&error.into_error())),
                },
            }
        }
    }

    /// The request, and whether it answers a challenge.
    fn request(&mut self, ask: &Ask<'_>) -> Result<(Request<Full<Bytes>>, bool), HttpError> {
        let method = if ask.post.is_some() { Method::POST } else { Method::GET };
        let url = &self.server.url;
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut request = Request::builder()
            .method(&method)
            .uri(ask.target)
            .header(HOST, host)
            .header(USER_AGENT, "gridwhistle");
        let login = self.login.as_mut().zip(self.server.credentials.as_ref());
        let is_answer = login.is_some();
        if let Some((login, credentials)) = login {
            let answer = login.answer(credentials, method.as_str(), ask.target);
            request = request.header(AUTHORIZATION, answer.as_slice());
        }
        let (kind, body) = ask.post.clone().unzip();
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let request = request.body(Full::new(body.unwrap_or_default()));
        let request =
            request.map_err(|_| HttpError::Denied("the request cannot be written; check `url`"))?;
        Ok((request, is_answer))
    }

    /// Prepares the answer to a challenge.
    fn challenged(&mut self, headers: &HeaderMap, proof: &mut Proof) -> Result<(), HttpError> {
        if self.server.credentials.is_none() {
            return Err(HttpError::NoCredentials);
        }
        let challenges = || headers.get_all(WWW_AUTHENTICATE).iter().map(HeaderValue::as_bytes);
        let is_stale = says_stale(challenges());
        let is_prompt = proof.asked_at.elapsed() < PROMPT;
        if proof.is_to_this && !is_stale && is_prompt {
            self.login = None;
            return Err(HttpError::Refused { status: 401 });
        }
        // A slow answer may have been too old, once. The password is worth no second doubt.
        if proof.answers >= 2 && !is_stale {
            self.login = None;
            return Err(HttpError::Refused { status: 401 });
        }
        if proof.answers >= MOST_ANSWERS {
            self.login = None;
            return Err(HttpError::LoginExpires);
        }
        let is_open_to_basic = self.server.url.scheme() == "https" || self.server.allow_basic_auth;
        self.login = Some(Login::choose(challenges(), is_open_to_basic)?);
        proof.is_to_this = true;
        Ok(())
    }

    /// Reads the rest of an answer that says no more, so that its connection can be used again.
    async fn pass_over(&mut self, response: Response<hyper::body::Incoming>) {
        let deadline = Instant::now() + self.server.step_timeout;
        let rest = Body::new(response.into_body()).whole(LONGEST_REFUSAL, deadline).await;
        if !matches!(rest, Ok(Some(_))) {
            self.wire = None;
        }
    }

    fn redirection(&self, response: &Response<hyper::body::Incoming>) -> HttpError {
        let status = response.status().as_u16();
        let to = response.headers().get(LOCATION).map_or(&b""[..], HeaderValue::as_bytes);
        let is_to_tls = to.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case(b"https:"));
        if is_to_tls && self.server.url.scheme() != "https" {
            return HttpError::RedirectToTls { status };
        }
        HttpError::Redirect { status }
    }
}

/// Whether the connection ended, and nothing of an answer that could be read came by it.
fn is_lost(error: &hyper::Error) -> bool {
    !(error.is_parse() || error.is_parse_too_large() || error.is_parse_status() || error.is_user())
}

#[cfg(test)]
mod tests;
