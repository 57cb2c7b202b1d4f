//! The cameras at work, as they are seen from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use super::progress::Progress;
use camera::{Health, SharedHealth};

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
    /// Shorter silences than this are no fault.
    pub(crate) silence_timeout: Duration,
}

impl CameraView {
    /// Whether pictures arrive.
    pub(crate) fn is_online(&self) -> bool {
        matches!(self.health.get(), Some(Health::Online { .. }))
    }
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

    /// The cameras as they are now, by id.
    pub(crate) fn all(&self) -> Vec<Arc<CameraView>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
