//! The sending half of a tunnel: requests in the bodies of POSTs, in Base64.
//!
//! A POST never ends, as the answer to the tunnel's GET never does. Where a camera wants one for each request,
//! it gets one: it shows that by ending the first, or by not answering what came in it.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::admission::{Admission, Proof};
use super::head::{Head, USER_AGENT};
use super::http::{self, HeadReading};
use super::network::{AnyWire, Network};
use super::reach::Reach;
use crate::fault::SessionError;
use crate::tunnel_fault::TunnelError;

/// The length that a POST without end claims to have. Every client says so, and cameras do not count.
const CLAIMED_LENGTH: usize = 32_767;

/// POSTs that are made for one request.
const MOST_POSTS: u8 = 4;

/// Requests with answers to come that nobody waits for: so many are remembered.
const MOST_OWED: usize = 8;

/// What a camera may have said on a POST before the next request goes there: an answer, its body, the end.
const MOST_READS: usize = 4;

/// What is sent through a tunnel, and how.
pub(super) struct Posts {
    cookie: String,
    peer_ip: IpAddr,
    is_encrypted: bool,
    admission: Admission,
    proof: Proof,
    post: Option<Post>,
    /// Each request gets a POST of its own.
    is_one_each: bool,
    /// The latest request, until its answer comes through the tunnel.
    unanswered: Vec<u8>,
    /// How many POSTs were made since, and whether it was said again.
    posts: u8,
    was_said_again: bool,
    /// Pictures come.
    is_flowing: bool,
    /// The numbers of requests that may be answered once more: they were said again.
    owed: VecDeque<u64>,
    /// What is to be done before anything else is sent.
    to_do: ToDo,
}

/// A connection that carries requests.
struct Post {
    wire: AnyWire,
    answer: HeadReading,
    is_answered: bool,
    has_carried: bool,
}

/// What became of a POST.
enum ToDo {
    Nothing,
    /// The camera asks for the password.
    LogIn(Head),
    /// The camera did not take the request, which must be sent again.
    SayAgain,
    /// The camera refuses it.
    GiveUp(SessionError),
}

impl Posts {
    /// None yet. They belong to the GET with this cookie, which led to `peer_ip` and was granted to `admission`.
    pub(super) fn new(
        cookie: String,
        (peer_ip, is_encrypted): (IpAddr, bool),
        admission: Admission,
    ) -> Self {
        Self {
            cookie,
            peer_ip,
            is_encrypted,
            admission,
            proof: Proof::new(),
            post: None,
            is_one_each: false,
            unanswered: Vec::new(),
            posts: 0,
            was_said_again: false,
            is_flowing: false,
            owed: VecDeque::new(),
            to_do: ToDo::Nothing,
        }
    }

    /// Takes note of an answer that came through the tunnel; false if it is one more to what was said again.
    pub(super) fn settles(&mut self, answer: &Head) -> bool {
        let number = answer.number("cseq");
        if number != number_of(&self.unanswered)
            && let Some(at) = self.owed.iter().position(|owed| Some(*owed) == number)
        {
            self.owed.remove(at);
            return false;
        }
        // What nobody asked for makes no room for more POSTs.
        if !self.unanswered.is_empty() {
            self.unanswered.clear();
            self.admission.granted(&self.proof);
            self.proof = Proof::new();
            self.posts = 0;
        }
        true
    }

    /// Pictures come through the tunnel.
    pub(super) fn flows(&mut self) {
        self.is_flowing = true;
    }

    /// Waits for a word on the POST, of which there is seldom one; gives its length. Nothing is lost if this
    /// is dropped.
    pub(super) async fn listen(&mut self) -> usize {
        match &mut self.post {
            Some(post) => {
                let read = post.wire.read_buf(&mut post.answer.buffer).await;
                self.judge(read)
            }
            None => std::future::pending().await,
        }
    }

