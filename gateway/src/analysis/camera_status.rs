//! A camera's state as others are told of it: online, offline, or delivering without being judged.

use std::time::{Duration, Instant};

use camera::{GateCounts, Health};
use delivery::{DeviceState, DeviceStatus};

use super::camera_list::CameraView;

/// Overload is judged over this span.
const LOAD_WINDOW: Duration = Duration::from_secs(15);

/// Why pictures are not analysed though the camera sends what is needed.
const OVERLOADED: &str = "overloaded: this gateway cannot look as often as the rules ask; give it \
                          fewer cameras, smaller streams or more cores";

/// Why they are not if nothing else is known.
const NO_KEY_FRAME: &str = "no complete key frame came";

/// Judges one camera's state, and remembers what it takes to see a change.
#[derive(Debug)]
pub(crate) struct StatusJudge {
    told: Option<(DeviceState, Option<String>)>,
    analysed: u64,
    analysed_changed_at: Instant,
    /// What had become of the camera's access units by then.
    gate_then: GateCounts,
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
            gate_then: GateCounts::default(),
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
            self.begin_waiting(camera, now);
            return Some((DeviceState::Offline, Some(reason)));
        }
        let analysed = camera.progress.analysed();
        if analysed != self.analysed {
            self.analysed = analysed;
            self.begin_waiting(camera, now);
        }
        if now.duration_since(self.analysed_changed_at) > camera.patience() {
            let reason = match camera.progress.stumbled() {
                None if self.was_due(camera) => OVERLOADED.to_owned(),
                why => {
                    let why = why.as_deref().unwrap_or(NO_KEY_FRAME);
                    format!("pictures arrive but none can be analysed: {why}")
                }
            };
            return Some((DeviceState::Degraded, Some(reason)));
        }
        if self.is_overloaded(camera, now) {
            return Some((DeviceState::Degraded, Some(OVERLOADED.to_owned())));
        }
        Some((DeviceState::Online, None))
    }

    fn begin_waiting(&mut self, camera: &CameraView, now: Instant) {
        (self.analysed_changed_at, self.gate_then) = (now, camera.progress.gate());
    }

    /// Whether a picture could have been analysed since the latest one was: the gate gave one up for a
    /// fresher one, or holds what nobody has come for.
    fn was_due(&self, camera: &CameraView) -> bool {
        let (then, now) = (self.gate_then, camera.progress.gate());
        let held = now.offered.saturating_sub(now.dropped + now.decoded + now.skipped);
        now.superseded > then.superseded || (held > 0 && now.dropped == then.dropped)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use camera::{Codec, SharedHealth};

    use super::*;
    use crate::analysis::progress::Progress;

    /// What is told of a camera of which no picture was analysed for long, while this became of what it sent.
    fn told(gate: GateCounts, stumbled: Option<&str>) -> String {
        let (progress, health) = (Arc::new(Progress::default()), SharedHealth::default());
        health.set(Health::Online { codec: Codec::H264 });
        progress.pass_gate(gate);
        if let Some(reason) = stumbled {
            progress.stumble(reason.to_owned());
        }
        let camera = CameraView {
            id: "gate".to_owned(),
            name: "Gate".to_owned(),
            health,
            progress,
            silence_timeout: Duration::from_secs(10),
        };
        let mut judge = StatusJudge::default();
        let later = Instant::now() + Duration::from_secs(11);
        let status = judge.change(&camera, later).expect("it is told");
        assert_eq!(status.state, DeviceState::Degraded);
        status.reason.expect("it is said why")
    }

    #[test]
    fn an_overloaded_gateway_does_not_blame_the_camera() {
        let none = GateCounts::default();
        let no_key = GateCounts { offered: 90, dropped: 90, ..none };
        assert!(told(no_key, None).ends_with(NO_KEY_FRAME));
        let lossy = GateCounts { offered: 90, dropped: 80, ..none };
        assert!(told(lossy, None).ends_with(NO_KEY_FRAME));
        let passed_over = GateCounts { offered: 90, skipped: 90, superseded: 3, ..none };
        assert_eq!(told(passed_over, None), OVERLOADED);
        let waiting = GateCounts { offered: 90, ..none };
        assert_eq!(told(waiting, None), OVERLOADED);
        let spoilt = told(passed_over, Some("undecodable picture"));
        assert!(spoilt.ends_with("none can be analysed: undecodable picture"), "{spoilt}");
    }
}
