//! How the line gets to a camera: TCP, TLS, UDP.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use trust::{TlsError, encrypt};
use url::Url;

use crate::fault::SessionError;
use crate::settings::{Settings, Transport};

/// Port of `rtsp://` without one (RFC 2326 §3.2).
const RTSP_PORT: u16 = 554;

/// Port of `rtsps://` without one (RFC 7826 §4.2).
const RTSPS_PORT: u16 = 322;

/// Ports of HTTP and HTTPS (RFC 9110 §4.2): of a tunnel whose address names none.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// What carries bytes both ways.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// Any of them.
pub(crate) type AnyWire = Box<dyn Wire>;

/// A wire to a camera.
pub(crate) struct Connection {
    pub(crate) wire: AnyWire,
    pub(crate) local_ip: IpAddr,
    pub(crate) peer_ip: IpAddr,
    pub(crate) is_encrypted: bool,
}

/// Where cameras are found: on the network, or, for those who test the line, in memory.
pub(crate) trait Network: Send + Sync + 'static {
    /// What receives datagrams there.
    type Port: Port;

    /// A port at an address; any free one if that names none.
    fn bind(&self, at: SocketAddr) -> impl Future<Output = io::Result<Self::Port>> + Send;

    /// Connects to the host of `url`; to the one of its addresses that is `at`, if that is said.
    fn connect(
        &self,
        url: &Url,
        at: Option<IpAddr>,
        settings: &Settings,
    ) -> impl Future<Output = Result<Connection, SessionError>> + Send;
}

/// A port for datagrams.
pub(crate) trait Port: fmt::Debug + Send + Sync + Sized {
    /// Its number.
    fn number(&self) -> io::Result<u16>;

    /// From now on it receives from `peer` only.
    fn connect(&self, peer: SocketAddr) -> impl Future<Output = io::Result<()>> + Send;

    /// Sends to an address.
    fn send(&self, datagram: &[u8], to: SocketAddr) -> impl Future<Output = io::Result<()>> + Send;

    /// The length of the next datagram, and who sent it. Nothing is lost if it is dropped.
    fn receive(
        &self,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;
}

impl Port for UdpSocket {
    fn number(&self) -> io::Result<u16> {
        self.local_addr().map(|at| at.port())
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        Self::connect(self, peer).await
    }

    async fn send(&self, datagram: &[u8], to: SocketAddr) -> io::Result<()> {
        self.send_to(datagram, to).await.map(drop)
    }

    async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer).await
    }
}

/// The network that this machine is connected to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sockets;

impl Network for Sockets {
    type Port = UdpSocket;

    async fn bind(&self, at: SocketAddr) -> io::Result<UdpSocket> {
        UdpSocket::bind(at).await
    }

    async fn connect(
        &self,
        url: &Url,
        at: Option<IpAddr>,
        settings: &Settings,
    ) -> Result<Connection, SessionError> {
        let limit = settings.step_timeout;
        let is_encrypted = url.scheme() == "rtsps";
        let host = url.host_str().unwrap_or_default();
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let name = at.map_or_else(|| name.to_owned(), |at| at.to_string());
        let port = port_of(url, settings.transport);
        let too_late = |step| SessionError::Timeout { step, limit };
        let unreachable = |error| SessionError::unreachable(&error);
        let connecting = timeout(limit, TcpStream::connect((name.as_str(), port))).await;
        let tcp = connecting.map_err(|_| too_late("connecting"))?.map_err(unreachable)?;
        let local_ip = tcp.local_addr().map_err(unreachable)?.ip();
        let peer_ip = tcp.peer_addr().map_err(unreachable)?.ip();
        tcp.set_nodelay(true).map_err(unreachable)?;
        let wire: AnyWire = if is_encrypted {
            let encrypting = timeout(limit, encrypt(tcp, host, settings.trust.as_ref())).await;
            Box::new(encrypting.map_err(|_| TlsError::Mute { secs: limit.as_secs() })??)
        } else {
            Box::new(tcp)
        };
        Ok(Connection { wire, local_ip, peer_ip, is_encrypted })
    }
}

/// The port of an address that may name none.
pub(super) fn port_of(url: &Url, transport: Transport) -> u16 {
    let usual = match (transport, url.scheme()) {
        (Transport::Http, "rtsps") => HTTPS_PORT,
        (Transport::Http, _) => HTTP_PORT,
        (_, "rtsps") => RTSPS_PORT,
        _ => RTSP_PORT,
    };
    url.port().unwrap_or(usual)
}
