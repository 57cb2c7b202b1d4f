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

/// Why they are not while a write does not end.
const DISK_WAITS: &str = "pictures arrive and none is analysed: this gateway's disk does not answer; look at the \
                          disk and its cable, and at what else writes there";

/// Who looks at the cameras comes each second. After so long a gap this gateway itself stood still.
const STOOD_STILL: Duration = Duration::from_secs(4);

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
    /// What came while nothing was judged comes at once afterwards: that is no overload, and not judged.
    catches_up: bool,
    looked_at: Option<Instant>,
    disk_waited: bool,
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
            catches_up: false,
            looked_at: None,
            disk_waited: false,
            misdrawn: None,
        }
    }
}

impl StatusJudge {
    /// The camera's status, if it is not what was told last. It is left with the camera, for the page.
    /// `disk_waits` tells whether a write has been under way for seconds.
    pub(crate) fn change(
        &mut self,
        camera: &CameraView,
        disk_waits: bool,
        now: Instant,
    ) -> Option<DeviceStatus> {
        let looked_at = self.looked_at.replace(now);
        let stood_still = looked_at.is_some_and(|at| now.duration_since(at) >= STOOD_STILL);
        let disk_goes_on = std::mem::replace(&mut self.disk_waited, disk_waits) && !disk_waits;
        if stood_still || disk_goes_on {
            self.begin_anew(camera, now);
        }
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
                None if self.disk_waited => DISK_WAITS.to_owned(),
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

    /// Nothing could be judged until now, whatever the camera sent.
    fn begin_anew(&mut self, camera: &CameraView, now: Instant) {
        self.begin_waiting(camera, now);
        self.begin_window(now, camera.progress.gate().superseded);
        (self.overloaded, self.catches_up) = (false, true);
    }

    fn begin_window(&mut self, now: Instant, superseded: u64) {
        self.load_since = now;
        self.load_analysed = self.analysed;
        self.load_superseded = superseded;
    }

    /// Whether more due pictures were passed over than analysed in the latest window.
    fn is_overloaded(&mut self, camera: &CameraView, now: Instant) -> bool {
        if now.duration_since(self.load_since) >= LOAD_WINDOW {
            // A camera that was connected with another stream counts from zero.
            let superseded = camera.progress.gate().superseded;
            let catches_up = std::mem::take(&mut self.catches_up) || self.disk_waited;
            self.overloaded = !catches_up
                && superseded.saturating_sub(self.load_superseded)
                    > self.analysed.saturating_sub(self.load_analysed);
            self.begin_window(now, superseded);
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
        let status = judge.change(camera, false, Instant::now() + Duration::from_secs(secs))?;
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
        let mut told =
            || judge.change(&camera, false, Instant::now()).map(|it| (it.state, it.reason));
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
        let late = (13..30).find_map(|secs| told(&mut judge, &camera, secs)).unwrap();
        assert!(late.ends_with(NO_KEY_FRAME), "{late}");
    }

    /// Looks each second from `first` to `last`, while a picture is analysed each second; gives what was told.
    fn watched(
        (judge, camera): (&mut StatusJudge, &CameraView),
        (first, last): (u64, u64),
        disk_waits: bool,
        start: Instant,
    ) -> Vec<String> {
        let mut told = Vec::new();
        for secs in first..last {
            if !disk_waits {
                camera.progress.advance(scene::CaptureTime::from_unix_micros(1));
            }
            let status = judge.change(camera, disk_waits, start + Duration::from_secs(secs));
            told.extend(status.and_then(|status| status.reason));
        }
        told
    }

    #[test]
    fn a_gateway_that_stood_still_is_not_overloaded_when_it_goes_on() {
        let counts = |superseded| GateCounts { offered: 900, superseded, ..GateCounts::default() };
        let (camera, mut judge) = (camera(counts(0)), StatusJudge::default());
        let start = Instant::now();
        assert!(watched((&mut judge, &camera), (0, 20), false, start).is_empty());
        // Stopped for 40 s; what the camera sent meanwhile is passed over at once.
        camera.progress.pass_gate(counts(40));
        assert!(watched((&mut judge, &camera), (60, 70), false, start).is_empty());
        camera.progress.pass_gate(counts(60));
        assert!(watched((&mut judge, &camera), (70, 90), false, start).is_empty());
        // Now it is, and is told.
        for (first, superseded) in [(90, 100), (100, 140), (110, 180)] {
            camera.progress.pass_gate(counts(superseded));
            let told = watched((&mut judge, &camera), (first, first + 10), false, start);
            if !told.is_empty() {
                return assert_eq!(told, [OVERLOADED]);
            }
        }
        panic!("an overload is still told");
    }

    #[test]
    fn a_disk_that_does_not_answer_is_told_as_what_it_is() {
        let counts = |superseded| GateCounts { offered: 900, superseded, ..GateCounts::default() };
        let (camera, mut judge) = (camera(counts(0)), StatusJudge::default());
        let start = Instant::now();
        assert!(watched((&mut judge, &camera), (0, 20), false, start).is_empty());
        camera.progress.pass_gate(counts(20));
        assert_eq!(watched((&mut judge, &camera), (20, 50), true, start), [DISK_WAITS]);
        camera.progress.pass_gate(counts(50));
        assert!(watched((&mut judge, &camera), (50, 80), false, start).is_empty());
    }
}
