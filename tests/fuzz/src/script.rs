//! A camera that plays an input: it answers each request with the next answer of the input, and sends
//! the packets that stand behind it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::manner::Manner;
use crate::rtsp_stream::{Part, take_apart, write};

/// The address that stands for the camera's own in the `Location` of a redirection.
const OWN_ADDRESS: &str = "//camera/";

/// The channel of what is said beside a tunnel, to who sends requests there.
const ASIDE: u8 = 9;

/// A hurried camera that is asked nothing for so long says the next thing all the same.
const HURRY: Duration = Duration::from_millis(40);

/// Longer than any request: more of it is not kept.
const LONGEST_REQUEST: usize = 64 * 1024;

/// So many pieces of a turn are enough to cut it everywhere, by and by.
const MOST_PIECES: usize = 200;

/// How far a session got, by what its client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    Nothing,
    Asked,
    Described,
    SetUp,
    Playing,
    KeptAlive,
}

/// What is sent at a time.
#[derive(Debug)]
enum Piece {
    OnTheWire(Vec<u8>),
    Datagram { channel: u8, payload: Vec<u8> },
}

/// Where datagrams go: their channel, and what is in them.
type Post = Arc<dyn Fn(u8, Vec<u8>) + Send + Sync>;

/// A camera with all that it will say.
pub struct Script {
    manner: Manner,
    /// Each is sent when something is asked.
    turns: VecDeque<Vec<Piece>>,
    post: Post,
    heard: Vec<u8>,
    requests: Vec<u8>,
    reached: Reached,
    connections: u32,
    sends_elsewhere: bool,
    is_hurried: bool,
}

impl Script {
    /// Reads an input; `own` is the camera's host and port, to which it may send its client.
    #[must_use]
    pub fn read(input: &[u8], own: &str) -> Self {
        let mut turns: VecDeque<Vec<Piece>> = VecDeque::new();
        let mut manner = Manner::default();
        for part in take_apart(input) {
            let is_answer = matches!(part, Part::Message { .. });
            if let Part::Manner(read) = part {
                manner = read;
                continue;
            }
            if turns.is_empty() || is_answer {
                turns.push_back(Vec::new());
            }
            let Some(turn) = turns.back_mut() else { continue };
            if let Part::Packet { channel, payload } = &part
                && (manner.is_udp || manner.is_tunnel && *channel == ASIDE)
            {
                turn.push(Piece::Datagram { channel: *channel, payload: payload.clone() });
                continue;
            }
            let mut bytes = Vec::new();
            write(&part, false, &mut bytes);
            if is_answer {
                bytes = with_own_address(bytes, own);
            }
            match turn.last_mut() {
                Some(Piece::OnTheWire(before)) => before.extend(bytes),
                _ => turn.push(Piece::OnTheWire(bytes)),
            }
        }
        Self {
            manner,
            turns,
            post: Arc::new(|_, _| {}),
            heard: Vec::new(),
            requests: Vec::new(),
            reached: Reached::Nothing,
            connections: 0,
            sends_elsewhere: false,
            is_hurried: false,
        }
    }

    /// The same where time is real: it waits for no signs of life and not long for a request, and its
    /// pieces are not that small.
    #[must_use]
    pub fn hurried(mut self) -> Self {
        self.is_hurried = true;
        self.manner.stall_secs = 0;
        if self.manner.piece_bytes > 0 {
            self.manner.piece_bytes = self.manner.piece_bytes.max(64);
        }
        self
    }

    /// The same with a place where its datagrams go, and what it says beside a tunnel: their channel, and
    /// what is in them.
    #[must_use]
    pub fn posting(mut self, post: impl Fn(u8, Vec<u8>) + Send + Sync + 'static) -> Self {
        self.post = Arc::new(post);
        self
    }

    /// How it behaves.
    #[must_use]
    pub fn manner(&self) -> Manner {
        self.manner
    }

    /// Whether its client was sent to another address, and this connection is done with.
    #[must_use]
    pub fn sends_elsewhere(&self) -> bool {
        self.sends_elsewhere
    }

    /// What its client asked in the latest connection, or the begin of that.
    #[must_use]
    pub fn requests(&self) -> &[u8] {
        &self.requests
    }

