//! One client's connection: requests in, answers and interleaved media out.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::{Buf as _, BytesMut};
use rtsp_types::{Message, Method, ParseError, Request, Response, StatusCode, Version, headers};
use thiserror::Error;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::camera_set::CameraSet;
use super::inlet::Inlet;
use super::quirk::flood::{Flood, FloodState};
use super::quirk::quirks::Quirks;
use super::reply::Reply;
use super::request::Responder;
use super::session::{Session, SessionEvent, sleep_until};

/// Bytes a client may leave unread, besides those in the system's socket buffers: two seconds of
/// 4 Mbit/s. One access unit may be added on top.
const MAX_UNSENT_BYTES: usize = 1 << 20;

/// The longest request, in bytes.
const MAX_REQUEST_BYTES: usize = 64 << 10;

const READ_BYTES: usize = 4 << 10;

/// Why a connection ends.
#[derive(Debug, Error)]
pub(crate) enum ConnectionError {
    #[error("closed by the client")]
    ByClient,
    #[error("no sign of life from the client for {secs} s")]
    Silence { secs: u64 },
    #[error("the client reads too slowly: {unsent_bytes} bytes wait for it")]
    TooSlow { unsent_bytes: usize },
    #[error("the client does not speak RTSP")]
    NotRtsp,
    #[error("the clip is over")]
    ClipOver,
    #[error("cut on purpose")]
    Cut,
    #[error("the server stops")]
    Shutdown,
    #[error("connection lost: {0}")]
    Lost(#[from] io::Error),
}

/// A connection. Its session, if SETUP made one, ends with it.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// Where requests come from, if they come inside HTTP.
    inlet: Option<Inlet>,
    /// Chunks that wait to be sent, and the most bytes of one, if it speaks in chunks.
    chunks: Option<(BytesMut, usize)>,
    responder: Responder,
    inbox: BytesMut,
    outbox: BytesMut,
    alive_at: Instant,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr, cameras: Arc<CameraSet>) -> Self {
        let local_addr = stream.local_addr().ok();
        Self {
            stream,
            inlet: None,
            chunks: None,
            responder: Responder::new(peer, local_addr, cameras),
            inbox: BytesMut::new(),
            outbox: BytesMut::new(),
            alive_at: Instant::now(),
        }
    }

    /// The same with requests that come by `inlet`; it speaks in chunks of at most `chunk_bytes`, if that is set.
    pub(crate) fn tunnelled(mut self, inlet: Inlet, chunk_bytes: Option<usize>) -> Self {
        self.inlet = Some(inlet);
        self.chunks = chunk_bytes.map(|bytes| (BytesMut::new(), bytes));
        self.responder.is_tunnelled = true;
        self
    }

    /// Serves the client until one of the two ends the connection.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let Err(ended) = self.serve(&shutdown).await;
        let peer = self.responder.peer;
        let session = self.responder.session.as_ref();
        let camera = session.map(|session| session.camera().settings.id.as_str());
        match ended {
            ConnectionError::TooSlow { .. } | ConnectionError::NotRtsp => {
                tracing::warn!(%peer, camera, reason = %ended, "connection dropped");
            }
            _ => tracing::debug!(%peer, camera, reason = %ended, "connection ended"),
        }
    }

    async fn serve(&mut self, shutdown: &CancellationToken) -> Result<Infallible, ConnectionError> {
        // An answer or a picture is complete when it is written: there is nothing to wait for.
        self.stream.set_nodelay(true)?;
        loop {
            let timeout = self.quirks().session_timeout();
            let silent_at = self.alive_at + timeout;
            let media_at = self.responder.session.as_ref().and_then(Session::wake_at);
            tokio::select! {
                () = shutdown.cancelled() => return Err(ConnectionError::Shutdown),
                readable = self.stream.readable() => {
                    readable?;
                    self.receive(shutdown).await?;
                }
                bytes = next_request(&mut self.inlet) => {
                    self.inbox.extend_from_slice(&bytes);
                    self.alive_at = Instant::now();
                    self.take_requests(shutdown).await?;
                }
                writable = self.stream.writable(), if self.unsent_bytes() > 0 => writable?,
                event = next_event(&mut self.responder.session) => self.react(event)?,
                () = sleep_until(media_at) => self.stream_media().await?,
                () = tokio::time::sleep_until(silent_at) => {
                    return Err(ConnectionError::Silence { secs: timeout.as_secs() });
                }
            }
            self.flush()?;
            let unsent_bytes = self.unsent_bytes();
            if unsent_bytes > MAX_UNSENT_BYTES {
                return Err(ConnectionError::TooSlow { unsent_bytes });
            }
        }
    }

    /// The quirks of the camera that is asked; none before a camera was named.
    fn quirks(&self) -> Quirks {
        self.responder.camera().map(|camera| camera.settings.quirks).unwrap_or_default()
    }

    async fn receive(&mut self, shutdown: &CancellationToken) -> Result<(), ConnectionError> {
        self.inbox.reserve(READ_BYTES);
        let before = self.inbox.len();
        match self.stream.try_read_buf(&mut self.inbox) {
            Ok(0) => return Err(ConnectionError::ByClient),
            Ok(_) if self.quirks().counts_granted_requests() => {}
            Ok(_) => self.alive_at = Instant::now(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if self.inlet.is_some() {
            // Nobody has anything to say here.
            self.inbox.truncate(before);
        }
        self.take_requests(shutdown).await
    }

    async fn take_requests(&mut self, shutdown: &CancellationToken) -> Result<(), ConnectionError> {
        while !self.inbox.is_empty() {
            mend_url(&mut self.inbox);
            let (message, length) = match Message::<Vec<u8>>::parse(&self.inbox) {
                Ok(parsed) => parsed,
                Err(ParseError::Incomplete(_)) if self.inbox.len() < MAX_REQUEST_BYTES => break,
                Err(_) => {
                    let refusal = Response::builder(Version::V1_0, StatusCode::BadRequest);
                    self.outbox.extend_from_slice(&Reply::new(refusal.build(Vec::new())).bytes());
                    self.flush()?;
                    return Err(ConnectionError::NotRtsp);
                }
            };
            self.inbox.advance(length);
            // Receiver reports and answers are signs of life, which were noted above.
            if let Message::Request(request) = message {
                self.respond(&request, shutdown).await?;
                if let Some(inlet) = &mut self.inlet {
                    inlet.taken(request.method() == Method::Play);
                }
            }
        }
        Ok(())
    }

    async fn respond(
        &mut self,
        request: &Request<Vec<u8>>,
        shutdown: &CancellationToken,
    ) -> Result<(), ConnectionError> {
        let reply = self.responder.answer(request).await;
        if reply.is_ok() {
            self.alive_at = Instant::now();
        }
        if reply.is_after_media {
            self.stream_media().await?;
        }
        let cseq = request.header(&headers::CSEQ).map_or("", |cseq| cseq.as_str());
        let flood = self.responder.flood(request.method().into(), cseq);
        let is_answered = flood.as_ref().is_none_or(|(flood, _)| flood.is_after_reply);
        if is_answered && !reply.is_silent {
            self.outbox.extend_from_slice(&reply.bytes());
        }
        match flood {
            Some((flood, state)) => self.flood(flood, state, shutdown).await,
            None => Ok(()),
        }
    }

    /// Sends without end, as fast as the client takes it, until it hangs up.
    async fn flood(
        &mut self,
        flood: &Flood,
        mut state: FloodState<'_>,
        shutdown: &CancellationToken,
    ) -> Result<(), ConnectionError> {
        self.outbox.extend_from_slice(&(flood.next)(&state));
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Err(ConnectionError::Shutdown),
                written = self.stream.write_all(&self.outbox) => written?,
            }
            self.outbox.clear();
            tokio::select! {
                () = shutdown.cancelled() => return Err(ConnectionError::Shutdown),
                () = tokio::time::sleep(flood.pause), if !flood.pause.is_zero() => {}
                () = tokio::task::yield_now(), if flood.pause.is_zero() => {}
            }
            state.count += 1;
            self.outbox.extend_from_slice(&(flood.next)(&state));
        }
    }

    fn unsent_bytes(&self) -> usize {
        self.outbox.len() + self.chunks.as_ref().map_or(0, |(chunks, _)| chunks.len())
    }

    /// Writes as much as the socket takes now.
    fn flush(&mut self) -> Result<(), ConnectionError> {
        let unsent = match &mut self.chunks {
            None => &mut self.outbox,
            Some((chunks, most)) => {
                for piece in self.outbox.split().chunks(*most) {
                    chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                    chunks.extend_from_slice(piece);
                    chunks.extend_from_slice(b"\r\n");
                }
                chunks
            }
        };
        while !unsent.is_empty() {
            match self.stream.try_write(unsent) {
                Ok(written) => unsent.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn stream_media(&mut self) -> Result<(), ConnectionError> {
        let Some(session) = &mut self.responder.session else {
            return Ok(());
        };
        if session.stream(&mut self.outbox).await {
            return Ok(());
        }
        self.flush()?;
        Err(ConnectionError::ClipOver)
    }

    fn react(&mut self, event: SessionEvent) -> Result<(), ConnectionError> {
        match event {
            SessionEvent::ClientAlive => self.alive_at = Instant::now(),
            SessionEvent::FaultsChanged => {
                if let Some(session) = &mut self.responder.session {
                    session.resume();
                }
            }
            SessionEvent::Cut => return Err(ConnectionError::Cut),
            SessionEvent::Forgotten => self.responder.session = None,
        }
        Ok(())
    }
}

async fn next_event(session: &mut Option<Session>) -> SessionEvent {
    match session {
        Some(session) => session.next_event().await,
        None => std::future::pending().await,
    }
}

async fn next_request(inlet: &mut Option<Inlet>) -> Vec<u8> {
    match inlet {
        Some(inlet) => inlet.next().await,
        None => std::future::pending().await,
    }
}

/// Cameras that tell a wrong URL take it back: they look at its path only.
fn mend_url(inbox: &mut BytesMut) {
    let Some(end) = inbox.iter().position(|byte| *byte == b'\r') else { return };
    let Some((line, rest)) = inbox.split_at_checked(end) else { return };
    let Ok(line) = std::str::from_utf8(line) else { return };
    let [method, url, version @ "RTSP/1.0"] = line.split(' ').collect::<Vec<_>>()[..] else {
        return;
    };
    let again = url.strip_prefix("rtsp://").and_then(|after| after.strip_prefix("rtsp"));
    let again = again.map(|after| after.trim_start_matches(':')).filter(|it| it.starts_with("//"));
    let mended = match again {
        Some(after) => format!("rtsp:{after}"),
        None if url != "*" && !url.contains("://") => format!("rtsp://{url}"),
        None => return,
    };
    let mended = [format!("{method} {mended} {version}").as_bytes(), rest].concat();
    *inbox = BytesMut::from(mended.as_slice());
}
