//! The RTSP server of a set of simulated cameras, and the handle that makes them fail.
//!
//! It is our own code, from RTSP requests to RTP packets, because a server library would not let
//! cameras misbehave: they must stall and cut connections, and show any fault that a test needs.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::camera_set::{CameraFaults, CameraSet};
use super::error::ServerError;
use super::request::ELSEWHERE;
use super::simulated::SimulatedCamera;
use super::timeline::Timeline;
use super::visit;

/// How long the server waits after it failed to accept a client.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Cameras at an address.
#[derive(Debug)]
pub struct RtspServer {
    listener: TcpListener,
    /// The other address, if a camera sends its clients there.
    elsewhere: Option<TcpListener>,
    local_addr: SocketAddr,
    cameras: Arc<CameraSet>,
}

/// Watches the cameras of a server, and makes them fail. Cheap to clone. An id that the server does
/// not have is ignored.
#[derive(Debug, Clone)]
pub struct ServerHandle {
    cameras: Arc<CameraSet>,
}

impl RtspServer {
    /// Takes the address (port 0: any free one), and starts the clips of all looping cameras.
    ///
    /// # Errors
    /// [`ServerError`] names the address or the camera at fault.
    pub async fn bind(
        addr: SocketAddr,
        cameras: Vec<SimulatedCamera>,
    ) -> Result<Self, ServerError> {
        let bind_error = |source| ServerError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let local_addr = listener.local_addr().map_err(bind_error)?;
        let cameras = Arc::new(CameraSet::new(cameras, local_addr)?);
        let elsewhere = match SocketAddr::new(ELSEWHERE, local_addr.port()) {
            addr if cameras.is_elsewhere() => Some(
                TcpListener::bind(addr)
                    .await
                    .map_err(|source| ServerError::Bind { addr, source })?,
            ),
            _ => None,
        };
        Ok(Self { listener, elsewhere, local_addr, cameras })
    }

    /// The address taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// A handle that outlives [`run`](Self::run).
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle { cameras: Arc::clone(&self.cameras) }
    }

    /// Serves until `shutdown` is cancelled, then closes all connections.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                Some(_) = connections.join_next() => continue, // each logs its own end
                accepted = self.listener.accept() => accepted,
                accepted = accept(self.elsewhere.as_ref()) => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let cameras = Arc::clone(&self.cameras);
                    connections.spawn(visit::serve(stream, peer, cameras, shutdown.clone()));
                }
                Err(error) => {
                    // Mostly out of file descriptors, which come back as connections close.
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl ServerHandle {
    /// Which moment of its clip the camera shows when.
    #[must_use]
    pub fn timeline(&self, id: &str) -> Option<Timeline> {
        Some(self.cameras.camera(id)?.timeline.clone())
    }

    /// Number of sessions set up on the camera now.
    #[must_use]
    pub fn sessions(&self, id: &str) -> usize {
        self.cameras.camera(id).map_or(0, |camera| camera.faults.receiver_count())
    }

    /// How often clients brought the camera a wrong user name or password.
    #[must_use]
    pub fn wrong_logins(&self, id: &str) -> u32 {
        self.cameras.camera(id).map_or(0, |camera| camera.tally().wrong_logins)
    }

    /// How many requests with a user name and password came to where the camera only pointed.
    #[must_use]
    pub fn logins_elsewhere(&self, id: &str) -> u32 {
        self.cameras.camera(id).map_or(0, |camera| camera.tally().logins_elsewhere)
    }

    /// How many requests with this method the camera was sent.
    #[must_use]
    pub fn requests(&self, id: &str, method: &str) -> u32 {
        let camera = self.cameras.camera(id);
        camera.and_then(|camera| camera.tally().requests.get(method).copied()).unwrap_or(0)
    }

    /// Whether the camera was ever asked to describe itself, or for a tunnel in which to ask it.
    #[must_use]
    pub fn was_asked(&self, id: &str) -> bool {
        ["DESCRIBE", "GET"].iter().any(|method| self.requests(id, method) > 0)
    }

    /// The camera goes silent: connections stay, requests are answered, no media flows.
    pub fn stall(&self, id: &str) {
        self.interfere(id, |faults| faults.is_stalled = true);
    }

    /// The end of a stall: media flows again from the next key frame on.
    pub fn resume(&self, id: &str) {
        self.interfere(id, |faults| faults.is_stalled = false);
    }

    /// The camera vanishes: connections with a session are closed without a word. New ones are
    /// served.
    pub fn cut(&self, id: &str) {
        self.interfere(id, |faults| faults.cuts += 1);
    }

    fn interfere(&self, id: &str, change: impl FnOnce(&mut CameraFaults)) {
        if let Some(camera) = self.cameras.camera(id) {
            camera.faults.send_modify(change);
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}
