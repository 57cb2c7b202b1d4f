//! The status topic of each camera, door and sensor, kept up to date.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ledger::Ledger;
use tokio_util::sync::CancellationToken;

use crate::analysis::{
    CameraList, CheckpointFeed, DeviceList, DeviceStatusJudge, StatusJudge, count,
};
use crate::evidence::EvidenceStore;
use delivery::StatusBoard;
use intake::DeviceState;

/// How often every camera and device is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A write that takes so long holds up the judging of pictures.
const LONG_WRITE: Duration = Duration::from_secs(2);

/// What judging a picture may wait for.
pub(super) struct DiskUse {
    pub(super) ledger: Ledger,
    pub(super) evidence: Arc<EvidenceStore>,
}

impl DiskUse {
    fn waits_for(&self) -> Duration {
        self.ledger.waits_for_disk().max(self.evidence.waits_for_disk())
    }
}

/// Posts every change of every camera's and device's state until `shutdown`, and takes back the state
/// of those that are no longer at work.
pub(super) async fn oversee(
    (cameras, devices, feed): (CameraList, DeviceList, CheckpointFeed),
    (board, disk): (StatusBoard, DiskUse),
    shutdown: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let mut judges: BTreeMap<String, StatusJudge> = BTreeMap::new();
    let mut of_devices: BTreeMap<String, DeviceStatusJudge> = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _now = tick.tick() => {}
        }
        let disk_waits = disk.waits_for() >= LONG_WRITE;
        let at_work = cameras.all();
        judges.retain(|id, _| {
            let is_here = at_work.iter().any(|camera| camera.id == *id);
            if !is_here {
                board.withdraw(id);
            }
            is_here
        });
        for camera in at_work {
            let judge = judges.entry(camera.id.clone()).or_default();
            if let Some(status) = judge.change(&camera, disk_waits, Instant::now()) {
                board.post(&camera.id, &status);
            }
        }
        oversee_devices(&devices, &mut of_devices, &board);
        for device in devices.all() {
            feed.tell_presence(&device.id, device.health.get().state == DeviceState::Online);
        }
    }
}

fn oversee_devices(
    devices: &DeviceList,
    judges: &mut BTreeMap<String, DeviceStatusJudge>,
    board: &StatusBoard,
) {
    let at_work = devices.all();
    judges.retain(|id, _| {
        let is_here = at_work.iter().any(|device| device.id == *id);
        if !is_here {
            board.withdraw(id);
        }
        is_here
    });
    for device in at_work {
        count(&device);
        let judge = judges.entry(device.id.clone()).or_default();
        if let Some(status) = judge.change(&device, Instant::now()) {
            board.post_sensor(&device.id, &status);
        }
    }
}
