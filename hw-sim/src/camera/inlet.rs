//! What comes to a camera through a tunnel: the bodies of POSTs, decoded.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::tunnel_habit::{PostHabit, TunnelHabit};

/// POSTs of one tunnel that wait to be read.
const WAITING_POSTS: usize = 4;

/// What a POST is answered, if it is.
pub(crate) const POST_ANSWER: &[u8] =
    b"HTTP/1.0 200 OK\r\nServer: hw-sim\r\nContent-Length: 0\r\n\r\n";

/// A POST: its connection, and what of its body is not decoded yet.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) stream: TcpStream,
    pub(crate) body: Vec<u8>,
    /// The length that it claims for its body.
    pub(crate) length: usize,
    pub(crate) is_answered: bool,
}

/// The tunnels of a server, by cameras and cookies.
#[derive(Debug, Default)]
pub(crate) struct Tunnels {
    open: Mutex<BTreeMap<(String, String), mpsc::Sender<Post>>>,
}

impl Tunnels {
    /// A new tunnel.
    pub(crate) fn open(&self, camera: &str, cookie: &str, habit: TunnelHabit) -> Inlet {
        let (sender, arrivals) = mpsc::channel(WAITING_POSTS);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, posts| !posts.is_closed());
        open.insert((camera.to_owned(), cookie.to_owned()), sender);
        Inlet { arrivals, post: None, habit, plays: false, has_ended: false }
    }

    /// Gives a POST to its tunnel; false if there is none.
    pub(crate) fn join(&self, camera: &str, cookie: &str, post: Post) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let tunnel = open.get(&(camera.to_owned(), cookie.to_owned()));
        tunnel.is_some_and(|posts| posts.try_send(post).is_ok())
    }
}

/// The receiving end of a tunnel.
#[derive(Debug)]
pub(crate) struct Inlet {
    arrivals: mpsc::Receiver<Post>,
    post: Option<Post>,
    habit: TunnelHabit,
    /// The camera was asked to play.
    plays: bool,
    /// A padding came that ends all.
    has_ended: bool,
}

impl Inlet {
    /// The next bytes of requests. Nothing is lost if it is dropped.
    pub(crate) async fn next(&mut self) -> Vec<u8> {
        loop {
            let bytes = self.decode();
            if !bytes.is_empty() {
                return bytes;
            }
            let is_read = !self.is_unread();
            tokio::select! {
                Some(post) = self.arrivals.recv() => {
                    (self.post, self.has_ended) = (Some(post), false);
                }
                () = readable(self.post.as_ref()), if is_read => self.read(),
                // Another tunnel has taken the cookie.
                else => std::future::pending().await,
            }
        }
    }

    fn is_unread(&self) -> bool {
        match self.habit.post {
            PostHabit::Unread => true,
            PostHabit::OneEachUntilPlay => self.plays,
            _ => false,
        }
    }

    fn read(&mut self) {
        let Some(post) = &mut self.post else { return };
        match post.stream.try_read_buf(&mut post.body) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => self.post = None,
        }
    }

    /// Decodes what is complete.
    fn decode(&mut self) -> Vec<u8> {
        let is_unread = self.is_unread();
        let Some(post) = self.post.as_mut().filter(|_| !is_unread) else { return Vec::new() };
        if self.habit.post == PostHabit::Whole && post.body.len() < post.length {
            return Vec::new();
        }
        post.body.retain(|byte| !byte.is_ascii_whitespace());
        let complete = post.body.len() / 4 * 4;
        let mut decoded = Vec::new();
        for group in post.body.drain(..complete).collect::<Vec<u8>>().chunks(4) {
            if !self.has_ended {
                decoded.extend(STANDARD.decode(group).unwrap_or_default());
            }
            self.has_ended |= self.habit.ends_at_padding && group.contains(&b'=');
        }
        decoded
    }

    /// A request was taken, to play or another.
    pub(crate) fn taken(&mut self, to_play: bool) {
        self.plays |= to_play;
        let Some(post) = &mut self.post else { return };
        let answers = match self.habit.post {
            PostHabit::AnsweredLate => !post.is_answered,
            PostHabit::OneEach | PostHabit::OneEachUntilPlay | PostHabit::Whole => true,
            _ => false,
        };
        if !answers {
            return;
        }
        // It fits into any socket.
        let _unsent = post.stream.try_write(POST_ANSWER);
        post.is_answered = true;
        if self.habit.post != PostHabit::AnsweredLate {
            self.post = None;
        }
    }
}

async fn readable(post: Option<&Post>) {
    match post {
        // An error shows when it is read.
        Some(post) => drop(post.stream.readable().await),
        None => std::future::pending().await,
    }
}
