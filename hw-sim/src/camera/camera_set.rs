//! The cameras of a server, as its connections use them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::time::Instant;

use super::challenge::Challenge;
use super::error::ServerError;
use super::inlet::Tunnels;
use super::simulated::{Playback, SimulatedCamera};
use super::timeline::Timeline;

/// A camera as the server runs it.
#[derive(Debug)]
pub(crate) struct Camera {
    pub(crate) settings: SimulatedCamera,
    pub(crate) timeline: Timeline,
    /// Canonical name of its RTP streams (RFC 3550 §6.5.1).
    pub(crate) cname: String,
    /// Every session of the camera holds a receiver.
    pub(crate) faults: watch::Sender<CameraFaults>,
    pub(crate) tally: Mutex<Tally>,
    /// That of its web server, which knows no connections.
    web_challenge: Mutex<Challenge>,
}

/// What the camera's clients did so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Requests by method.
    pub(crate) requests: BTreeMap<String, u32>,
    /// Requests with a wrong user name or password.
    pub(crate) wrong_logins: u32,
    /// Until when every login is refused.
    pub(crate) locked_until: Option<Instant>,
    /// Requests at the server's other address that brought a password.
    pub(crate) logins_elsewhere: u32,
}

/// What is done to a camera from outside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CameraFaults {
    pub(crate) is_stalled: bool,
    /// How often its connections were cut.
    pub(crate) cuts: u64,
}

impl Tally {
    /// Counts a request, and gives how many came before it with the same method.
    pub(crate) fn count(&mut self, method: &str) -> u32 {
        let count = self.requests.entry(method.to_owned()).or_default();
        *count += 1;
        *count - 1
    }
}

/// The cameras of a server by id.
#[derive(Debug)]
pub(crate) struct CameraSet {
    by_id: BTreeMap<String, Arc<Camera>>,
    pub(crate) tunnels: Tunnels,
}

impl CameraSet {
    /// Checks the cameras, which will be served at `addr`, and starts the clips of those that
    /// loop.
    pub(crate) fn new(
        cameras: Vec<SimulatedCamera>,
        addr: SocketAddr,
    ) -> Result<Self, ServerError> {
        let mut by_id = BTreeMap::new();
        for settings in cameras {
            match by_id.entry(settings.id.clone()) {
                Entry::Occupied(taken) => {
                    return Err(ServerError::DuplicateCamera { id: taken.key().clone() });
                }
                Entry::Vacant(free) => free.insert(Arc::new(Camera::new(settings, addr)?)),
            };
        }
        Ok(Self { by_id, tunnels: Tunnels::default() })
    }

    pub(crate) fn camera(&self, id: &str) -> Option<&Arc<Camera>> {
        self.by_id.get(id)
    }

    /// Whether a camera is to be found at another address, too.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.by_id.values().any(|camera| camera.settings.quirks.is_elsewhere())
    }
}

impl Camera {
    /// A count is right even if somebody who held it panicked.
    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn web_challenge(&self) -> MutexGuard<'_, Challenge> {
        self.web_challenge.lock().unwrap_or_else(PoisonError::into_inner)
    }

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
        let (faults, tally) = (watch::Sender::default(), Mutex::default());
        let web_challenge = Mutex::new(Challenge::new());
        Ok(Self { settings, timeline, cname, faults, tally, web_challenge })
    }
}