    /// How far its client got.
    #[must_use]
    pub fn reached(&self) -> &'static str {
        match self.reached {
            _ if self.connections > 1 => "redirected",
            Reached::Nothing => "connected",
            Reached::Asked => "asked",
            Reached::Described => "described",
            Reached::SetUp => "set-up",
            Reached::Playing => "played",
            Reached::KeptAlive => "kept-alive",
        }
    }

    /// Plays one connection to its end. After a redirection the next one goes on where this one ended.
    ///
    /// # Errors
    /// If the client is gone.
    pub async fn play(&mut self, mut wire: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        self.connections += 1;
        self.requests.clear();
        self.sends_elsewhere = false;
        let mut has_played = false;
        while !self.turns.is_empty() {
            let goes_on = self.manner.is_eager || (self.is_hurried && has_played);
            if !goes_on && !self.is_asked(&mut wire).await? {
                return Ok(());
            }
            has_played = self.reached >= Reached::SetUp;
            if self.manner.stall_secs > 0 {
                tokio::time::sleep(Duration::from_secs(self.manner.stall_secs)).await;
            }
            let turn = self.turns.pop_front().unwrap_or_default();
            let redirects = matches!(turn.first(), Some(Piece::OnTheWire(said)) if ends_all(said));
            for piece in turn {
                match piece {
                    Piece::OnTheWire(bytes) => self.say(&bytes, &mut wire).await?,
                    Piece::Datagram { channel, payload } => (self.post)(channel, payload),
                }
            }
            if self.reached == Reached::SetUp && self.turns.is_empty() {
                self.reached = Reached::Playing;
            }
            self.sends_elsewhere = redirects;
            if self.sends_elsewhere {
                break;
            }
        }
        if !self.manner.holds && self.turns.is_empty() {
            wire.shutdown().await?;
        }
        while self.hear(&mut wire).await? {}
        Ok(())
    }

    async fn say(&self, turn: &[u8], wire: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let piece = match self.manner.piece_bytes {
            0 => turn.len().max(1),
            piece => piece.max(turn.len() / MOST_PIECES),
        };
        for piece in turn.chunks(piece) {
            wire.write_all(piece).await?;
            if piece.len() < turn.len() {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Waits for a request, if it is hurried only for a while; false at the end of the connection.
    async fn is_asked(&mut self, wire: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        if !self.is_hurried {
            return self.hear(wire).await;
        }
        timeout(HURRY, self.hear(wire)).await.unwrap_or(Ok(true))
    }

    /// Waits for a request; false at the end of the connection. Nothing is lost if it is dropped.
    async fn hear(&mut self, wire: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        const END: &[u8] = b"\r\n\r\n";
        loop {
            if let Some(end) = self.heard.windows(END.len()).position(|it| it == END) {
                let request: Vec<u8> = self.heard.drain(..end + END.len()).collect();
                self.note(&request);
                if self.requests.len() < LONGEST_REQUEST {
                    self.requests.extend(request);
                }
                return Ok(true);
            }
            if self.heard.len() > LONGEST_REQUEST {
                self.heard.clear();
            }
            if wire.read_buf(&mut self.heard).await? == 0 {
                self.heard.clear();
                return Ok(false);
            }
        }
    }

    fn note(&mut self, request: &[u8]) {
        let method = request.split(|byte| *byte == b' ').next().unwrap_or_default();
        let reached = match method {
            b"DESCRIBE" => Reached::Asked,
            b"SETUP" => Reached::Described,
            b"PLAY" => Reached::SetUp,
            b"OPTIONS" | b"GET_PARAMETER" if self.reached >= Reached::SetUp => Reached::KeptAlive,
            b"TEARDOWN" if self.reached == Reached::SetUp => Reached::Playing,
            _ => return,
        };
        self.reached = self.reached.max(reached);
    }
}

/// Whether a client goes on elsewhere after this: it is sent there, or gets no tunnel here.
fn ends_all(said: &[u8]) -> bool {
    let is_refusal = said.starts_with(b"HTTP/1.") && said.get(8..10) != Some(b" 2");
    said.starts_with(b"RTSP/1.0 3") || is_refusal
}

/// Puts the camera's own address where a `Location` names it.
fn with_own_address(message: Vec<u8>, own: &str) -> Vec<u8> {
    let text = OWN_ADDRESS.as_bytes();
    let Some(at) = message.windows(text.len()).position(|it| it == text) else { return message };
    let line = message[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if !message[line..].starts_with(b"Location:") {
        return message;
    }
    let (before, after) = (&message[..at], &message[at + text.len()..]);
    [before, b"//", own.as_bytes(), b"/", after].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INPUT: &[u8] = b"# piece=3\nRTSP/1.0 302 Moved\r\nLocation: rtsp://camera/2\r\n\r\nRTSP/1.0 200 OK\r\n\r\n$\x00\x00\x01a";

    async fn ask(client: &mut tokio::io::DuplexStream, request: &str) {
        client.write_all(request.as_bytes()).await.unwrap();
    }

    #[tokio::test]
    async fn a_camera_answers_each_request_and_goes_on_after_a_redirection() {
        let mut script = Script::read(INPUT, "10.0.0.5:7");
        let (mut client, wire) = tokio::io::duplex(1000);
        ask(&mut client, "DESCRIBE a RTSP/1.0\r\n\r\n").await;
        let mut answer = Vec::new();
        let first = async {
            while !answer.ends_with(b"\r\n\r\n") {
                client.read_buf(&mut answer).await.unwrap();
            }
            drop(client);
        };
        let (_gone, ()) = tokio::join!(script.play(wire), first);
        assert_eq!(answer, b"RTSP/1.0 302 Moved\r\nLocation: rtsp://10.0.0.5:7/2\r\n\r\n");
        assert_eq!(script.reached(), "asked");
        let (mut client, wire) = tokio::io::duplex(1000);
        ask(&mut client, "DESCRIBE b RTSP/1.0\r\n\r\n").await;
        let mut rest = Vec::new();
        let second = async {
            client.read_to_end(&mut rest).await.unwrap();
            drop(client);
        };
        let (played, ()) = tokio::join!(script.play(wire), second);
        played.unwrap();
        assert_eq!(rest, b"RTSP/1.0 200 OK\r\n\r\n$\x00\x00\x01a");
        assert_eq!(script.reached(), "redirected");
    }

    #[tokio::test]
    async fn an_eager_camera_waits_for_nothing() {
        let mut script =
            Script::read(b"# eager\nRTSP/1.0 200 OK\r\n\r\nRTSP/1.0 200 OK\r\n\r\n", "a");
        let (mut client, wire) = tokio::io::duplex(1000);
        let mut all = Vec::new();
        let hear = async {
            client.read_to_end(&mut all).await.unwrap();
            drop(client);
        };
        let (played, ()) = tokio::join!(script.play(wire), hear);
        played.unwrap();
        assert_eq!(all.len(), 38);
    }
}
