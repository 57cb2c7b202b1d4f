//! The camera's end of the line: read in pieces, every piece counted.

use std::net::IpAddr;
use std::time::Duration;

use bytes::BytesMut;
use futures::FutureExt;
use tokio::io::{AsyncReadExt, ReadHalf};
use tokio::time::Instant;

use super::framing::{Framer, FramingError, Item};
use super::head::First;
use super::http::Chunks;
use super::network::{AnyWire, Connection, Network};
use super::outlet::Outlet;
use super::posts::Posts;
use super::straight::Straight;
use super::tunnel::Tunnel;
use crate::fault::SessionError;
use crate::tunnel_fault::TunnelError;
use crate::wording::{is_tls, shown};

/// Room that is made for each read.
const PIECE: usize = 32 * 1024;

/// Over this span the flow of a camera is measured. A camera may send a burst after a stall.
const FLOW_SPAN: Duration = Duration::from_secs(4);

/// Bytes that a camera may send in a span: 128 Mbit/s, five times a good 4K stream.
const FLOW_BYTES: u64 = 64 * 1024 * 1024;

/// Messages and packets that it may send in a span: 50,000 a second. The same stream has a tenth.
const FLOW_ITEMS: u64 = 200_000;

/// Messages among them.
const FLOW_MESSAGES: u64 = 1_000;

/// What came first is kept, to say what the camera speaks.
const OPENING_BYTES: usize = 96;

/// The camera's end of the line.
pub(super) struct CameraEnd<N> {
    pub(super) local_ip: IpAddr,
    pub(super) peer_ip: IpAddr,
    pub(super) is_encrypted: bool,
    wire: ReadHalf<AnyWire>,
    outlet: Outlet<N>,
    /// Set if what the camera says comes in chunks there.
    chunks: Option<Chunks>,
    framer: Framer,
    opening: BytesMut,
    has_spoken: bool,
    flow: Flow,
}

/// What happened at this end.
#[derive(Debug)]
pub(super) enum Heard {
    /// The camera may have said more.
    More,
    /// It will say nothing more.
    End,
    /// Something was not said to it.
    Unsaid(SessionError),
}

impl<N: Network> CameraEnd<N> {
    /// A camera that is connected. What is said to it must go within `limit`.
    pub(super) fn new(connection: Connection, limit: Duration) -> Self {
        let Connection { wire, local_ip, peer_ip, is_encrypted } = connection;
        let (wire, sending) = tokio::io::split(wire);
        Self {
            local_ip,
            peer_ip,
            is_encrypted,
            wire,
            outlet: Outlet::Straight(Straight::new(sending, limit)),
            chunks: None,
            framer: Framer::default(),
            opening: BytesMut::new(),
            has_spoken: false,
            flow: Flow::new(Instant::now()),
        }
    }

    /// A camera behind a tunnel.
    ///
    /// # Errors
    /// If what it has said already makes no sense.
    pub(super) fn tunnelled(tunnel: Tunnel<N>) -> Result<Self, SessionError> {
        let Tunnel { posts, connection, chunks, said } = tunnel;
        let outlet = Outlet::Posts(Box::new(posts));
        let mut end = Self { outlet, chunks, ..Self::new(connection, Duration::ZERO) };
        end.inlet().extend_from_slice(&said);
        end.take_in(said.len(), 0)?;
        Ok(end)
    }

    /// Where what the camera says is read into.
    fn inlet(&mut self) -> &mut BytesMut {
        self.chunks.as_mut().map_or(self.framer.buffer(), |chunks| &mut chunks.raw)
    }

    /// Reads once, or goes on saying what is to be said. Nothing is lost if it is dropped.
    pub(super) async fn read(&mut self) -> Result<Heard, SessionError> {
        let before = self.framer.buffer().len();
        self.inlet().reserve(PIECE);
        let Self { wire, outlet, chunks, framer, .. } = self;
        let inlet = chunks.as_mut().map_or(framer.buffer(), |chunks| &mut chunks.raw);
        tokio::select! {
            read = wire.read_buf(inlet) => {
                let count = read.map_err(|error| SessionError::unreachable(&error))?;
                let goes_on = self.take_in(count, before)? && count > 0;
                Ok(if goes_on { Heard::More } else { Heard::End })
            }
            worked = outlet.work() => match worked {
                Ok(count) => {
                    self.flow.add(Instant::now(), count as u64, 0, 0)?;
                    Ok(Heard::More)
                }
                Err(error) => Ok(Heard::Unsaid(error)),
            }
        }
    }

    /// Takes what was read in, behind what was there `before`; false if the camera said that this is all.
    fn take_in(&mut self, count: usize, before: usize) -> Result<bool, SessionError> {
        let buffer = self.framer.buffer();
        let goes_on = self.chunks.as_mut().map_or(Ok(true), |chunks| chunks.take(buffer))?;
        let fresh = buffer.get(before..).unwrap_or_default();
        let missing = OPENING_BYTES.saturating_sub(self.opening.len());
        self.opening.extend_from_slice(fresh.get(..missing).unwrap_or(fresh));
        self.flow.add(Instant::now(), count as u64, 0, 0)?;
        Ok(goes_on)
    }

    /// Whether there is another way to ask what was not answered; if so, it is taken.
    pub(super) fn tries_otherwise(&mut self) -> bool {
        self.outlet.posts().is_some_and(Posts::tries_otherwise)
    }

