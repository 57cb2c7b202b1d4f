//! The status topic of each camera, door and sensor, kept up to date.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::analysis::{
    CameraList, CheckpointFeed, DeviceList, DeviceStatusJudge, StatusJudge, count,
};
use delivery::StatusBoard;
use intake::DeviceState;

/// How often every camera and device is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Posts every change of every camera's and device's state until `shutdown`, and takes back the state
/// of those that are no longer at work.
pub(super) async fn oversee(
    (cameras, devices, feed): (CameraList, DeviceList, CheckpointFeed),
    board: StatusBoard,
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
            if let Some(status) = judge.change(&camera, Instant::now()) {
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
