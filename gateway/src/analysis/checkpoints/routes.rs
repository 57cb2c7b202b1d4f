//! Who is told of what: from points of devices and rules of cameras to checkpoints, and from cameras to
//! the devices beside which they see e-bikes.

use std::collections::BTreeMap;
use std::sync::Arc;

use rule::Slug;
use scene::{DEVICE_POINT, SignalKind, SignalSource};

/// Who is told of what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CheckpointRoutes {
    /// By device and point: the checkpoints that hear it.
    pub(crate) points: BTreeMap<(String, String), Vec<Arc<str>>>,
    /// By camera and rule: the checkpoints that are told of it.
    pub(crate) rules: BTreeMap<(String, Slug), Vec<CameraRoute>>,
    /// By camera: the devices that it sees.
    pub(crate) beside: BTreeMap<String, Vec<Arc<str>>>,
}

/// A checkpoint that is told of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CameraRoute {
    pub(crate) checkpoint: Arc<str>,
    /// It is told of the guard; else of who crosses.
    pub(crate) of_guard: bool,
}

impl CheckpointRoutes {
    /// The checkpoints that hear a signal of this kind from there. Whether a device is there concerns all
    /// that hear one of its points.
    pub(super) fn hearing(&self, source: &SignalSource, kind: SignalKind) -> Vec<Arc<str>> {
        let (device, point) = (&*source.device, &*source.point);
        if kind == SignalKind::Heartbeat && point == DEVICE_POINT {
            return self.hearing_device(device);
        }
        let key = (device.to_owned(), point.to_owned());
        self.points.get(&key).cloned().unwrap_or_default()
    }

    /// The checkpoints that are told of this rule.
    pub(super) fn told(&self, camera: &str, rule: &Slug) -> &[CameraRoute] {
        let key = (camera.to_owned(), rule.clone());
        self.rules.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    /// The checkpoints that hear some point of this device.
    pub(super) fn hearing_device(&self, device: &str) -> Vec<Arc<str>> {
        let of_device = self.points.iter().filter(|((of, _), _)| of == device);
        let mut all: Vec<Arc<str>> = of_device.flat_map(|(_, all)| all.iter().cloned()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
