//! A camera's state as others are told of it: online, offline, or delivering without being judged.

use std::time::{Duration, Instant};

use camera::{GateCounts, Health};
use delivery::{DeviceState, DeviceStatus};
use tracing::warn;

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
    /// Since when it was counted what becomes of them.
    counted_since: Instant,
    load_since: Instant,
    load_analysed: u64,
    load_superseded: u64,
    overloaded: bool,
    /// What the log was told of zones that were drawn on another picture.
    misdrawn: Option<String>,
}

impl Default for StatusJudge {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            told: None,
            analysed: 0,
            analysed_changed_at: now,
            gate_then: GateCounts::default(),
            counted_since: now,
            load_since: now,
            load_analysed: 0,
            load_superseded: 0,
            overloaded: false,
            misdrawn: None,
        }
    }
}

impl StatusJudge {
    /// The camera's status, if it is not what was told last. It is left with the camera, for the page.
    pub(crate) fn change(&mut self, camera: &CameraView, now: Instant) -> Option<DeviceStatus> {
        let (state, reason) = self.judge(camera, now)?;
        camera.status.set((state, reason.clone()));
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
        let gate = camera.progress.gate();
        if gate.offered < self.gate_then.offered {
            // Its next eye counts from zero.
            (self.gate_then, self.counted_since) = (GateCounts::default(), now);
        }
        if now.duration_since(self.analysed_changed_at) > camera.patience() {
            let reason = match camera.progress.stumbled() {
                // A picture was due, and was given up for a fresher one.
                None if gate.superseded > self.gate_then.superseded => OVERLOADED.to_owned(),
                None if now.duration_since(self.counted_since) <= camera.patience() => {
                    return self.told.clone();
                }
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
        let misdrawn = camera.progress.shape().objection(&camera.id);
        if let Some(objection) = misdrawn {
            if self.misdrawn.as_ref() != Some(&objection) {
                warn!(camera = %camera.id, "{objection}");
                self.misdrawn = Some(objection.clone());
            }
            return Some((DeviceState::Degraded, Some(objection)));
        }
        Some((DeviceState::Online, None))
    }

    fn begin_waiting(&mut self, camera: &CameraView, now: Instant) {
        (self.analysed_changed_at, self.counted_since) = (now, now);
        self.gate_then = camera.progress.gate();
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
    use crate::analysis::camera_list::LatestStatus;
    use crate::analysis::progress::Progress;

    /// A camera that sends pictures of which this became.
    fn camera(gate: GateCounts) -> CameraView {
        let (progress, health) = (Arc::new(Progress::default()), SharedHealth::default());
        health.set(Health::Online { codec: Codec::H264 });
        progress.pass_gate(gate);
        CameraView {
            id: "gate".to_owned(),
            name: "Gate".to_owned(),
            health,
            progress,
            status: LatestStatus::default(),
            silence_timeout: Duration::from_secs(10),
        }
    }

    /// What is told of a camera of which no picture was analysed for `secs`.
    fn told(judge: &mut StatusJudge, camera: &CameraView, secs: u64) -> Option<String> {
        let status = judge.change(camera, Instant::now() + Duration::from_secs(secs))?;
        assert_eq!(status.state, DeviceState::Degraded);
        status.reason
    }

    #[test]
    fn an_overloaded_gateway_does_not_blame_the_camera() {
        let none = GateCounts::default();
        let fresh = |camera: &CameraView| told(&mut StatusJudge::default(), camera, 11).unwrap();
        let no_key = camera(GateCounts { offered: 90, dropped: 90, ..none });
        assert!(fresh(&no_key).ends_with(NO_KEY_FRAME));
        let passed_over = camera(GateCounts { offered: 90, skipped: 90, superseded: 3, ..none });
        assert_eq!(fresh(&passed_over), OVERLOADED);
        passed_over.progress.stumble("undecodable picture".to_owned());
        assert!(fresh(&passed_over).ends_with("none can be analysed: undecodable picture"));
    }

    #[test]
    fn zones_drawn_on_a_picture_of_another_shape_are_told_until_one_of_them_changes() {
        let (camera, mut judge) = (camera(GateCounts::default()), StatusJudge::default());
        camera.progress.advance(scene::CaptureTime::from_unix_micros(1));
        let mut told = || judge.change(&camera, Instant::now()).map(|it| (it.state, it.reason));
        camera.progress.shape().draw_on(Some([1920, 1080]));
        assert_eq!(told(), Some((DeviceState::Online, None)));
        camera.progress.shape().saw(eye::PictureSize::square(704, 576));
        let (state, reason) = told().unwrap();
        assert_eq!(state, DeviceState::Degraded);
        let reason = reason.unwrap();
        assert!(reason.contains("[1920, 1080]") && reason.contains("704x576"), "{reason}");
        assert_eq!(told(), None, "once");
        camera.progress.shape().draw_on(Some([704, 576]));
        assert_eq!(told(), Some((DeviceState::Online, None)));
    }

    #[test]
    fn an_eye_that_counts_from_zero_says_nothing_of_the_camera() {
        let counts = |offered, superseded| GateCounts {
            offered,
            skipped: offered,
            superseded,
            ..GateCounts::default()
        };
        let (camera, mut judge) = (camera(counts(90, 3)), StatusJudge::default());
        assert_eq!(told(&mut judge, &camera, 11).as_deref(), Some(OVERLOADED));
        judge.gate_then = counts(90, 3);
        camera.progress.pass_gate(counts(5, 0));
        assert_eq!(told(&mut judge, &camera, 12), None, "as before");
        let late = told(&mut judge, &camera, 30).unwrap();
        assert!(late.ends_with(NO_KEY_FRAME), "{late}");
    }
}
