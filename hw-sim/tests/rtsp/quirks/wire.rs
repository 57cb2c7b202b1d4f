//! A client that takes whatever comes and notes it: answers in words, media as it is.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hw_sim::play::QUIRK_LOGIN;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::challenge::{Challenge, authorization};
use super::tunnel_ends::{self, TunnelEnds};

/// Sentences about what was seen, the same at every run.
pub(crate) type Words = Vec<String>;

/// How long an answer may take, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long pictures are watched.
const WATCHED: Duration = Duration::from_secs(9);

/// What is enough to know a flood.
const FLOOD_BYTES: usize = 4 << 20;

/// A connection to a camera.
pub(crate) struct Wire {
    stream: TcpStream,
    /// Where requests go, if they go inside HTTP.
    post: Option<TcpStream>,
    /// What came in chunks and is not taken apart yet.
    chunks: Option<Vec<u8>>,
    inbox: Vec<u8>,
    read_bytes: usize,
    url: String,
    udp: bool,
    pub(crate) password: &'static str,
    cseq: u32,
    session: String,
    challenge: Option<Challenge>,
    played_at: Option<Instant>,
    answered_play_at: Option<Instant>,
    first_media_at: Option<Instant>,
    pub(crate) played_utc: Option<SystemTime>,
    /// Sequence number and time that RTP-Info told.
    pub(crate) told_start: Option<String>,
    pub(crate) frames: Vec<Frame>,
    pub(crate) stray_bytes: usize,
    pub(crate) told_ssrc: Option<u32>,
    pub(crate) is_closed: bool,
}

/// An interleaved frame and when it came.
pub(crate) struct Frame {
    pub(crate) channel: u8,
    pub(crate) bytes: Vec<u8>,
    pub(crate) came_at: SystemTime,
}

struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn code(&self) -> &str {
        self.head.split([' ', '\r', '\n']).nth(1).unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let named = |line: &&str| line.to_ascii_lowercase().starts_with(&format!("{name}:"));
        Some(self.head.lines().find(named)?.split_once(':')?.1.trim())
    }
}

impl Wire {
    pub(crate) async fn connect(url: &str, udp: bool) -> Self {
        let host = url.trim_start_matches("rtsp://").split('/').next().unwrap();
        Self {
            stream: TcpStream::connect(host).await.unwrap(),
            post: None,
            chunks: None,
            inbox: Vec::new(),
            read_bytes: 0,
            url: url.to_owned(),
            udp,
            password: QUIRK_LOGIN[1],
            cseq: 0,
            session: String::new(),
            challenge: None,
            played_at: None,
            answered_play_at: None,
            first_media_at: None,
            played_utc: None,
            told_start: None,
            frames: Vec::new(),
            stray_bytes: 0,
            told_ssrc: None,
            is_closed: false,
        }
    }

    /// A connection inside HTTP, and what was said while it was made.
    pub(crate) async fn tunnel(url: &str) -> (Self, Words) {
        let (ends, words) = tunnel_ends::open(url, QUIRK_LOGIN[1]).await;
        let TunnelEnds { get, post, said, is_chunked } = ends;
        let mut wire = Self::connect(url, false).await;
        (wire.stream, wire.post) = (get, post);
        wire.chunks = is_chunked.then(|| said.clone());
        wire.inbox = if is_chunked { Vec::new() } else { said };
        wire.is_closed = wire.post.is_none();
        (wire, words)
    }

    /// Asks for all that a client asks for, and watches in between.
    pub(crate) async fn talk(&mut self) -> Words {
        let mut words = self.begin().await;
        if let Some(post) = &mut self.post {
            words.extend(tunnel_ends::listen(post).await);
        }
        if self.answered_play_at.is_some() {
            self.watch(WATCHED).await;
            for method in ["GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"] {
                words.extend(self.say(method, "", "").await);
            }
        }
        if self.read_bytes > FLOOD_BYTES {
            words.push("media: a flood".to_owned());
        }
        words
    }

