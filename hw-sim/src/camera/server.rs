//! The RTSP server of a set of simulated cameras, and the handle that makes them fail.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connection::Connection;
use super::{Playback, SimulatedCamera, Timeline};

/// Why a server can not serve its cameras.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The address is taken, not ours, or reserved.
    #[error("can not serve cameras at {addr}: {source}; choose another port or address")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// Two cameras would have the same URL.
    #[error("two cameras are called {id:?}; give each its own id")]
    DuplicateCamera {
        /// The id.
        id: String,
    },
    /// The id can not be a URL's path.
    #[error(
        "camera id {id:?} can not be part of a URL; use letters, digits, '-', '_', '.' and inner '/'"
    )]
    CameraId {
        /// The id.
        id: String,
    },
    /// A clip that plays once would be over before it begins.
    #[error("camera {id:?} plays its clip once but starts behind its end; reduce the start offset")]
    StartOffset {
        /// The id.
        id: String,
    },
}

/// A camera as the server runs it.
#[derive(Debug)]
pub(crate) struct Camera {
    pub(crate) settings: SimulatedCamera,
    pub(crate) timeline: Timeline,
    /// Canonical name of its RTP streams (RFC 3550 §6.5.1).
    pub(crate) cname: String,
    pub(crate) feed: watch::Sender<Feed>,
}

/// What is done to a camera from outside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Feed {
    pub(crate) is_stalled: bool,
    /// How often its connections were cut.
    pub(crate) cuts: u64,
}

/// The cameras of a server by id.
#[derive(Debug)]
pub(crate) struct Site {
    cameras: BTreeMap<String, Arc<Camera>>,
}

impl Site {
    pub(crate) fn camera(&self, id: &str) -> Option<&Arc<Camera>> {
        self.cameras.get(id)
    }
}

/// Cameras at an address.
#[derive(Debug)]
pub struct RtspServer {
    listener: TcpListener,
    local_addr: SocketAddr,
    site: Arc<Site>,
}

/// Looks at, and interferes with, the cameras of a server. Cheap to clone. Where an id is asked
/// for that the server does not have, nothing happens.
#[derive(Debug, Clone)]
pub struct ServerHandle {
    site: Arc<Site>,
}

impl RtspServer {
    /// Takes the address (port 0: any free one), and starts the clips of all looping cameras.
    ///
    /// # Errors
    /// [`ServerError`]: the address, or which camera, is at fault.
    pub async fn bind(
        addr: SocketAddr,
        cameras: Vec<SimulatedCamera>,
    ) -> Result<Self, ServerError> {
        let bind_error = |source| ServerError::Bind { addr, source };
        let listener = TcpListener::bind(addr).await.map_err(bind_error)?;
        let local_addr = listener.local_addr().map_err(bind_error)?;
        let mut by_id = BTreeMap::new();
        for settings in cameras {
            match by_id.entry(settings.id.clone()) {
                Entry::Occupied(taken) => {
                    return Err(ServerError::DuplicateCamera { id: taken.key().clone() });
                }
                Entry::Vacant(free) => free.insert(Arc::new(Camera::new(settings, local_addr)?)),
            };
        }
        Ok(Self { listener, local_addr, site: Arc::new(Site { cameras: by_id }) })
    }

    /// The address taken.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// A handle that outlives [`run`](Self::run).
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle { site: Arc::clone(&self.site) }
    }

    /// Serves until `shutdown` is cancelled, then closes all connections.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                Some(_) = connections.join_next() => continue, // each logs its own end
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = Connection::new(stream, peer, Arc::clone(&self.site));
                    connections.spawn(connection.run(shutdown.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, mostly: they come back as connections close.
                    tracing::warn!(%error, "a client could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
        while connections.join_next().await.is_some() {}
    }
}

impl Camera {
    fn new(settings: SimulatedCamera, addr: SocketAddr) -> Result<Self, ServerError> {
        let id = settings.id.clone();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let has_empty_part =
            id.split('/').any(|part| part.is_empty() || part == "." || part == "..");
        if has_empty_part || !id.chars().all(is_plain) {
            return Err(ServerError::CameraId { id });
        }
        let duration = settings.clip.duration();
        let timeline = Timeline::new(duration, settings.start_offset);
        match settings.playback {
            Playback::Loop => timeline.start(),
            Playback::Once if settings.start_offset >= duration => {
                return Err(ServerError::StartOffset { id });
            }
            Playback::Once => {}
        }
        let cname = format!("{id}@{addr}");
        Ok(Self { settings, timeline, cname, feed: watch::Sender::default() })
    }
}

impl ServerHandle {
    /// When the camera shows which moment of its clip.
    #[must_use]
    pub fn timeline(&self, id: &str) -> Option<Timeline> {
        Some(self.site.camera(id)?.timeline.clone())
    }

    /// Number of sessions set up on the camera now.
    #[must_use]
    pub fn sessions(&self, id: &str) -> usize {
        self.site.camera(id).map_or(0, |camera| camera.feed.receiver_count())
    }

    /// The camera goes silent: connections stay, requests are answered, no media flows.
    pub fn stall(&self, id: &str) {
        self.interfere(id, |feed| feed.is_stalled = true);
    }

    /// The end of a stall: media flows from the present moment's next key frame.
    pub fn resume(&self, id: &str) {
        self.interfere(id, |feed| feed.is_stalled = false);
    }

    /// The camera vanishes: connections with a session are closed without a word. New ones are
    /// served.
    pub fn cut(&self, id: &str) {
        self.interfere(id, |feed| feed.cuts += 1);
    }

    fn interfere(&self, id: &str, change: impl FnOnce(&mut Feed)) {
        if let Some(camera) = self.site.camera(id) {
            camera.feed.send_modify(change);
        }
    }
}
