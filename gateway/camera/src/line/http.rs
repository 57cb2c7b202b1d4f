//! The little of HTTP that a tunnel needs: its two requests, the head of an answer, a body in chunks.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use httparse::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout_at;
use url::Url;

use super::framing::LONGEST_HEAD;
use super::head::{First, Head, USER_AGENT, end_of_head};
use super::network::{AnyWire, port_of};
use crate::deadline::Deadline;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};
use crate::tunnel_fault::TunnelError;
use crate::wording::shown;

/// What cameras and clients call what is in a tunnel.
const KIND: &str = "application/x-rtsp-tunnelled";

/// All that may come in answer to a request, in bytes: the answer may be announced (100 Continue).
const LONGEST_ANSWER: usize = 4 * LONGEST_HEAD;

/// The longest line before a chunk, in bytes: its length, and what some append.
const LONGEST_CHUNK_LINE: usize = 256;

/// A request without its `Authorization`: each line with its end, the empty one left out. The first is that
/// of HTTP 1.0, as cameras know it since QuickTime.
pub(super) fn request(method: &str, url: &Url, transport: Transport) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = port_of(url, transport);
    let target = target(url);
    format!("{method} {target} HTTP/1.0\r\nHost: {host}:{port}\r\n{USER_AGENT}\r\n")
}

/// What a request asks for: path and query. Some cameras have a tunnel at the stream's own path only.
pub(super) fn target(url: &Url) -> String {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = if url.path().is_empty() { "/" } else { url.path() };
    format!("{path}{query}")
}

/// The headers that both requests of a tunnel have; `kind` is the name of the one that tells what is in it.
pub(super) fn tunnel_headers(kind: &str, cookie: &str) -> String {
    format!(
        "x-sessioncookie: {cookie}\r\n{kind}: {KIND}\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n"
    )
}

/// A request with its `Authorization`, if there is one, and its end.
pub(super) fn complete(request: String, login: Option<Vec<u8>>) -> Vec<u8> {
    let mut bytes = request.into_bytes();
    if let Some(login) = login {
        bytes.extend_from_slice(b"Authorization: ");
        bytes.extend_from_slice(&login);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// The status of an answer.
pub(super) fn status(head: &Head) -> u16 {
    match head.first {
        First::Status(status) => status,
        First::Request { .. } => 0,
    }
}

/// What it means that a web server answers a password with something beside the stream: a page, or another
/// address.
pub(super) fn aside(head: &Head) -> SessionError {
    let what = match (status(head), page_kind(head)) {
        (status @ 300..=399, _) => format!("another address ({status})"),
        (_, Some(kind)) => format!("a page ({kind})"),
        (status, None) => format!("{status}"),
    };
    SessionError::LoginAside { what }
}

/// The kind of page that an answer brings; none if it may be a stream. Any other name is believed: what it is,
/// shows.
pub(super) fn page_kind(head: &Head) -> Option<String> {
    let kind = head.get("content-type").unwrap_or_default();
    let is_text = kind.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case(b"text/"));
    is_text.then(|| shown(kind))
}

/// Sends a request and waits for the head of its answer; gives it, and what came behind it.
///
/// # Errors
/// If none comes in time.
pub(super) async fn ask(
    wire: &mut AnyWire,
    request: &[u8],
    step: &'static str,
    settings: &Settings,
) -> Result<(Head, BytesMut), SessionError> {
    let limit = settings.step_timeout;
    let mut deadline = Deadline::after(limit);
    let mut reading = HeadReading::default();
    let unreachable = |error| SessionError::unreachable(&error);
    let sent = timeout_at(deadline.at(), wire.write_all(request)).await;
    sent.map_err(|_| SessionError::Timeout { step, limit })?.map_err(unreachable)?;
    loop {
        if let Some(head) = reading.next()? {
            return Ok((head, reading.buffer));
        }
        match timeout_at(deadline.at(), wire.read_buf(&mut reading.buffer)).await {
            Err(_) if deadline.has_passed() => {
                return Err(reading.overdue(step, limit));
            }
            Err(_) | Ok(Ok(1..)) => {}
            Ok(Ok(0)) => {
                let broken = SessionError::Unreachable("the camera broke the connection off");
                return Err(reading.nothing().unwrap_or(broken));
            }
            Ok(Err(error)) => return Err(unreachable(error)),
        }
    }
}

/// The head of an answer, as it comes.
#[derive(Debug, Default)]
pub(super) struct HeadReading {
    pub(super) buffer: BytesMut,
    searched: usize,
    /// A line of it came whole.
    has_line: bool,
    passed: usize,
    /// The status of the latest announcement.
    announced: Option<u16>,
}

impl HeadReading {
    /// The head of the answer, if it is complete. Announcements are passed over.
    ///
    /// # Errors
    /// If it is none, or too long.
    pub(super) fn next(&mut self) -> Result<Option<Head>, SessionError> {
        loop {
            let Some(end) = end_of_head(&self.buffer, self.searched) else {
                let fresh = self.buffer.get(self.searched..).unwrap_or_default();
                self.has_line |= fresh.contains(&b'\n');
                self.searched = self.buffer.len();
                return match self.nothing() {
                    Some(error) if self.has_line => Err(error),
                    _ if self.buffer.len() > LONGEST_HEAD => {
                        Err(SessionError::Flood { what: "a message head of more than 16 KiB" })
                    }
                    _ => Ok(None),
                };
            };
            let head = self.buffer.get(..end).and_then(Head::parse);
            let head = match head {
                Some(head) if self.nothing().is_none() => head,
                _ => return Err(self.nothing().unwrap_or_else(|| self.no_http())),
            };
            self.passed += end;
            if self.passed > LONGEST_ANSWER {
                return Err(SessionError::Flood { what: "an answer without end" });
            }
            self.buffer.advance(end);
            (self.searched, self.has_line) = (0, false);
            match head.first {
                First::Status(status @ 100..=199) => self.announced = Some(status),
                _ => return Ok(Some(head)),
            }
        }
    }

    /// Why no answer came in time.
    fn overdue(&self, step: &'static str, limit: Duration) -> SessionError {
        self.nothing().unwrap_or(match self.announced {
            Some(status) => SessionError::Announced { step, status, limit },
            None => SessionError::Timeout { step, limit },
        })
    }

    /// What is wrong with what came; none if it may be the begin of an answer, or nothing came.
    fn nothing(&self) -> Option<SessionError> {
        let begin = self.buffer.get(..4).unwrap_or(&self.buffer);
        let is_like = |word: &[u8]| {
            word.get(..begin.len()).is_some_and(|word| word.eq_ignore_ascii_case(begin))
        };
        match begin {
            _ if is_like(b"HTTP") => None,
            _ if is_like(b"RTSP") => Some(TunnelError::SpeaksRtsp.into()),
            [0x15 | 0x16, 3, ..] => Some(SessionError::SpeaksTls),
            _ => Some(self.no_http()),
        }
    }

    fn no_http(&self) -> SessionError {
        TunnelError::NoHttp { what: shown(&self.buffer) }.into()
    }
}

/// Takes the chunks of a body apart (RFC 9112 §7.1). A tunnel has none by its definition, but proxies make
/// them.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    pub(super) raw: BytesMut,
    /// Bytes of the present chunk that are still to come.
    left: u64,
    /// Before the next chunk stands the line end of the one before.
    is_behind: bool,
    /// The last chunk came.
    has_ended: bool,
}

