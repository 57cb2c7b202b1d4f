//! The parts of each camera's picture that nobody may look into.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use scene::Polygon;

/// The privacy zones of all cameras, as configured now. Cheap to clone: all clones are one list.
#[derive(Debug, Clone, Default)]
pub(crate) struct PrivacyZones(Arc<RwLock<BTreeMap<String, Vec<Polygon>>>>);

impl PrivacyZones {
    /// Sets a camera's zones, in place of those it had.
    pub(crate) fn set(&self, camera: &str, zones: Vec<Polygon>) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(camera.to_owned(), zones);
    }

    /// The zones of a camera; none if it was given none.
    pub(super) fn of(&self, camera: &str) -> Vec<Polygon> {
        let zones = self.0.read().unwrap_or_else(PoisonError::into_inner);
        zones.get(camera).cloned().unwrap_or_default()
    }
}
