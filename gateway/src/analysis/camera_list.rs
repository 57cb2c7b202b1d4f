//! The cameras at work, as they are seen from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::progress::Progress;
use camera::{Health, SharedHealth};
use delivery::DeviceState;

/// What the latest look at a camera found: the status topic tells it, and the page shows it.
#[derive(Debug, Default)]
pub(crate) struct LatestStatus(Mutex<Option<(DeviceState, Option<String>)>>);

impl LatestStatus {
    /// The state, and why it is not online; none before the first look that found anything.
    pub(crate) fn get(&self) -> Option<(DeviceState, Option<String>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, status: (DeviceState, Option<String>)) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }
}

/// One camera, as seen from outside.
#[derive(Debug)]
pub(crate) struct CameraView {
    /// Its id.
    pub(crate) id: String,
    /// Its name, as people call it.
    pub(crate) name: String,
    /// Its latest health; none before the first connection.
    pub(crate) health: SharedHealth,
    /// How far its analysis has come.
    pub(crate) progress: Arc<Progress>,
    /// What was found when it was looked at last.
    pub(crate) status: LatestStatus,
    /// Shorter silences than this are no fault.
    pub(crate) silence_timeout: Duration,
}

impl CameraView {
    /// Whether pictures arrive.
    pub(crate) fn is_online(&self) -> bool {
        matches!(self.health.get(), Some(Health::Online { .. }))
    }

    /// How long it may take from one analysed picture to the next.
    pub(crate) fn patience(&self) -> Duration {
        self.silence_timeout.max(self.progress.patience())
    }

    /// Whether the pictures that arrive are analysed as well.
    pub(crate) fn is_judged(&self, now: Instant) -> bool {
        let advanced_at = self.progress.advanced_at();
        let is_fresh = |at: Instant| now.saturating_duration_since(at) <= self.patience();
        self.is_online() && advanced_at.is_some_and(is_fresh)
    }
}

/// Whether the gateway does what it is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// Pictures of at least one camera arrive and are analysed.
    Ready,
    /// No camera delivers.
    NoPictures,
    /// Cameras deliver, and nothing has been analysed for longer than any of them may take.
    NotJudged,
}

/// The cameras at work, by id. Cheap to clone: all clones are one list.
#[derive(Debug, Clone, Default)]
pub(crate) struct CameraList(Arc<RwLock<BTreeMap<String, Arc<CameraView>>>>);

impl CameraList {
    /// Puts a camera on the list, in place of the one with its id.
    pub(crate) fn put(&self, view: CameraView) {
        let mut views = self.0.write().unwrap_or_else(PoisonError::into_inner);
        views.insert(view.id.clone(), Arc::new(view));
    }

    /// Takes a camera off the list.
    pub(crate) fn remove(&self, id: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// The camera with this id.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<CameraView>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The cameras as they are now, by id.
    pub(crate) fn all(&self) -> Vec<Arc<CameraView>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Whether anything is analysed. This is asked of the cameras themselves, and of no loop that may
    /// stand still.
    pub(crate) fn readiness(&self, now: Instant) -> Readiness {
        let cameras = self.all();
        if cameras.iter().any(|camera| camera.is_judged(now)) {
            Readiness::Ready
        } else if cameras.iter().any(|camera| camera.is_online()) {
            Readiness::NotJudged
        } else {
            Readiness::NoPictures
        }
    }
}
