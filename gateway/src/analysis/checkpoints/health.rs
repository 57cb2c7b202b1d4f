//! How checkpoints are: each as its controllers are.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use intake::{DeviceHealth, DeviceState};

/// Each checkpoint's health, and which of its controllers do not answer.
#[derive(Debug, Default)]
pub(super) struct CheckpointHealth(BTreeMap<Arc<str>, (DeviceHealth, BTreeSet<String>)>);

impl CheckpointHealth {
    /// Writes a checkpoint's health from now on.
    pub(super) fn put(&mut self, checkpoint: &str, health: DeviceHealth) {
        self.0.insert(checkpoint.into(), (health, BTreeSet::new()));
    }

    /// The checkpoint is no longer at work.
    pub(super) fn remove(&mut self, checkpoint: &str) {
        self.0.remove(checkpoint);
    }

    /// A controller answers, or does not.
    pub(super) fn note(&mut self, checkpoint: &str, device: &str, is_there: bool) {
        let Some((health, gone)) = self.0.get_mut(checkpoint) else { return };
        if is_there {
            gone.remove(device);
        } else {
            gone.insert(device.to_owned());
        }
        let state = if gone.is_empty() {
            DeviceState::Online
        } else {
            let names: Vec<&str> = gone.iter().map(String::as_str).collect();
            let reason = format!(
                "{} does not answer, so nobody is counted and nobody can sign in; see its own status",
                names.join(", ")
            );
            DeviceState::Offline { reason }
        };
        health.set(state);
    }
}
