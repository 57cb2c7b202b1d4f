//! How media travels to one client: interleaved with RTSP on its connection, or over UDP.

use std::net::IpAddr;

use bytes::{BufMut, BytesMut};
use rtsp_types::headers::{RtpLowerTransport, RtpProfile, RtpTransport, Transport, Transports};
use tokio::io;
use tokio::net::UdpSocket;

use super::packet::Packet;

/// Attempts to find two free UDP ports, the first of them even (RFC 3550 §11).
const PORT_PAIR_ATTEMPTS: u32 = 100;

/// The transport agreed on in SETUP.
#[derive(Debug)]
pub(crate) enum Media {
    /// RFC 2326 §10.12; the numbers are channels.
    Interleaved { rtp: u8, rtcp: u8 },
    /// Sockets connected to the client's ports.
    Udp { rtp: UdpSocket, rtcp: UdpSocket },
}

/// A transport that a client proposed and this server supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proposal {
    Interleaved { rtp: u8, rtcp: u8 },
    Udp { rtp_port: u16, rtcp_port: u16 },
}

impl Proposal {
    /// The same with interleaved channels so many `above`.
    pub(crate) fn raised(self, above: u8) -> Self {
        match self {
            Self::Interleaved { rtp, rtcp } => Self::Interleaved {
                rtp: rtp.saturating_add(above),
                rtcp: rtcp.saturating_add(above),
            },
            Self::Udp { .. } => self,
        }
    }

    /// The first of the client's alternatives that this server supports (RFC 2326 §12.39).
    pub(crate) fn choose(transports: &Transports) -> Option<Self> {
        transports.iter().find_map(|transport| match transport {
            Transport::Rtp(rtp) => Self::accept(rtp),
            Transport::Other(_) => None,
        })
    }

    fn accept(transport: &RtpTransport) -> Option<Self> {
        let params = &transport.params;
        if transport.profile != RtpProfile::Avp || params.multicast {
            return None;
        }
        match &transport.lower_transport {
            Some(RtpLowerTransport::Tcp) => {
                let (rtp, rtcp) = params.interleaved.unwrap_or((0, None));
                Some(Self::Interleaved { rtp, rtcp: rtcp.or(rtp.checked_add(1))? })
            }
            None | Some(RtpLowerTransport::Udp) => {
                let (rtp_port, rtcp_port) = params.client_port?;
                Some(Self::Udp { rtp_port, rtcp_port: rtcp_port.or(rtp_port.checked_add(1))? })
            }
            Some(RtpLowerTransport::Other(_)) => None,
        }
    }
}

impl Media {
    /// # Errors
    /// No two neighbouring UDP ports are free on `local`, or the client's ports cannot be reached.
    pub(crate) async fn open(proposal: Proposal, local: IpAddr, peer: IpAddr) -> io::Result<Self> {
        match proposal {
            Proposal::Interleaved { rtp, rtcp } => Ok(Self::Interleaved { rtp, rtcp }),
            Proposal::Udp { rtp_port, rtcp_port } => {
                let (rtp, rtcp) = bind_port_pair(local).await?;
                rtp.connect((peer, rtp_port)).await?;
                rtcp.connect((peer, rtcp_port)).await?;
                Ok(Self::Udp { rtp, rtcp })
            }
        }
    }

    /// The Transport header of the answer to SETUP.
    pub(crate) fn header(&self, ssrc: u32) -> io::Result<String> {
        let transport = match self {
            Self::Interleaved { rtp, rtcp } => {
                format!("RTP/AVP/TCP;unicast;interleaved={rtp}-{rtcp}")
            }
            Self::Udp { rtp, rtcp } => format!(
                "RTP/AVP;unicast;client_port={}-{};server_port={}-{}",
                rtp.peer_addr()?.port(),
                rtcp.peer_addr()?.port(),
                rtp.local_addr()?.port(),
                rtcp.local_addr()?.port(),
            ),
        };
        Ok(format!("{transport};ssrc={ssrc:08X};mode=\"PLAY\""))
    }

    /// Sends an RTP packet, or appends it to the connection's `outbox`.
    pub(crate) async fn send_rtp(&self, packet: &Packet<'_>, outbox: &mut BytesMut) {
        match self {
            Self::Interleaved { rtp, .. } => {
                put_frame_header(outbox, *rtp, packet.len());
                packet.put(outbox);
                outbox.put_slice(packet.garbage);
            }
            Self::Udp { rtp, .. } => {
                let mut datagram = Vec::with_capacity(packet.len());
                packet.put(&mut datagram);
                send_datagram(rtp, &datagram).await;
            }
        }
    }