    /// Asks until the camera plays.
    pub(crate) async fn begin(&mut self) -> Words {
        let transport = if self.udp {
            "Transport: RTP/AVP;unicast;client_port=40000-40001\r\n"
        } else {
            "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        };
        let mut words = Vec::new();
        for (method, suffix, headers) in [
            ("OPTIONS", "", ""),
            ("DESCRIBE", "", "Accept: application/sdp\r\n"),
            ("SETUP", "/video", transport),
            ("PLAY", "", "Range: npt=now-\r\n"),
        ] {
            words.extend(self.say(method, suffix, headers).await);
            if method != "OPTIONS" && !words.contains(&format!("{method}: 200")) {
                break;
            }
        }
        words
    }

    /// Sends a request, once more with the password if it is asked for, and puts the answer in words.
    async fn say(&mut self, method: &str, suffix: &str, headers: &str) -> Words {
        let mut words = Vec::new();
        for _ in 0..2 {
            let answer = self.ask(method, suffix, headers).await;
            let is_asked_again = self.challenge.is_some();
            match &answer {
                // How often depends on how fast we are.
                Some(answer) if answer.code() == "401" && is_asked_again => {
                    words.push("password: asked for again".to_owned());
                }
                _ => words.extend(self.put_in_words(method, answer.as_ref())),
            }
            let Some(answer) = answer.filter(|answer| answer.code() == "401") else { break };
            self.challenge = answer.header("www-authenticate").map(Challenge::read);
        }
        words
    }

    async fn ask(&mut self, method: &str, suffix: &str, headers: &str) -> Option<Answer> {
        self.cseq += 1;
        let Self { url, cseq, session, .. } = self;
        let mut request = format!("{method} {url}{suffix} RTSP/1.0\r\nCSeq: {cseq}\r\n{headers}");
        if !session.is_empty() {
            request.push_str(&format!("Session: {session}\r\n"));
        }
        if let Some(challenge) = &self.challenge {
            request.push_str(&authorization(
                challenge,
                self.password,
                method,
                &format!("{url}{suffix}"),
            ));
        }
        if method == "PLAY" {
            self.played_at = Some(Instant::now());
            self.played_utc = Some(SystemTime::now());
        }
        let request = format!("{request}\r\n");
        match &mut self.post {
            Some(post) => post.write_all(STANDARD.encode(request).as_bytes()).await.ok()?,
            None => self.stream.write_all(request.as_bytes()).await.ok()?,
        }
        let answer = self.next_answer(PATIENCE).await?;
        if method == "PLAY" {
            self.answered_play_at = Some(Instant::now());
            let info = answer.header("rtp-info").and_then(|info| info.split_once(";seq="));
            self.told_start = info.map(|(_, start)| start.replace("rtptime=", ""));
        }
        if method == "SETUP" {
            let session = answer.header("session").unwrap_or_default();
            self.session = session.split(';').next().unwrap_or_default().trim().to_owned();
            let transport = answer.header("transport").unwrap_or_default();
            let ssrc = transport.split(';').find_map(|part| part.strip_prefix("ssrc="));
            self.told_ssrc = ssrc.and_then(|hex| u32::from_str_radix(hex, 16).ok());
        }
        Some(answer)
    }

    /// An answer in words: its code, and of what matters its lines, without what is new at every run.
    fn put_in_words(&self, method: &str, answer: Option<&Answer>) -> Words {
        let Some(answer) = answer else { return vec![format!("{method}: no answer")] };
        let mut words = vec![format!("{method}: {}", answer.code())];
        let is_detailed = matches!(method, "DESCRIBE" | "SETUP" | "PLAY");
        let lines = answer.head.split_inclusive('\n').map(str::to_owned);
        let body = answer.body.split_inclusive(|byte| *byte == b'\n');
        let body = body.map(|line| line.escape_ascii().to_string());
        let body = body.map(|line| line.replace("\\r\\n", "\r\n").replace("\\n", "\n"));
        let mut empty_lines = 0;
        for line in lines.chain(body) {
            let text = line.trim_end_matches('\n').trim_end_matches('\r');
            if text.len() + 1 == line.len() {
                words.push(format!("{method}: lines end in LF"));
            }
            empty_lines += usize::from(text.is_empty());
            if is_detailed || text.starts_with("Public") {
                words.push(format!("{method}: {}", self.without_chance(text).escape_debug()));
            }
        }
        words.push(format!("{method}: {empty_lines} empty lines"));
        words
    }

    /// The line without what is new at every run.
    fn without_chance(&self, line: &str) -> String {
        let host = self.url.trim_start_matches("rtsp://").split('/').next().unwrap();
        let port = host.split(':').nth(1).unwrap();
        let ssrc = self.told_ssrc.map(|ssrc| format!("{ssrc:08X}")).unwrap_or_default();
        let id = format!("/{}", self.url.rsplit('/').next().unwrap());
        let mut line = line.to_owned();
        for (found, word) in [
            (host, "HOST"),
            (port, "PORT"),
            (&id, "/ID"),
            (&self.session, "SESSION"),
            (&ssrc, "SSRC"),
        ] {
            if !found.is_empty() {
                line = line.replace(found, word);
            }
        }
        if line.to_ascii_lowercase().starts_with("cseq") {
            line = line.replace(&self.cseq.to_string(), "N");
            line = line.replace(&(self.cseq - 1).to_string(), "N-1");
        }
        if line.starts_with("s=") && line.contains(id.trim_start_matches('/')) {
            line = "s=ID".to_owned();
        }
        without_numbers(&line)
    }

    /// Reads media for so long, or until a flood is certain.
    async fn watch(&mut self, span: Duration) {
        let until = Instant::now() + span;
        while Instant::now() < until && !self.is_closed && self.read_bytes < FLOOD_BYTES {
            let left = until.saturating_duration_since(Instant::now());
            let _answer = self.next_answer(left).await;
        }
    }

    /// How long after PLAY the last media came before a silence of `span`, or the end.
    pub(crate) async fn until_silent(&mut self, span: Duration) -> Duration {
        let began_at = self.played_at.expect("it plays");
        loop {
            let before = self.frames.len();
            self.watch(span).await;
            if self.is_closed {
                return began_at.elapsed();
            }
            if self.frames.len() == before {
                return began_at.elapsed() - span;
            }
        }
    }

    /// Whether media came before the answer to PLAY.
    pub(crate) fn is_media_first(&self) -> bool {
        self.first_media_at.zip(self.answered_play_at).is_some_and(|(media, answer)| media < answer)
    }

    /// The next answer within `patience`; media on the way is kept.
    async fn next_answer(&mut self, patience: Duration) -> Option<Answer> {
        let until = Instant::now() + patience;
        loop {
            if let Some(answer) = self.take() {
                return Some(answer);
            }
            if self.read_bytes > FLOOD_BYTES || self.is_closed {
                return None;
            }
            let left = until.saturating_duration_since(Instant::now());
            let inlet = self.chunks.as_mut().unwrap_or(&mut self.inbox);
            match timeout(left, self.stream.read_buf(inlet)).await {
                Ok(Ok(0) | Err(_)) => self.is_closed = true,
                Ok(Ok(length)) => self.read_bytes += length,
                Err(_elapsed) => return None,
            }
            self.take_chunks();
        }
    }

    /// Moves what is complete of the chunks to the inbox.
    fn take_chunks(&mut self) {
        let Some(chunks) = &mut self.chunks else { return };
        while let Some(end) = chunks.windows(2).position(|it| it == b"\r\n") {
            let length = String::from_utf8_lossy(&chunks[..end]).into_owned();
            let length = usize::from_str_radix(&length, 16).expect("the length of a chunk");
            let Some(chunk) = chunks.get(end + 2..end + 2 + length + 2) else { return };
            self.inbox.extend_from_slice(chunk.strip_suffix(b"\r\n").expect("its end"));
            chunks.drain(..end + 2 + length + 2);
        }
    }

    /// Takes frames and stray bytes off the inbox until an answer is complete.
    fn take(&mut self) -> Option<Answer> {
        loop {
            match self.inbox.as_slice() {
                [b'$', channel, high, low, rest @ ..] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    let frame = rest.get(..length)?.to_vec();
                    // Packets of sender reports come first, and say nothing about the pictures.
                    if frame.get(1).is_some_and(|kind| *kind != 200) {
                        self.first_media_at.get_or_insert_with(Instant::now);
                    }
                    self.frames.push(Frame {
                        channel: *channel,
                        bytes: frame,
                        came_at: SystemTime::now(),
                    });
                    self.inbox.drain(..4 + length);
                }
                [b'R', ..] | [b'H', b'T', b'T', b'P', ..] => return self.take_answer(),
                [b'$', ..] | [] => return None,
                _ => {
                    let may_begin = |byte: &u8| matches!(byte, b'$' | b'R' | b'H');
                    let next = self.inbox.iter().skip(1).position(may_begin);
                    let strays = next.map_or(self.inbox.len(), |next| next + 1);
                    self.stray_bytes += strays;
                    self.inbox.drain(..strays);
                }
            }
        }
    }