    /// Judges what was read of the answer to the POST; gives its length.
    fn judge(&mut self, read: io::Result<usize>) -> usize {
        let Some(post) = &mut self.post else { return 0 };
        let count = match read {
            Ok(count @ 1..) => count,
            // Who breaks off like this has left something unread. Where pictures come, nothing is urgent.
            Err(_) if !(self.unanswered.is_empty() || self.is_flowing && self.was_said_again) => {
                (self.post, self.to_do) = (None, ToDo::SayAgain);
                return 0;
            }
            Ok(0) | Err(_) => {
                self.is_one_each |= post.has_carried;
                self.post = None;
                return 0;
            }
        };
        if post.is_answered {
            post.answer.buffer.clear();
            return count;
        }
        let head = match post.answer.next() {
            Ok(None) => return count,
            Ok(Some(head)) => head,
            Err(error) => {
                (self.post, self.to_do) = (None, ToDo::GiveUp(error));
                return count;
            }
        };
        match http::status(&head) {
            // It goes on reading, or ends the connection.
            200..=299 => post.is_answered = true,
            401 => (self.post, self.to_do) = (None, ToDo::LogIn(head)),
            // A redirection leads to where one logs in.
            status @ (300..=399 | 403) if self.proof.is_given() => {
                let status = if status == 403 { status } else { 401 };
                let refused = SessionError::Credentials { status };
                (self.post, self.to_do) = (None, ToDo::GiveUp(refused));
            }
            status => {
                let refused = TunnelError::Refused { step: "POST", status };
                (self.post, self.to_do) = (None, ToDo::GiveUp(refused.into()));
            }
        }
        count
    }

    /// Does what an answer to the POST asks for; true if that was something.
    fn settle<N: Network>(&mut self, reach: &Reach<'_, N>) -> Result<bool, SessionError> {
        match std::mem::replace(&mut self.to_do, ToDo::Nothing) {
            ToDo::Nothing => Ok(false),
            ToDo::GiveUp(error) => Err(error),
            ToDo::SayAgain => {
                self.was_said_again = true;
                self.owe();
                Ok(true)
            }
            ToDo::LogIn(head) => {
                let Self { admission, proof, is_encrypted, .. } = self;
                reach.route.check_password(reach.settings, *is_encrypted)?;
                admission.challenged(proof, &head, reach.settings, *is_encrypted)?;
                Ok(true)
            }
        }
    }

    /// Does what an answer to the POST asks for.
    ///
    /// # Errors
    /// If the camera takes no requests.
    pub(super) async fn tend<N: Network>(
        &mut self,
        reach: &Reach<'_, N>,
    ) -> Result<(), SessionError> {
        if self.settle(reach)? && !self.unanswered.is_empty() {
            let again = self.unanswered.clone();
            self.say(&again, reach).await?;
        }
        Ok(())
    }

    /// Sends all of a request, or of an answer to one of the camera's.
    ///
    /// # Errors
    /// If the camera takes no requests.
    pub(super) async fn send<N: Network>(
        &mut self,
        message: &[u8],
        reach: &Reach<'_, N>,
    ) -> Result<(), SessionError> {
        // A camera that has ended its POST may have done so just now.
        for _ in 0..MOST_READS {
            let Some(post) = &mut self.post else { break };
            let read = post.wire.read_buf(&mut post.answer.buffer).now_or_never();
            let Some(read) = read else { break };
            self.judge(read);
        }
        self.settle(reach)?;
        if !message.starts_with(b"RTSP/") {
            self.owe();
            self.unanswered = message.to_vec();
            (self.posts, self.was_said_again) = (0, false);
        }
        self.say(message, reach).await
    }

    /// Remembers that one more answer to the latest request may come than is waited for.
    fn owe(&mut self) {
        self.owed.extend(number_of(&self.unanswered));
        if self.owed.len() > MOST_OWED {
            self.owed.pop_front();
        }
    }

