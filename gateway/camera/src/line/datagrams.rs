//! RTP over UDP, received by the line and handed on inside the client's connection.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::network::{Network, Port};
use crate::fault::SessionError;

/// How often a pair of neighbouring ports is looked for.
const TRIES: usize = 50;

/// The largest datagram, in bytes.
pub(super) const LARGEST: usize = 65_536;

/// An RTP header without payload: opens the way through a firewall.
const HOLE_RTP: [u8; 12] = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// An empty receiver report (RFC 3550 §6.4.2): the same, and a sign of life.
const HOLE_RTCP: [u8; 8] = [0x80, 201, 0, 1, 0, 0, 0, 0];

/// The version of RTP and RTCP with which either begins (RFC 3550 §5.1, §6.4.1).
const VERSION: u8 = 2;

/// A pair of ports for RTP and RTCP.
#[derive(Debug)]
pub(super) struct Datagrams<P> {
    rtp: Way<P>,
    rtcp: Way<P>,
    port: u16,
    /// From where else than its own address the camera says that it sends.
    source: Option<IpAddr>,
}

/// One of the two ports, and where the camera's is.
#[derive(Debug)]
struct Way<P> {
    port: P,
    /// By the camera's words, or, if it said nothing, by where the first datagram came from.
    camera: Option<SocketAddr>,
    /// Datagrams come from there, and from nowhere else any more.
    is_narrow: bool,
}

impl<P: Port> Way<P> {
    fn new(port: P) -> Self {
        Self { port, camera: None, is_narrow: false }
    }

    /// Keeps a firewall open. That nobody hears it is no fault.
    async fn show_life(&self, datagram: &[u8]) {
        if let Some(camera) = self.camera {
            let _unsent = self.port.send(datagram, camera).await;
        }
    }

    /// Something came from there. If it is where the camera's port should be, nothing else is taken from now on.
    async fn narrow(&mut self, from: SocketAddr) {
        if !self.is_narrow && *self.camera.get_or_insert(from) == from {
            self.is_narrow = self.port.connect(from).await.is_ok();
        }
    }
}

/// Which of the two a datagram came over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rtp,
    Rtcp,
}

impl<P: Port> Datagrams<P> {
    /// An even port and the next one (RFC 3550 §11) on the address that the camera sees.
    pub(super) async fn bind<N>(network: &N, ip: IpAddr) -> Result<Self, SessionError>
    where
        N: Network<Port = P>,
    {
        let bind = |port| network.bind(SocketAddr::new(ip, port));
        for _ in 0..TRIES {
            let any = bind(0).await.map_err(|error| SessionError::of_machine(NO_PORTS, &error))?;
            let port = any.number().map_err(|_| SessionError::Machine(NO_PORTS))?;
            let (rtp, rtcp) = if port.is_multiple_of(2) {
                let Ok(next) = bind(port + 1).await else { continue };
                (any, next)
            } else {
                let Ok(before) = bind(port - 1).await else { continue };
                (before, any)
            };
            let (rtp, rtcp) = (Way::new(rtp), Way::new(rtcp));
            return Ok(Self { rtp, rtcp, port: port & !1, source: None });
        }
        Err(SessionError::Machine(NO_PORTS))
    }

    /// The even port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Takes datagrams of a camera at `camera` that says from which address and port it sends. It need not be true:
    /// the address may be the one behind its router, and many send from other ports. So datagrams may come from
    /// either address and any port, until one comes from the right place. Nothing is sent to other addresses than
    /// the camera's own.
    pub(super) async fn expect_from(
        &mut self,
        camera: IpAddr,
        (source, port): (Option<IpAddr>, Option<u16>),
    ) {
        self.source = source;
        if let Some(port) = port {
            self.rtp.camera = Some(SocketAddr::new(camera, port));
            self.rtcp.camera = Some(SocketAddr::new(camera, port.saturating_add(1)));
        }
        self.show_life().await;
    }

    /// Keeps a firewall open.
    pub(super) async fn show_life(&self) {
        self.rtp.show_life(&HOLE_RTP).await;
        self.rtcp.show_life(&HOLE_RTCP).await;
    }

    /// The next datagram from `camera`.
    pub(super) async fn receive(
        &mut self,
        buffer: &mut [u8],
        camera: IpAddr,
    ) -> io::Result<(Kind, usize)> {
        let mut other = [0; 2048];
        loop {
            let (kind, received) = tokio::select! {
                received = self.rtp.port.receive(buffer) => (Kind::Rtp, received),
                received = self.rtcp.port.receive(&mut other) => (Kind::Rtcp, received),
            };
            let (length, from) = match received {
                // What was sent to a port that is not open yet comes back as an error.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                received => received?,
            };
            if from.ip() != camera && Some(from.ip()) != self.source {
                continue;
            }
            if kind == Kind::Rtcp {
                let length = length.min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..length), other.get(..length)) {
                    to.copy_from_slice(from);
                }
            }
            let is_rtp = buffer.first().is_some_and(|first| length > 0 && first >> 6 == VERSION);
            if is_rtp && from.ip() == camera {
                let way = if kind == Kind::Rtp { &mut self.rtp } else { &mut self.rtcp };
                way.narrow(from).await;
            }
            return Ok((kind, length));
        }
    }
}

/// What this machine did not give.
const NO_PORTS: &str = "no free pair of UDP ports";
