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

/// A pair of ports for RTP and RTCP.
#[derive(Debug)]
pub(super) struct Datagrams<P> {
    rtp: P,
    rtcp: P,
    port: u16,
    is_connected: bool,
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
            let any = bind(0).await.map_err(|_| no_ports())?;
            let port = any.number().map_err(|_| no_ports())?;
            let (rtp, rtcp) = if port.is_multiple_of(2) {
                let Ok(next) = bind(port + 1).await else { continue };
                (any, next)
            } else {
                let Ok(before) = bind(port - 1).await else { continue };
                (before, any)
            };
            return Ok(Self { rtp, rtcp, port: port & !1, is_connected: false });
        }
        Err(no_ports())
    }

    /// The even port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Takes datagrams from the camera's ports only, and tells a firewall so.
    pub(super) async fn expect_from(&mut self, ip: IpAddr, port: u16) -> io::Result<()> {
        self.rtp.connect(SocketAddr::new(ip, port)).await?;
        self.rtcp.connect(SocketAddr::new(ip, port.saturating_add(1))).await?;
        self.is_connected = true;
        self.show_life().await
    }

    /// Keeps a firewall open.
    pub(super) async fn show_life(&self) -> io::Result<()> {
        if self.is_connected {
            self.rtp.send(&HOLE_RTP).await?;
            self.rtcp.send(&HOLE_RTCP).await?;
        }
        Ok(())
    }

    /// The next datagram from `camera`.
    pub(super) async fn receive(
        &self,
        buffer: &mut [u8],
        camera: IpAddr,
    ) -> io::Result<(Kind, usize)> {
        let mut other = [0; 2048];
        loop {
            let (kind, received) = tokio::select! {
                received = self.rtp.receive(buffer) => (Kind::Rtp, received),
                received = self.rtcp.receive(&mut other) => (Kind::Rtcp, received),
            };
            let (length, from) = match received {
                // What was sent to a port that is not open yet comes back as an error.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                received => received?,
            };
            if !self.is_connected && from.ip() != camera {
                continue;
            }
            if kind == Kind::Rtcp {
                let length = length.min(buffer.len());
                if let (Some(to), Some(from)) = (buffer.get_mut(..length), other.get(..length)) {
                    to.copy_from_slice(from);
                }
            }
            return Ok((kind, length));
        }
    }
}

fn no_ports() -> SessionError {
    SessionError::Machine("no free pair of UDP ports")
}
