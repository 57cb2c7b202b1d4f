//! What is looked after all the time: each camera's status topic, and the age of evidence.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::analysis::{CameraList, StatusJudge};
use crate::evidence::EvidenceStore;
use delivery::StatusBoard;
use runtime::{Steadiness, utc_now};

/// How often every camera is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often evidence is looked through; its age is counted in days.
const EXPIRE_EVERY: Duration = Duration::from_mins(10);
/// The wall clock must have kept pace for this long before a picture is old by it.
const STEADY_FOR: Duration = Duration::from_hours(6);

/// Posts every change of every camera's state until `shutdown`, and takes back the state of cameras
/// that are no longer at work.
pub(super) async fn oversee(cameras: CameraList, board: StatusBoard, shutdown: CancellationToken) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let mut judges: BTreeMap<String, StatusJudge> = BTreeMap::new();
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
    }
}

/// Deletes expired evidence until `shutdown`.
pub(super) async fn expire(evidence: Arc<EvidenceStore>, shutdown: CancellationToken) {
    let mut tick = tokio::time::interval(EXPIRE_EVERY);
    let mut clock = Steadiness::new(STEADY_FOR);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _now = tick.tick() => {}
        }
        if !clock.is_shown() {
            continue;
        }
        let evidence = Arc::clone(&evidence);
        let deletion = tokio::task::spawn_blocking(move || evidence.expire(utc_now()));
        if deletion.await.is_err() {
            error!("evidence could not be looked through; it is tried again");
        }
    }
}
