//! One client's connection: requests in, answers and interleaved media out.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use rtsp_types::{Empty, Message, ParseError, Response, StatusCode, Version};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::digest::Challenge;
use super::server::Site;
use super::session::{News, Session};

/// Without a request or an RTCP packet for so long, a client is taken to be gone. Told in the
/// Session header (RFC 2326 §12.37).
pub(crate) const SESSION_TIMEOUT: Duration = Duration::from_secs(60);

/// Bytes a client may leave unread, besides what the system's socket buffers hold: two seconds of
/// 4 Mbit/s. One access unit may come on top.
const MAX_UNSENT_BYTES: usize = 1 << 20;

/// The longest request, in bytes.
const MAX_REQUEST_BYTES: usize = 64 << 10;

const READ_BYTES: usize = 4 << 10;

/// Why a connection ends.
#[derive(Debug, Error)]
pub(crate) enum Ended {
    #[error("closed by the client")]
    ByClient,
    #[error("nothing heard from the client for {} s", SESSION_TIMEOUT.as_secs())]
    Silence,
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

/// A connection and, after SETUP, its session, which lives no longer than the connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) site: Arc<Site>,
    pub(crate) challenge: Challenge,
    pub(crate) session: Option<Session>,
    inbox: BytesMut,
    outbox: BytesMut,
    heard_at: Instant,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, peer: SocketAddr, site: Arc<Site>) -> Self {
        Self {
            stream,
            peer,
            site,
            challenge: Challenge::new(),
            session: None,
            inbox: BytesMut::new(),
            outbox: BytesMut::new(),
            heard_at: Instant::now(),
        }
    }

    /// Our own address as the client sees it.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Serves the client until either side has had enough.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let Err(ended) = self.serve(&shutdown).await;
        let peer = self.peer;
        let camera = self.session.as_ref().map(|session| session.camera().settings.id.as_str());
        match ended {
            Ended::TooSlow { .. } | Ended::NotRtsp => {
                tracing::warn!(%peer, camera, reason = %ended, "connection dropped");
            }
            _ => tracing::debug!(%peer, camera, reason = %ended, "connection ended"),
        }
    }

    async fn serve(&mut self, shutdown: &CancellationToken) -> Result<Never, Ended> {
        // An answer or a picture is complete when it is written: nothing to wait for.
        self.stream.set_nodelay(true)?;
        loop {
            let silent_at = self.heard_at + SESSION_TIMEOUT;
            let media_at = self.session.as_ref().and_then(Session::wake_at);
            tokio::select! {
                () = shutdown.cancelled() => return Err(Ended::Shutdown),
                readable = self.stream.readable() => {
                    readable?;
                    self.receive().await?;
                }
                writable = self.stream.writable(), if !self.outbox.is_empty() => writable?,
                news = news(&mut self.session) => self.react(news)?,
                () = sleep_until(media_at) => self.stream_media().await?,
                () = tokio::time::sleep_until(silent_at) => return Err(Ended::Silence),
            }
            self.flush()?;
            if self.outbox.len() > MAX_UNSENT_BYTES {
                return Err(Ended::TooSlow { unsent_bytes: self.outbox.len() });
            }
        }
    }

    async fn receive(&mut self) -> Result<(), Ended> {
        self.inbox.reserve(READ_BYTES);
        match self.stream.try_read_buf(&mut self.inbox) {
            Ok(0) => return Err(Ended::ByClient),
            Ok(_) => self.heard_at = Instant::now(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        while !self.inbox.is_empty() {
            let (message, length) = match Message::<Vec<u8>>::parse(&self.inbox) {
                Ok(parsed) => parsed,
                Err(ParseError::Incomplete(_)) if self.inbox.len() < MAX_REQUEST_BYTES => break,
                Err(_) => {
                    let refusal = Response::builder(Version::V1_0, StatusCode::BadRequest).empty();
                    self.write(&refusal.map_body(|_: Empty| Vec::new()))?;
                    self.flush()?;
                    return Err(Ended::NotRtsp);
                }
            };
            self.inbox.advance(length);
            // Receiver reports and answers are signs of life, noted already.
            if let Message::Request(request) = message {
                let response = self.answer(&request).await;
                self.write(&response)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, response: &Response<Vec<u8>>) -> Result<(), Ended> {
        let mut bytes = Vec::new();
        response.write(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
        self.outbox.extend_from_slice(&bytes);
        Ok(())
    }

    /// Writes as much as the socket takes now.
    fn flush(&mut self) -> Result<(), Ended> {
        while !self.outbox.is_empty() {
            match self.stream.try_write(&self.outbox) {
                Ok(written) => self.outbox.advance(written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn stream_media(&mut self) -> Result<(), Ended> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if session.stream(&mut self.outbox).await {
            return Ok(());
        }
        self.flush()?;
        Err(Ended::ClipOver)
    }

    fn react(&mut self, news: News) -> Result<(), Ended> {
        match news {
            News::Heard => self.heard_at = Instant::now(),
            News::FeedChanged => {
                if let Some(session) = &mut self.session {
                    session.resume();
                }
            }
            News::Cut => return Err(Ended::Cut),
        }
        Ok(())
    }
}

/// A value that can not be: [`Connection::serve`] only ever returns a reason to stop.
enum Never {}

async fn news(session: &mut Option<Session>) -> News {
    match session {
        Some(session) => session.news().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(wake_at: Option<Instant>) {
    match wake_at {
        Some(wake_at) => tokio::time::sleep_until(wake_at).await,
        None => std::future::pending().await,
    }
}
