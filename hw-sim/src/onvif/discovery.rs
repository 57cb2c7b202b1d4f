//! Where a camera hears probes, and answers them.

use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::profile::OnvifProfile;
use super::reply::probe_match;
use super::request::Request;

/// The group and port of WS-Discovery.
pub const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(239, 255, 255, 250), 3702);

/// Hears what is sent to `group` on the network of `interface`, with others of this machine.
pub(super) fn listen(group: SocketAddrV4, interface: Ipv4Addr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // Bound to the group, it hears nothing that is sent to this machine itself.
    socket.bind(&group.into())?;
    socket.join_multicast_v4(group.ip(), &interface)?;
    socket.set_multicast_if_v4(&interface)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket.into())
}

/// A socket that answers from the camera's own address.
pub(super) async fn speaker(interface: Ipv4Addr) -> io::Result<UdpSocket> {
    UdpSocket::bind((interface, 0)).await
}

/// Answers probes until it is dropped. `at` is the camera's own address.
pub(super) async fn answer(
    ear: UdpSocket,
    mouth: UdpSocket,
    camera: &OnvifProfile,
    at: &str,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (length, from) = ear.recv_from(&mut buffer).await?;
        let Some(request) = buffer
            .get(..length)
            .and_then(|text| std::str::from_utf8(text).ok())
            .and_then(Request::parse)
        else {
            continue;
        };
        // Without types everybody is meant.
        let types = request.text("Probe/Types").unwrap_or_default();
        let is_meant = types.is_empty()
            || types.split_whitespace().any(|kind| {
                matches!(kind.rsplit(':').next(), Some("NetworkVideoTransmitter" | "Device"))
            });
        if let Some(id) = request
            .text("Header/MessageID")
            .filter(|_| request.operation() == Some("Probe") && is_meant)
        {
            mouth.send_to(probe_match(camera, id, at).as_bytes(), from).await?;
        }
    }
}
