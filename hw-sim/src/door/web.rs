//! The little of HTTP 1.1 that a door's web server knows.

use std::io;

use bytes::{Buf as _, BytesMut};
use httparse::Status;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The longest request, in bytes.
const LONGEST: usize = 64 * 1024;

/// A request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query, as they came.
    pub(super) target: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(it, _)| it.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The path alone.
    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// A connection from whoever asks.
#[derive(Debug)]
pub(super) struct Conversation {
    pub(super) stream: TcpStream,
    buffer: BytesMut,
}

impl Conversation {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next request; none if the other side has gone.
    ///
    /// # Errors
    /// If it is no HTTP, or too long.
    pub(super) async fn next(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some((request, length)) = parse(&self.buffer)? {
                self.buffer.advance(length);
                return Ok(Some(request));
            }
            if self.buffer.len() > LONGEST {
                return Err(io::Error::other("the request is too long"));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Answers with a whole body.
    ///
    /// # Errors
    /// If the other side has gone.
    pub(super) async fn answer(
        &mut self,
        status: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<()> {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n");
        self.stream.write_all(&[head.as_bytes(), body].concat()).await
    }
}

fn parse(buffer: &[u8]) -> io::Result<Option<(Request, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut head = httparse::Request::new(&mut headers);
    let Status::Complete(begin) = head.parse(buffer).map_err(io::Error::other)? else {
        return Ok(None);
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers: Vec<(String, String)> =
        head.headers.iter().map(|it| (it.name.to_owned(), text(it.value))).collect();
    let mut request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        headers,
        body: Vec::new(),
    };
    let length = request.header("content-length").and_then(|it| it.parse().ok()).unwrap_or(0_usize);
    let Some(body) = buffer.get(begin..begin.saturating_add(length)) else { return Ok(None) };
    request.body = body.to_vec();
    Ok(Some((request, begin + length)))
}
