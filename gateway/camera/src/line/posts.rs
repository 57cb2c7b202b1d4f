//! The sending half of a tunnel: requests in the bodies of POSTs, in Base64.
//!
//! A POST never ends, as the answer to the tunnel's GET never does. Where a camera wants one for each request,
//! it gets one: it shows that by ending the first, or by not answering what came in it.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt;
use tokio::time::{Instant, timeout_at};

use super::admission::{Admission, Proof};
use super::head::Head;
use super::http;
use super::network::Network;
use super::post::{Post, Word, body_of};
use super::reach::Reach;
use super::waiting::{Waiting, is_request, number_of};
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
pub(super) struct Posts<N> {
    cookie: String,
    /// Where the GET led, and the address that it led to.
    reach: Arc<Reach<N>>,
    peer_ip: IpAddr,
    is_encrypted: bool,
    admission: Admission,
    proof: Proof,
    post: Option<Post>,
    under_way: Option<UnderWay>,
    pub(super) waiting: Waiting,
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

/// A message on its way. Whoever is busy with pictures meanwhile only has to look after it now and then.
struct UnderWay {
    sending: Sending,
    /// Until when it must have gone.
    until: Instant,
    /// Set if a new POST may carry it where the old one could not.
    again: Option<String>,
}

/// Gives the POST when what it carries has gone.
type Sending = Pin<Box<dyn Future<Output = Result<Post, SessionError>> + Send>>;

/// What became of a POST.
enum ToDo {
    Nothing,
    /// The camera asks for the password, and has not taken what the POST carried.
    LogIn(Head, String),
    /// The camera did not take the request, which must be sent again.
    SayAgain,
    /// The camera refuses it.
    GiveUp(SessionError),
}

impl<N: Network> Posts<N> {
    /// None yet. They belong to the GET with this cookie, which led by `reach` to `peer_ip` and was granted to
    /// `admission`.
    pub(super) fn new(
        cookie: String,
        reach: Reach<N>,
        (peer_ip, is_encrypted): (IpAddr, bool),
        admission: Admission,
    ) -> Self {
        Self {
            cookie,
            reach: Arc::new(reach),
            peer_ip,
            is_encrypted,
            admission,
            proof: Proof::new(),
            post: None,
            under_way: None,
            waiting: Waiting::default(),
            is_one_each: false,
            unanswered: Vec::new(),
            posts: 0,
            was_said_again: false,
            is_flowing: false,
            owed: VecDeque::new(),
            to_do: ToDo::Nothing,
        }
    }

    /// Opens the first POST before there is anything to say: some cameras lose what comes close behind its head.
    ///
    /// # Errors
    /// If the camera takes no connection.
    pub(super) async fn make_ready(&mut self) -> Result<(), SessionError> {
        let until = Instant::now() + self.reach.settings.step_timeout;
        let post = self.new_post(String::new(), until)?.await?;
        self.proof.asked_at = post.asked_at;
        self.post = Some(post);
        Ok(())
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
            self.granted();
            self.posts = 0;
            if let Some(post) = self.post.as_mut().filter(|_| self.is_one_each) {
                post.was_taken();
            }
        }
        true
    }

    /// The camera let the latest POST in: the next challenge is the first one again.
    fn granted(&mut self) {
        self.admission.granted(&self.proof);
        self.proof = Proof::new();
    }

    /// What was not answered is not to be said again.
    pub(super) fn hush(&mut self) {
        self.owe();
        self.unanswered.clear();
        self.to_do = ToDo::Nothing;
    }

    /// Pictures come through the tunnel.
    pub(super) fn flows(&mut self) {
        self.is_flowing = true;
    }

    /// Why what is on its way has not gone; none if nothing is.
    pub(super) fn unsaid(&self) -> Option<SessionError> {
        let limit = self.reach.settings.step_timeout;
        self.under_way.as_ref().map(|_| SessionError::Timeout { step: "POST", limit })
    }

    /// Whether there is another way to say what was not answered; if so, it is taken.
    pub(super) fn tries_otherwise(&mut self) -> bool {
        if std::mem::replace(&mut self.is_one_each, true) {
            return false;
        }
        (self.post, self.under_way, self.to_do) = (None, None, ToDo::SayAgain);
        true
    }

