//! The doors and sensors at work, as they are seen from outside.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use intake::{DeviceHealth, DeviceState, Mailbox};

use scene::SignalKind;

use crate::analysis::progress::Progress;

/// One door controller or sensor, as seen from outside.
#[derive(Debug)]
pub(crate) struct DeviceView {
    /// Its id.
    pub(crate) id: String,
    /// Its name, as people call it.
    pub(crate) name: String,
    /// How its adapter sees it.
    pub(crate) health: DeviceHealth,
    /// Whether what it says can be kept.
    pub(crate) progress: Arc<Progress>,
    /// Where what it says waits.
    pub(crate) mailbox: Arc<Mailbox>,
}

impl DeviceView {
    /// How many of its signals were dropped since the start, by kind: more came than were judged.
    pub(crate) fn dropped(&self) -> BTreeMap<SignalKind, u64> {
        let dropped = self.mailbox.dropped().into_iter();
        dropped
            .filter(|((id, _), _)| **id == *self.id)
            .map(|((_, kind), count)| (kind, count))
            .collect()
    }
}

/// The doors and sensors at work, by id. Cheap to clone: all clones are one list.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeviceList(Arc<RwLock<BTreeMap<String, Arc<DeviceView>>>>);

impl DeviceList {
    /// Puts a device on the list, in place of the one with its id.
    pub(crate) fn put(&self, view: DeviceView) {
        let mut views = self.0.write().unwrap_or_else(PoisonError::into_inner);
        views.insert(view.id.clone(), Arc::new(view));
    }

    /// Takes a device off the list.
    pub(crate) fn remove(&self, id: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// The health of a device, to go on with when it is connected anew.
    pub(crate) fn health(&self, id: &str) -> Option<DeviceHealth> {
        let views = self.0.read().unwrap_or_else(PoisonError::into_inner);
        views.get(id).map(|view| view.health.clone())
    }

    /// The devices as they are now, by id.
    pub(crate) fn all(&self) -> Vec<Arc<DeviceView>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Whether at least one of them answers.
    pub(crate) fn is_any_online(&self) -> bool {
        self.all().iter().any(|view| view.health.get().state == DeviceState::Online)
    }
}
