//! The cameras of a server, as its connections use them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use super::error::ServerError;
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
}

/// What is done to a camera from outside.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CameraFaults {
    pub(crate) is_stalled: bool,
    /// How often its connections were cut.
    pub(crate) cuts: u64,
}

/// The cameras of a server by id.
#[derive(Debug)]
pub(crate) struct CameraSet {
    by_id: BTreeMap<String, Arc<Camera>>,
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
        Ok(Self { by_id })
    }

    pub(crate) fn camera(&self, id: &str) -> Option<&Arc<Camera>> {
        self.by_id.get(id)
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
        Ok(Self { settings, timeline, cname, faults: watch::Sender::default() })
    }
}