    /// Sends what is to be sent next, or hears so many bytes on the POST. Nothing is lost if this is dropped.
    ///
    /// # Errors
    /// Why something was not said.
    pub(super) async fn work(&mut self) -> Result<usize, SessionError> {
        while self.under_way.is_some() || self.begin_next()? {
            if let Some(UnderWay { sending, .. }) = &mut self.under_way {
                let sent = sending.await;
                if self.has_gone(sent)? {
                    return Ok(0);
                }
            }
        }
        match &mut self.post {
            Some(post) => {
                let (count, word) = post.hear().await;
                self.judge(word);
                Ok(count)
            }
            None => std::future::pending().await,
        }
    }

    /// Notes what became of a message; false if it goes on in another POST.
    fn has_gone(&mut self, sent: Result<Post, SessionError>) -> Result<bool, SessionError> {
        let Some(UnderWay { until, again, .. }) = self.under_way.take() else { return Ok(true) };
        match (sent, again) {
            (Ok(post), _) => {
                self.proof.asked_at = post.asked_at;
                self.post = Some(post);
                Ok(true)
            }
            // The camera may have ended it.
            (Err(_), Some(message)) if Instant::now() < until => {
                let sending = self.new_post(message, until)?;
                self.under_way = Some(UnderWay { sending, until, again: None });
                Ok(false)
            }
            (Err(error), _) => Err(error),
        }
    }

    /// Judges what is heard on the POST.
    fn judge(&mut self, word: Word) {
        let Some(post) = &self.post else { return };
        let has_carried = !post.carried.is_empty();
        self.to_do = match word {
            Word::None => return,
            Word::Granted => return self.granted(),
            // Where pictures come, nothing is urgent.
            Word::BreakOff
                if !(self.unanswered.is_empty() || self.is_flowing && self.was_said_again) =>
            {
                ToDo::SayAgain
            }
            Word::End | Word::BreakOff => {
                // What it breaks off it may not have read.
                if has_carried && matches!(word, Word::End) {
                    self.granted();
                }
                self.is_one_each |= has_carried;
                self.post = None;
                return;
            }
            Word::Answer(head) if http::status(&head) == 401 => {
                ToDo::LogIn(head, post.carried.clone())
            }
            Word::Answer(head) => ToDo::GiveUp(self.refusal(&head)),
            Word::Nonsense(error) => ToDo::GiveUp(error),
        };
        self.post = None;
    }

    /// What a refused POST means.
    fn refusal(&mut self, head: &Head) -> SessionError {
        let status = http::status(head);
        match status {
            300..=399 if self.proof.is_given() => return http::aside(head),
            403 if self.proof.is_given() => return SessionError::Credentials { status },
            // The password may be wrong by now. It is given again if the camera asks for it.
            300..=399 | 403 => self.admission.forget_challenge(),
            _ => {}
        }
        TunnelError::Refused { step: "POST", status }.into()
    }

    /// Does what an answer to the POST asks for; gives what is to be said again, if anything.
    fn settle(&mut self) -> Result<Option<String>, SessionError> {
        let again = match std::mem::replace(&mut self.to_do, ToDo::Nothing) {
            ToDo::Nothing => return Ok(None),
            ToDo::GiveUp(error) => return Err(error),
            ToDo::SayAgain => {
                self.was_said_again = true;
                self.owe();
                body_of(&self.unanswered)
            }
            ToDo::LogIn(head, carried) => {
                let Self { admission, proof, is_encrypted, .. } = self;
                let Reach { route, settings, .. } = &*self.reach;
                route.check_password(settings)?;
                proof.is_in_play = self.is_flowing;
                admission.challenged(proof, &head, settings, *is_encrypted)?;
                // Each of them has brought the password.
                if self.posts >= MOST_POSTS {
                    return Err(SessionError::LoginExpires);
                }
                carried
            }
        };
        Ok(Some(again).filter(|again| !again.is_empty()))
    }

