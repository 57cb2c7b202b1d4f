//! How long cameras go without an eye when theirs has died. Time is handed in.

use std::collections::BTreeMap;
use std::time::Instant;

use eye::CameraNumber;
use runtime::metrics;

/// The cameras that are not back yet.
#[derive(Debug, Default)]
pub(super) struct Recovery(BTreeMap<CameraNumber, Waiting>);

#[derive(Debug)]
struct Waiting {
    since: Instant,
    delivers: bool,
}

impl Recovery {
    /// The eye of a camera that showed pictures died. A camera that waits already goes on waiting.
    pub(super) fn begins(&mut self, camera: CameraNumber, now: Instant) {
        self.0.entry(camera).or_insert(Waiting { since: now, delivers: false });
    }

    /// The next eye was told of it.
    pub(super) fn asked(&self, camera: CameraNumber, now: Instant) {
        if let Some(waiting) = self.0.get(&camera) {
            metrics::eye_recovery("asked", now.duration_since(waiting.since));
        }
    }

    /// It sends pictures to the next eye.
    pub(super) fn delivers(&mut self, camera: CameraNumber, now: Instant) {
        if let Some(waiting) = self.0.get_mut(&camera).filter(|waiting| !waiting.delivers) {
            waiting.delivers = true;
            metrics::eye_recovery("delivers", now.duration_since(waiting.since));
        }
    }

    /// One of its pictures was analysed. That has waited for its key frame, too.
    pub(super) fn analysed(&mut self, camera: CameraNumber, now: Instant) {
        if let Some(waiting) = self.0.remove(&camera) {
            metrics::eye_recovery("analysed", now.duration_since(waiting.since));
        }
    }

    /// It was taken out.
    pub(super) fn forget(&mut self, camera: CameraNumber) {
        self.0.remove(&camera);
    }
}
