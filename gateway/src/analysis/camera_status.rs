//! A camera's state as others are told of it: online, offline, or delivering without being judged.

use std::time::{Duration, Instant};

use camera::Health;
use delivery::{DeviceState, DeviceStatus};

use super::camera_list::CameraView;

/// Overload is judged over this span.
const LOAD_WINDOW: Duration = Duration::from_secs(15);

/// Judges one camera's state, and remembers what it takes to see a change.
#[derive(Debug)]
pub(crate) struct StatusJudge {
    told: Option<(DeviceState, Option<String>)>,
    analysed: u64,
    analysed_changed_at: Instant,
    load_since: Instant,
    load_analysed: u64,
    load_superseded: u64,
    overloaded: bool,
}

impl Default for StatusJudge {
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

impl StatusJudge {
    /// The camera's status, if it is not what was told last.
    pub(crate) fn change(&mut self, camera: &CameraView, now: Instant) -> Option<DeviceStatus> {
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
        if now.duration_since(self.analysed_changed_at) > camera.patience() {
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
            // A camera that was connected with another stream counts from zero.
            let superseded = camera.progress.gate().superseded;
            self.overloaded = superseded.saturating_sub(self.load_superseded)
                > self.analysed.saturating_sub(self.load_analysed);
            self.load_since = now;
            self.load_analysed = self.analysed;
            self.load_superseded = superseded;
        }
        self.overloaded
    }
}