    /// Begins to send what is to be sent next; false if there is nothing.
    fn begin_next(&mut self) -> Result<bool, SessionError> {
        if !self.waiting.is_empty() {
            self.hear_the_last();
        }
        if let Some(again) = self.settle()? {
            self.begin(again)?;
            return Ok(true);
        }
        // Who did not wait for a refusal would send a wrong password with each of several messages.
        let may_be_refused = self.post.as_ref().is_some_and(Post::may_be_refused);
        if self.is_one_each && may_be_refused && self.admission.gives_password() {
            return Ok(false);
        }
        let Some(message) = self.waiting.pop() else { return Ok(false) };
        if is_request(&message) {
            // One that nobody has answered may have told the password to nobody.
            if !self.unanswered.is_empty() {
                self.proof = Proof::new();
            }
            self.owe();
            self.unanswered.clone_from(&message);
            (self.posts, self.was_said_again) = (0, false);
        } else if self.unanswered.is_empty() || self.is_flowing {
            self.posts = 0;
        }
        self.begin(body_of(&message))?;
        Ok(true)
    }

    /// A camera that has ended its POST may have done so just now.
    fn hear_the_last(&mut self) {
        for _ in 0..MOST_READS {
            let Some(post) = &mut self.post else { break };
            let Some((_, word)) = post.hear().now_or_never() else { break };
            self.judge(word);
        }
    }

    /// Remembers that one more answer to the latest request may come than is waited for.
    fn owe(&mut self) {
        self.owed.extend(number_of(&self.unanswered));
        if self.owed.len() > MOST_OWED {
            self.owed.pop_front();
        }
    }

    /// Begins to send a message: in the POST that there is, or in a new one.
    fn begin(&mut self, message: String) -> Result<(), SessionError> {
        let limit = self.reach.settings.step_timeout;
        let until = Instant::now() + limit;
        let (sending, again): (Sending, _) = match self.post.take().filter(|_| !self.is_one_each) {
            Some(post) => {
                let body = message.clone();
                let sending = async move {
                    let sent = timeout_at(until, post.carry(&body)).await;
                    let sent = sent.map_err(|_| SessionError::Timeout { step: "POST", limit })?;
                    sent.map_err(|error| SessionError::unreachable(&error))
                };
                (Box::pin(sending), Some(message))
            }
            None => (self.new_post(message, until)?, None),
        };
        self.under_way = Some(UnderWay { sending, until, again });
        Ok(())
    }

    /// Makes a POST that carries `message` first.
    fn new_post(&mut self, message: String, until: Instant) -> Result<Sending, SessionError> {
        self.posts += 1;
        if self.posts > MOST_POSTS {
            return Err(TunnelError::Cut.into());
        }
        let head = self.head(message.len());
        let (reach, peer_ip) = (Arc::clone(&self.reach), self.peer_ip);
        Ok(Box::pin(async move {
            let Reach { network, route, settings } = &*reach;
            let making = async {
                let connection = network.connect(&route.url, Some(peer_ip), settings).await?;
                let begun = Post::begin(connection.wire, &head).await;
                let carried = match begun {
                    Ok(post) => post.carry(&message).await,
                    Err(error) => Err(error),
                };
                carried.map_err(|error| SessionError::unreachable(&error))
            };
            let limit = settings.step_timeout;
            let made = timeout_at(until, making).await;
            made.unwrap_or(Err(SessionError::Timeout { step: "POST", limit }))
        }))
    }

    /// What a POST begins with.
    fn head(&mut self, length: usize) -> Vec<u8> {
        let Reach { route, settings, .. } = &*self.reach;
        let mut request = http::request("POST", &route.url, settings.transport);
        request.push_str(&http::tunnel_headers("Content-Type", &self.cookie));
        let length = if self.is_one_each { length } else { CLAIMED_LENGTH };
        request.push_str(&format!(
            "Content-Length: {length}\r\nExpires: Sun, 9 Jan 1972 00:00:00 GMT\r\n"
        ));
        let asked = ("POST", http::target(&route.url));
        let login = self.admission.answer(&mut self.proof, (asked.0, &asked.1), settings);
        http::complete(request, login)
    }
}