    async fn say<N: Network>(
        &mut self,
        message: &[u8],
        reach: &Reach<'_, N>,
    ) -> Result<(), SessionError> {
        let body = STANDARD.encode(unpadded(message));
        if let Some(mut post) = self.post.take().filter(|_| !self.is_one_each) {
            post.has_carried = true;
            if send_all(&mut post.wire, body.as_bytes()).await.is_ok() {
                self.post = Some(post);
                return Ok(());
            }
        }
        let mut post = self.new_post(body.len(), reach).await?;
        post.has_carried = true;
        let sent = send_all(&mut post.wire, body.as_bytes()).await;
        sent.map_err(|error| SessionError::unreachable(&error))?;
        self.post = Some(post);
        Ok(())
    }

    /// Opens the first POST before there is anything to say: some cameras lose what comes close behind its head.
    ///
    /// # Errors
    /// If the camera takes no connection.
    pub(super) async fn make_ready<N: Network>(
        &mut self,
        reach: &Reach<'_, N>,
    ) -> Result<(), SessionError> {
        self.post = Some(self.new_post(0, reach).await?);
        Ok(())
    }

    async fn new_post<N: Network>(
        &mut self,
        length: usize,
        reach: &Reach<'_, N>,
    ) -> Result<Post, SessionError> {
        self.posts += 1;
        if self.posts > MOST_POSTS {
            return Err(TunnelError::Cut.into());
        }
        let Reach { network, route, settings } = reach;
        let connection = network.connect(&route.url, Some(self.peer_ip), settings).await?;
        let mut request = http::request("POST", &route.url, settings.transport);
        request.push_str(&http::tunnel_headers("Content-Type", &self.cookie));
        let length = if self.is_one_each { length } else { CLAIMED_LENGTH };
        request.push_str(&format!(
            "Content-Length: {length}\r\nExpires: Sun, 9 Jan 1972 00:00:00 GMT\r\n"
        ));
        let target = http::target(&route.url);
        let login = self.admission.answer(&mut self.proof, ("POST", &target), settings);
        self.proof.asked_at = Instant::now();
        let (mut wire, limit) = (connection.wire, settings.step_timeout);
        let sent = timeout(limit, send_all(&mut wire, &http::complete(request, login))).await;
        let sent = sent.map_err(|_| SessionError::Timeout { step: "POST", limit })?;
        sent.map_err(|error| SessionError::unreachable(&error))?;
        let answer = HeadReading::default();
        Ok(Post { wire, answer, is_answered: false, has_carried: false })
    }

    /// Whether there is another way to say what was not answered; if so, it is said so when this is tended.
    pub(super) fn tries_otherwise(&mut self) -> bool {
        if std::mem::replace(&mut self.is_one_each, true) {
            return false;
        }
        (self.post, self.to_do) = (None, ToDo::SayAgain);
        true
    }
}

/// The number of a request.
fn number_of(request: &[u8]) -> Option<u64> {
    Head::parse(request)?.number("cseq")
}

async fn send_all(wire: &mut AnyWire, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}

/// The message with as many spaces in it as make its Base64 end without padding, which is the end of all for
/// some decoders (RFC 2045 §6.8). They follow our name, or else the last header.
fn unpadded(message: &[u8]) -> Vec<u8> {
    let missing = message.len().next_multiple_of(3) - message.len();
    let name = memchr::memmem::find(message, USER_AGENT.as_bytes());
    let last = message.len().saturating_sub(b"\r\n\r\n".len());
    let (before, after) = message.split_at(name.map_or(last, |at| at + USER_AGENT.len()));
    [before, " ".repeat(missing).as_bytes(), after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_needs_padding_and_none_changes_its_meaning() {
        for more in ["", "a", "ab", "abc"] {
            let request = format!("PLAY * RTSP/1.0\r\n{USER_AGENT}\r\nX: {more}\r\n\r\n");
            let answer = format!("RTSP/1.0 200 OK\r\nCSeq: 1{more}\r\n\r\n");
            for message in [request, answer] {
                let sent = unpadded(message.as_bytes());
                assert!(!STANDARD.encode(&sent).contains('='), "{message}");
                assert_eq!(Head::parse(&sent), Head::parse(message.as_bytes()));
            }
        }
    }
}