impl Chunks {
    /// Moves what came of the body to `body`; false at its end.
    ///
    /// # Errors
    /// If these are no chunks.
    pub(super) fn take(&mut self, body: &mut BytesMut) -> Result<bool, SessionError> {
        loop {
            let came = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.raw.len());
            body.extend_from_slice(&self.raw.split_to(came));
            self.left -= came as u64;
            if self.has_ended || self.left > 0 || self.raw.is_empty() {
                return Ok(!self.has_ended);
            }
            while self.is_behind && matches!(self.raw.first(), Some(b'\r' | b'\n')) {
                self.raw.advance(1);
            }
            match httparse::parse_chunk_size(&self.raw) {
                Ok(Status::Complete((line, length))) => {
                    self.raw.advance(line);
                    (self.left, self.is_behind, self.has_ended) = (length, true, length == 0);
                }
                Ok(Status::Partial) if self.raw.len() <= LONGEST_CHUNK_LINE => return Ok(true),
                _ => return Err(TunnelError::NoHttp { what: shown(&self.raw) }.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<u16>, String> {
        let mut reading = HeadReading { buffer: bytes.into(), ..HeadReading::default() };
        let head = reading.next().map_err(|error| error.to_string())?;
        Ok(head.map(|head| match head.first {
            First::Status(status) => status,
            First::Request { .. } => 0,
        }))
    }

    #[test]
    fn an_answer_is_told_from_what_is_none() {
        assert_eq!(read(b"HTTP/1.0 200 OK\r\n\r\nRTSP"), Ok(Some(200)));
        assert_eq!(read(b"http/1.1 404\n\n"), Ok(Some(404)));
        assert_eq!(read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), Ok(Some(200)));
        for begin in ["", "H", "HTTP/1.1 200 OK\r\nServer: a"] {
            assert_eq!(read(begin.as_bytes()), Ok(None), "{begin}");
        }
        for (wrong, why) in [
            (&b"RTSP/1.0 400 Bad Request\r\n\r\n"[..], "speaks RTSP at this port"),
            (&[0x15, 3, 1, 0, 2, 2, 70, b'\n'], "speaks TLS at this port"),
            (b"SSH-2.0-dropbear\r\n", "no HTTP (SSH-2.0-dropbear)"),
            (b"HTTP\r\n\r\n", "no HTTP"),
            (&b"HTTP/1.1 100 Continue\r\n\r\n".repeat(4000), "without end"),
            (&[b"HTTP/1.0 200 OK\r\nX: ", &[b'A'; LONGEST_HEAD][..]].concat(), "16 KiB"),
        ] {
            let told = read(wrong).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }

    #[test]
    fn chunks_are_put_together_however_they_are_cut() {
        let wire = b"5\r\nRTSP/\r\n0a;name=x\r\n1.0 200 OK\r\n1\r\n\n\r\n0\r\n\r\n";
        for piece in 1..wire.len() {
            let (mut chunks, mut body, mut goes_on) = (Chunks::default(), BytesMut::new(), true);
            for bytes in wire.chunks(piece) {
                chunks.raw.extend_from_slice(bytes);
                goes_on = chunks.take(&mut body).unwrap();
            }
            assert_eq!((&body[..], goes_on), (&b"RTSP/1.0 200 OK\n"[..], false), "{piece}");
        }
        for wrong in [&b"RTSP/1.0 200 OK\r\n"[..], &[b'0'; 300], b"11111111111111111\r\n"] {
            let mut chunks = Chunks { raw: wrong.into(), ..Chunks::default() };
            assert!(chunks.take(&mut BytesMut::new()).is_err(), "{wrong:?}");
        }
    }
}