    fn take_answer(&mut self) -> Option<Answer> {
        let ends = [&b"\r\n\r\n"[..], b"\n\n"].into_iter().filter_map(|end| {
            let place = self.inbox.windows(end.len()).position(|bytes| bytes == end)?;
            Some(place + end.len())
        });
        let end = ends.min()?;
        let head = String::from_utf8_lossy(&self.inbox[..end]).into_owned();
        let answer = Answer { head, body: Vec::new() };
        let length: usize =
            answer.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        let body = self.inbox.get(end..end.checked_add(length)?)?.to_vec();
        self.inbox.drain(..end + length);
        Some(Answer { body, ..answer })
    }
}

/// What begins with `end`.
fn from<'t>(text: &'t str, end: &str) -> &'t str {
    text.find(end).and_then(|place| text.get(place..)).unwrap_or_default()
}

/// The line without random numbers and those that depend on them.
fn without_numbers(line: &str) -> String {
    let mut line = line.to_owned();
    for (name, end) in [("seq=", ";"), ("rtptime=", ";"), ("nonce=\"", "\""), ("Length: ", "\r")] {
        if let Some((before, after)) = line.split_once(name) {
            let rest = from(after, end);
            let sign = if after.starts_with('-') { "-" } else { "" };
            line = format!("{before}{name}{sign}N{rest}");
        }
    }
    match line.split_once(";ssrc=") {
        Some((before, after)) if after.starts_with(|first: char| first.is_ascii_digit()) => {
            let rest = from(after, ";");
            format!("{before};ssrc=DECIMAL{rest}")
        }
        _ => line,
    }
}