    /// Sends a compound RTCP packet, or appends it to the connection's `outbox`.
    pub(crate) async fn send_rtcp(&self, compound: &[u8], outbox: &mut BytesMut) {
        match self {
            Self::Interleaved { rtcp, .. } => {
                put_frame_header(outbox, *rtcp, compound.len());
                outbox.put_slice(compound);
            }
            Self::Udp { rtcp, .. } => send_datagram(rtcp, compound).await,
        }
    }

    /// Whether it travels on the RTSP connection.
    pub(crate) fn is_interleaved(&self) -> bool {
        matches!(self, Self::Interleaved { .. })
    }

    /// Waits for a sign of life over UDP. On an interleaved connection it waits for ever: there the
    /// bytes of the connection are that sign.
    pub(crate) async fn sign_of_life(&self) {
        if let Self::Udp { rtcp, .. } = self {
            let mut report = [0; 1500];
            if rtcp.recv(&mut report).await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }
}

/// RFC 2326 §10.12: dollar sign, channel, length.
pub(crate) fn put_frame_header(outbox: &mut impl BufMut, channel: u8, length: usize) {
    outbox.put_slice(&[b'$', channel]);
    outbox.put_u16(u16::try_from(length).unwrap_or(u16::MAX)); // no payload is longer
}

/// UDP promises nothing, and neither does this. The session timeout notices a client that closed
/// its port.
async fn send_datagram(socket: &UdpSocket, datagram: &[u8]) {
    if let Err(error) = socket.send(datagram).await {
        tracing::trace!(%error, "datagram not sent");
    }
}

async fn bind_port_pair(local: IpAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    for _ in 0..PORT_PAIR_ATTEMPTS {
        let rtp = UdpSocket::bind((local, 0)).await?;
        let port = rtp.local_addr()?.port();
        let Some(next) = port.checked_add(1).filter(|_| port % 2 == 0) else {
            continue;
        };
        if let Ok(rtcp) = UdpSocket::bind((local, next)).await {
            return Ok((rtp, rtcp));
        }
    }
    Err(io::Error::new(io::ErrorKind::AddrInUse, "no two neighbouring UDP ports are free"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtsp_types::{Method, Request, Version, headers};

    fn choose(header: &str) -> Option<Proposal> {
        let request = Request::builder(Method::Setup, Version::V1_0)
            .header(headers::TRANSPORT, header)
            .empty();
        request.typed_header::<Transports>().ok().flatten().as_ref().and_then(Proposal::choose)
    }

    #[test]
    fn the_first_possible_alternative_is_chosen() {
        let udp = Some(Proposal::Udp { rtp_port: 5000, rtcp_port: 5001 });
        let tcp = Some(Proposal::Interleaved { rtp: 2, rtcp: 3 });
        for (header, expected) in [
            ("RTP/AVP;unicast;client_port=5000-5001", udp),
            ("RTP/AVP/UDP;unicast;client_port=5000", udp),
            ("RTP/AVP/TCP;unicast;interleaved=2-3", tcp),
            ("RTP/AVP/TCP;interleaved=2", tcp),
            ("RTP/AVP/TCP;unicast", Some(Proposal::Interleaved { rtp: 0, rtcp: 1 })),
            ("RTP/AVP;multicast;client_port=5000-5001", None),
            ("RTP/SAVP/TCP;unicast;interleaved=2-3", None),
            ("RTP/AVP;unicast", None),
            ("RTP/AVP/TCP;unicast;interleaved=255", None),
            ("RTP/SAVP;unicast,RTP/AVP/TCP;unicast;interleaved=2-3", tcp),
        ] {
            assert_eq!(choose(header), expected, "{header}");
        }
    }

    #[tokio::test]
    async fn udp_ports_are_neighbours_and_named_in_the_answer() {
        let local = IpAddr::from([127, 0, 0, 1]);
        let proposal = Proposal::Udp { rtp_port: 5000, rtcp_port: 5001 };
        let media = Media::open(proposal, local, local).await.unwrap();
        let Media::Udp { rtp, rtcp } = &media else { panic!("not UDP") };
        let port = rtp.local_addr().unwrap().port();
        assert_eq!((port % 2, rtcp.local_addr().unwrap().port()), (0, port + 1));
        assert_eq!(
            media.header(0xAB).unwrap(),
            format!(
                "RTP/AVP;unicast;client_port=5000-5001;server_port={port}-{};ssrc=000000AB;\
                 mode=\"PLAY\"",
                port + 1
            )
        );
    }
}