    /// The next item of what was read; `step` is what is waited for. One more answer to what was said again
    /// is none.
    pub(super) fn next(&mut self, step: &'static str) -> Result<Option<Item>, SessionError> {
        loop {
            match (self.next_of_all(step)?, self.outlet.posts()) {
                (Some(Item::Message(head, body)), Some(posts)) => {
                    if !matches!(head.first, First::Status(200..)) || posts.settles(&head) {
                        return Ok(Some(Item::Message(head, body)));
                    }
                }
                (item, _) => return Ok(item),
            }
        }
    }

    fn next_of_all(&mut self, step: &'static str) -> Result<Option<Item>, SessionError> {
        let item = self.framer.next().map_err(|error| match error {
            FramingError::TooLong(what) => SessionError::Flood { what },
            FramingError::Garbage(_) if !self.has_spoken => self.no_rtsp(step),
            FramingError::Garbage(what) => self.garbage(step, what),
        })?;
        match &item {
            Some(Item::Message(_, _)) => {
                self.has_spoken = true;
                self.flow.add(Instant::now(), 0, 1, 1)?;
            }
            Some(Item::Packet { .. }) => {
                self.flow.add(Instant::now(), 0, 1, 0)?;
                if let Some(posts) = self.outlet.posts() {
                    posts.flows();
                }
            }
            // No need to wait for the end of it.
            None if self.speaks_http() => return Err(SessionError::SpeaksHttp),
            None => {}
        }
        Ok(item)
    }

    /// Notes a datagram that came beside the connection.
    pub(super) fn count_datagram(&mut self, bytes: usize) -> Result<(), SessionError> {
        self.flow.add(Instant::now(), bytes as u64, 1, 0)
    }

    /// Why it ended while `step` was waited for.
    pub(super) fn ending(&self, step: &'static str) -> SessionError {
        let is_rtsp = self.has_spoken || self.framer.unfinished().is_some();
        if is_rtsp || self.opening.is_empty() {
            SessionError::Unreachable("the camera broke the connection off")
        } else {
            self.no_rtsp(step)
        }
    }

    /// An answer to `step` that did not come whole within `limit`; none if none has begun.
    pub(super) fn unfinished(&self, step: &'static str, limit: Duration) -> Option<SessionError> {
        let what = self.framer.unfinished()?;
        Some(SessionError::Unfinished { step, what, limit })
    }

    /// Whether something came that was no RTSP.
    pub(super) fn has_babbled(&self) -> bool {
        !self.has_spoken && !self.opening.is_empty()
    }

    /// Whether HTTP came in answer to RTSP.
    fn speaks_http(&self) -> bool {
        let names_http = self.opening.get(..5).is_some_and(|it| it.eq_ignore_ascii_case(b"HTTP/"));
        names_http && !self.has_spoken && !self.outlet.is_tunnel()
    }

    fn no_rtsp(&self, step: &'static str) -> SessionError {
        match self.speaks_http() {
            true => SessionError::SpeaksHttp,
            false if is_tls(&self.opening) => SessionError::SpeaksTls,
            false => self.garbage(step, shown(&self.opening)),
        }
    }

    fn garbage(&self, step: &'static str, what: String) -> SessionError {
        match self.outlet.is_tunnel() {
            true => TunnelError::NoRtsp { step, what }.into(),
            false => SessionError::NoRtsp { step, what },
        }
    }

    /// Says something to the camera: at once if it takes it at once, otherwise while it is read.
    ///
    /// # Errors
    /// If the camera does not take it, or what was to be said before.
    pub(super) fn say(&mut self, message: Vec<u8>) -> Result<(), SessionError> {
        if let Err(error) = self.outlet.waiting().push(message) {
            return Err(self.outlet.unsaid().unwrap_or(error));
        }
        while !self.outlet.waiting().is_empty() {
            match self.outlet.work().now_or_never() {
                None => break,
                Some(worked) => self.flow.add(Instant::now(), worked? as u64, 0, 0)?,
            }
        }
        Ok(())
    }

    /// Nothing that waits, or that the camera did not take, is to be said any more.
    pub(super) fn hush(&mut self) {
        self.outlet.hush();
    }

    /// Whether whatever is said may bring a password.
    pub(super) fn is_tunnel(&self) -> bool {
        self.outlet.is_tunnel()
    }

    /// Why what is on its way has not gone; none if nothing is.
    pub(super) fn unsaid(&self) -> Option<SessionError> {
        self.outlet.unsaid()
    }
}

/// How much a camera sent in the present span.
#[derive(Debug)]
struct Flow {
    since: Instant,
    bytes: u64,
    items: u64,
    messages: u64,
}

impl Flow {
    fn new(now: Instant) -> Self {
        Self { since: now, bytes: 0, items: 0, messages: 0 }
    }

    fn add(
        &mut self,
        now: Instant,
        bytes: u64,
        items: u64,
        messages: u64,
    ) -> Result<(), SessionError> {
        if now.duration_since(self.since) > FLOW_SPAN {
            *self = Self::new(now);
        }
        self.bytes += bytes;
        self.items += items;
        self.messages += messages;
        let what = if self.bytes > FLOW_BYTES {
            "more than 128 Mbit/s"
        } else if self.items > FLOW_ITEMS {
            "more than 50,000 packets a second"
        } else if self.messages > FLOW_MESSAGES {
            "more than 250 messages a second"
        } else {
            return Ok(());
        };
        Err(SessionError::Flood { what })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_allowed_and_a_flood_is_not() {
        let start = Instant::now();
        let mut flow = Flow::new(start);
        assert!(flow.add(start, FLOW_BYTES, FLOW_ITEMS, FLOW_MESSAGES).is_ok());
        assert!(flow.add(start + FLOW_SPAN * 2, FLOW_BYTES, 0, 0).is_ok());
        assert!(flow.add(start + FLOW_SPAN * 2, 1, 0, 0).is_err());
    }
}
