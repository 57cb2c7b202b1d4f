//! Entries for fuzzers: one session, the line alone with cameras in memory, and the begin of an encrypted one.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio_util::sync::CancellationToken;
use trust::{TlsError, Trust, encrypt};
use url::Url;

use crate::fault::SessionError;
use crate::line::{AnyWire, Connection, Network, Port, SharedSeen, between};
use crate::session::{SessionOutputs, one_session};
use crate::settings::Settings;

/// Where all cameras in memory are.
pub const CAMERA_IP: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The line's port for RTP datagrams; the next one is for RTCP.
const RTP_PORT: u16 = 6970;

/// A datagram, and who sent it.
pub type Datagram = (SocketAddr, Vec<u8>);

/// Plays one session with the client that the settings name, and says why it ended.
pub async fn play_session(settings: &Settings, outputs: &SessionOutputs) -> SessionError {
    let (pictures, shutdown) = (AtomicU64::new(0), CancellationToken::new());
    let ended = one_session(settings, settings.client, outputs, &pictures, &shutdown).await;
    ended.err().unwrap_or(SessionError::Ended)
}

/// Runs the line between a client and cameras, all of them in memory, and says why the session ended.
/// `dial` gives the wire to the host of an address, if there is one. Cameras send RTP and RTCP datagrams to
/// `posts`. The client knows the camera as `address`.
pub async fn run_line(
    settings: Settings,
    client: DuplexStream,
    address: &Url,
    dial: impl Fn(&Url) -> Option<DuplexStream> + Send + Sync + 'static,
    posts: [mpsc::Receiver<Datagram>; 2],
) -> SessionError {
    let client: AnyWire = Box::new(client);
    let network = Memory { dial, posts: Mutex::new(posts.map(Some)) };
    between(client, network, address, settings, SharedSeen::default()).await
}

/// Begins an encrypted session over `wire` and says why none came about, if so.
///
/// # Errors
/// [`TlsError`].
pub async fn shake_hands(
    wire: impl AsyncRead + AsyncWrite + Unpin,
    host: &str,
    trust: Option<&Trust>,
) -> Result<(), TlsError> {
    encrypt(wire, host, trust).await.map(drop)
}

/// Cameras in memory.
struct Memory<F> {
    dial: F,
    posts: Mutex<[Option<mpsc::Receiver<Datagram>>; 2]>,
}

impl<F: Fn(&Url) -> Option<DuplexStream> + Send + Sync + 'static> Network for Memory<F> {
    type Port = MemoryPort;

    async fn bind(&self, at: SocketAddr) -> io::Result<MemoryPort> {
        let number = if at.port() == 0 { RTP_PORT } else { at.port() };
        let mut posts = self.posts.lock().unwrap_or_else(PoisonError::into_inner);
        let post = posts.get_mut(usize::from(number.wrapping_sub(RTP_PORT)));
        let post = post.and_then(Option::take).ok_or(io::ErrorKind::AddrInUse)?;
        Ok(MemoryPort { number, post: AsyncMutex::new(post), peer: Mutex::new(None) })
    }

    async fn connect(
        &self,
        url: &Url,
        _at: Option<IpAddr>,
        _settings: &Settings,
    ) -> Result<Connection, SessionError> {
        let wire = (self.dial)(url).ok_or(SessionError::Unreachable("there is no such camera"))?;
        let wire: AnyWire = Box::new(wire);
        let (local_ip, peer_ip) = (CAMERA_IP, CAMERA_IP);
        Ok(Connection { wire, local_ip, peer_ip, is_encrypted: false })
    }
}

/// A port in memory. It behaves as a socket does.
#[derive(Debug)]
struct MemoryPort {
    number: u16,
    post: AsyncMutex<mpsc::Receiver<Datagram>>,
    peer: Mutex<Option<SocketAddr>>,
}

impl MemoryPort {
    fn peer(&self) -> Option<SocketAddr> {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Port for MemoryPort {
    fn number(&self) -> io::Result<u16> {
        Ok(self.number)
    }

    async fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer);
        Ok(())
    }

    async fn send(&self, _datagram: &[u8], _to: SocketAddr) -> io::Result<()> {
        Ok(())
    }

    async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let mut post = self.post.lock().await;
        while let Some((from, datagram)) = post.recv().await {
            if self.peer().is_some_and(|peer| peer != from) {
                continue;
            }
            let length = datagram.len().min(buffer.len());
            if let (Some(to), Some(from)) = (buffer.get_mut(..length), datagram.get(..length)) {
                to.copy_from_slice(from);
            }
            return Ok((length, from));
        }
        // A camera that has gone sends nothing more, and nobody is told so.
        std::future::pending().await
    }
}
