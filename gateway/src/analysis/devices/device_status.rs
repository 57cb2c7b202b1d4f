//! A door's or sensor's state as others are told of it.

use delivery::{SensorState, SensorStatus};
use intake::{Counts, DeviceState, HealthSnapshot};

use super::device_list::DeviceView;
use runtime::metrics;

/// A clock that drifts is told of in steps of this, so that its topic does not change all the time.
const CLOCK_STEP_SECS: i64 = 5;

/// Judges one device's state, and remembers what it takes to see a change.
#[derive(Debug, Default)]
pub(crate) struct DeviceStatusJudge {
    told: Option<SensorStatus>,
}

impl DeviceStatusJudge {
    /// The device's status, if it is not what was told last. None before it was reached, or was not.
    pub(crate) fn change(&mut self, device: &DeviceView) -> Option<SensorStatus> {
        let mut status = self.judge(&device.health.get(), device.progress.stumbled())?;
        let told = self.told.as_ref().and_then(|told| told.camera_ahead_ms);
        status.camera_ahead_ms = camera_ahead_ms(device.progress.skew_micros(), told);
        if self.told.as_ref() == Some(&status) {
            return None;
        }
        self.told = Some(status.clone());
        Some(status)
    }

    fn judge(&self, health: &HealthSnapshot, stumbled: Option<String>) -> Option<SensorStatus> {
        let (state, reason) = match (&health.state, stumbled) {
            (DeviceState::Connecting, _) => return None,
            (DeviceState::Online, Some(why)) => {
                let why = format!("it answers, but what it says cannot be kept: {why}");
                (SensorState::Degraded, Some(why))
            }
            (DeviceState::Online, None) => (SensorState::Online, None),
            (DeviceState::Offline { reason }, _) => (SensorState::Offline, Some(reason.clone())),
            (DeviceState::Refused { reason }, _) => (SensorState::Refused, Some(reason.clone())),
        };
        let is_online = matches!(state, SensorState::Online | SensorState::Degraded);
        let told = self.told.as_ref().and_then(|told| told.clock_ahead_secs);
        Some(SensorStatus {
            state,
            reason,
            last_heard_at: health.heard_at.filter(|_| !is_online),
            clock_ahead_secs: clock_ahead_secs(health, told),
            camera_ahead_ms: None,
        })
    }
}

/// By how many milliseconds a checkpoint's camera is ahead of its doors; what was `told` as long as it is
/// within half a second of that.
fn camera_ahead_ms(skew_micros: Option<i64>, told: Option<i64>) -> Option<i64> {
    let millis = skew_micros? / 100_000 * 100;
    told.filter(|told| told.abs_diff(millis) < 500).or(Some(millis))
}

/// By how many seconds its clock is ahead; what was `told` as long as it is about that.
fn clock_ahead_secs(health: &HealthSnapshot, told: Option<i64>) -> Option<i64> {
    let micros = health.offset_micros?.saturating_neg();
    let secs = micros.saturating_add(micros.signum() * 500_000) / 1_000_000;
    told.filter(|told| told.abs_diff(secs) < CLOCK_STEP_SECS.unsigned_abs()).or(Some(secs))
}

/// Counts what came from a device.
pub(crate) fn count(device: &DeviceView) {
    let HealthSnapshot { counts, state, .. } = device.health.get();
    let Counts { messages, signals, repeated, faulty, ignored, flooded } = counts;
    metrics::device_messages(
        &device.id,
        [
            ("understood", messages),
            ("signal", signals),
            ("repeated", repeated),
            ("faulty", faulty),
            ("ignored", ignored),
            ("flooded", flooded),
        ],
    );
    metrics::device_answers(&device.id, state == DeviceState::Online);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use intake::{DeviceHealth, DeviceState};

    use super::*;
    use crate::analysis::progress::Progress;

    fn device() -> DeviceView {
        DeviceView {
            id: "door-7".to_owned(),
            name: "Door".to_owned(),
            health: DeviceHealth::default(),
            progress: Arc::new(Progress::default()),
        }
    }

    #[test]
    fn every_change_is_told_once() {
        let (device, mut judge) = (device(), DeviceStatusJudge::default());
        assert_eq!(judge.change(&device), None, "nothing is known yet");
        device.health.set(DeviceState::Online);
        assert_eq!(judge.change(&device).unwrap().state, SensorState::Online);
        assert_eq!(judge.change(&device), None);
        device.progress.stumble("the disk is full".to_owned());
        let degraded = judge.change(&device).unwrap();
        assert_eq!(degraded.state, SensorState::Degraded);
        assert!(degraded.reason.unwrap().ends_with("kept: the disk is full"));
        device.health.set(DeviceState::Refused { reason: "wrong password".to_owned() });
        let refused = judge.change(&device).unwrap();
        assert_eq!(
            (refused.state, refused.reason.as_deref()),
            (SensorState::Refused, Some("wrong password"))
        );
    }

    #[test]
    fn a_clock_that_drifts_a_little_is_no_news() {
        let health = |offset_micros| HealthSnapshot { offset_micros, ..HealthSnapshot::default() };
        let ahead = |micros, told| clock_ahead_secs(&health(Some(micros)), told);
        assert_eq!(clock_ahead_secs(&health(None), Some(3)), None);
        assert_eq!(ahead(61_400_000, None), Some(-61));
        assert_eq!(ahead(-61_600_000, None), Some(62));
        assert_eq!(ahead(-65_600_000, Some(62)), Some(62));
        assert_eq!(ahead(-67_600_000, Some(62)), Some(68));
    }
}
