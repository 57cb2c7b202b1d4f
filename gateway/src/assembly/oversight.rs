//! What is looked after all the time: each camera's status topic (online, offline, or delivering
//! without being judged).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::operator::{CameraView, Roster};
use camera::Health;
use delivery::{DeviceState, DeviceStatus, StatusBoard};

/// How often every camera is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Pictures wanted in a row before their lack is called a fault.
const MISSED_PICTURES: u32 = 3;

/// Overload is judged over so long.
const LOAD_WINDOW: Duration = Duration::from_secs(15);

/// What must be remembered to see a change.
#[derive(Debug)]
struct Memory {
    told: Option<(DeviceState, Option<String>)>,
    analysed: u64,
    analysed_changed_at: Instant,
    load_since: Instant,
    load_analysed: u64,
    load_superseded: u64,
    overloaded: bool,
}

impl Default for Memory {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            told: None,
            analysed: 0,
            analysed_changed_at: now,
            load_since: now,
            load_analysed: 0,
            load_superseded: 0,
            overloaded: false,
        }
    }
}

/// Posts every change of every camera's state until `shutdown`, and takes back the state of cameras
/// that left the roster.
pub(super) async fn oversee(roster: Roster, board: StatusBoard, shutdown: CancellationToken) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    let mut memories: BTreeMap<String, Memory> = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _now = tick.tick() => {}
        }
        let cameras = roster.cameras();
        memories.retain(|id, _| {
            let is_here = cameras.iter().any(|camera| camera.id == *id);
            if !is_here {
                board.withdraw(id);
            }
            is_here
        });
        for camera in cameras {
            let memory = memories.entry(camera.id.clone()).or_default();
            if let Some(status) = memory.change(&camera, Instant::now()) {
                board.post(&camera.id, &status);
            }
        }
    }
}

impl Memory {
    /// The camera's status, if it is not what was told last.
    fn change(&mut self, camera: &CameraView, now: Instant) -> Option<DeviceStatus> {
        let (state, reason) = self.judge(camera, now)?;
        if self.told.as_ref() == Some(&(state, reason.clone())) {
            return None;
        }
        self.told = Some((state, reason.clone()));
        Some(DeviceStatus { state, reason, last_frame_at: camera.progress.latest_at() })
    }

    fn judge(
        &mut self,
        camera: &CameraView,
        now: Instant,
    ) -> Option<(DeviceState, Option<String>)> {
        let health = camera.health.get()?;
        if let Health::Offline { reason } = health {
            self.analysed_changed_at = now;
            return Some((DeviceState::Offline, Some(reason)));
        }
        let analysed = camera.progress.analysed();
        if analysed != self.analysed {
            self.analysed = analysed;
            self.analysed_changed_at = now;
        }
        let patience = camera.silence_timeout.max(camera.progress.interval() * MISSED_PICTURES);
        if now.duration_since(self.analysed_changed_at) > patience {
            let why = camera.progress.stumbled();
            let why = why.unwrap_or_else(|| "no complete key frame came".to_owned());
            let reason = format!("pictures arrive but none can be analysed: {why}");
            return Some((DeviceState::Degraded, Some(reason)));
        }
        if self.is_overloaded(camera, now) {
            let reason = "overloaded: this gateway cannot look as often as the rules ask; give it \
                          fewer cameras, smaller streams or more cores";
            return Some((DeviceState::Degraded, Some(reason.to_owned())));
        }
        Some((DeviceState::Online, None))
    }

    /// Whether more due pictures were passed over than analysed in the latest window.
    fn is_overloaded(&mut self, camera: &CameraView, now: Instant) -> bool {
        if now.duration_since(self.load_since) >= LOAD_WINDOW {
            // A camera whose stream was configured anew counts from zero.
            let superseded = camera.feed.counts().superseded;
            self.overloaded = superseded.saturating_sub(self.load_superseded)
                > self.analysed.saturating_sub(self.load_analysed);
            self.load_since = now;
            self.load_analysed = self.analysed;
            self.load_superseded = superseded;
        }
        self.overloaded
    }
}
