//! A door's or sensor's state as others are told of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use delivery::{SensorState, SensorStatus};
use intake::{Counts, DeviceState, HealthSnapshot};

use super::device_list::DeviceView;
use runtime::metrics;

/// A clock that drifts is told of in steps of this, so that its topic does not change all the time.
const CLOCK_STEP_SECS: i64 = 5;

/// A device that is not reached within this time is told as offline: what an earlier run told of it would
/// stand otherwise.
const FIRST_ANSWER: Duration = Duration::from_secs(15);

/// Why a device is offline of which nothing else is known.
const NEVER_HEARD: &str =
    "it has not answered since the gateway was started. Check its power, network and address";

/// Judges one device's state, and remembers what it takes to see a change.
#[derive(Debug, Default)]
pub(crate) struct DeviceStatusJudge {
    told: Option<SensorStatus>,
    /// When it was first looked at.
    since: Option<Instant>,
}

impl DeviceStatusJudge {
    /// The device's status at `now`, if it is not what was told last. None for a moment, as long as it is
    /// being reached for the first time.
    pub(crate) fn change(&mut self, device: &DeviceView, now: Instant) -> Option<SensorStatus> {
        let waits_since = *self.since.get_or_insert(now);
        let is_late = now.saturating_duration_since(waits_since) >= FIRST_ANSWER;
        let mut status = self.judge(&device.health.get(), (device.progress.stumbled(), is_late))?;
        let told = self.told.as_ref().and_then(|told| told.camera_ahead_ms);
        status.camera_ahead_ms = camera_ahead_ms(device.progress.skew_micros(), told);
        let dropped = device.dropped().into_iter();
        status.dropped = dropped.map(|(kind, count)| (kind.to_string(), count)).collect();
        if self.told.as_ref() == Some(&status) {
            return None;
        }
        self.told = Some(status.clone());
        Some(status)
    }

    fn judge(
        &self,
        health: &HealthSnapshot,
        (stumbled, is_late): (Option<String>, bool),
    ) -> Option<SensorStatus> {
        let (state, reason) = match (&health.state, stumbled) {
            (DeviceState::Connecting, _) if is_late => {
                (SensorState::Offline, Some(NEVER_HEARD.to_owned()))
            }
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
            dropped: BTreeMap::new(),
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
    use scene::{CaptureTime, Clock, ClockSource, Reading, Signal, SignalKind, SignalSource};

    use super::*;
    use crate::analysis::progress::Progress;

    fn device() -> DeviceView {
        DeviceView {
            id: "door-7".to_owned(),
            name: "Door".to_owned(),
            health: DeviceHealth::default(),
            progress: Arc::new(Progress::default()),
            mailbox: Arc::default(),
        }
    }

    #[test]
    fn every_change_is_told_once() {
        let (device, mut judge) = (device(), DeviceStatusJudge::default());
        let now = Instant::now();
        assert_eq!(judge.change(&device, now), None, "nothing is known yet");
        device.health.set(DeviceState::Online);
        assert_eq!(judge.change(&device, now).unwrap().state, SensorState::Online);
        assert_eq!(judge.change(&device, now), None);
        device.progress.stumble("the disk is full".to_owned());
        let degraded = judge.change(&device, now).unwrap();
        assert_eq!(degraded.state, SensorState::Degraded);
        assert!(degraded.reason.unwrap().ends_with("kept: the disk is full"));
        device.health.set(DeviceState::Refused { reason: "wrong password".to_owned() });
        let refused = judge.change(&device, now).unwrap();
        assert_eq!(
            (refused.state, refused.reason.as_deref()),
            (SensorState::Refused, Some("wrong password"))
        );
    }

    #[test]
    fn a_device_that_never_answers_is_told_as_offline() {
        let (device, mut judge) = (device(), DeviceStatusJudge::default());
        let begun_at = Instant::now();
        assert_eq!(judge.change(&device, begun_at), None, "it may answer in a moment");
        let status = judge.change(&device, begun_at + FIRST_ANSWER).unwrap();
        assert_eq!((status.state, status.last_heard_at), (SensorState::Offline, None));
        assert!(status.reason.unwrap().contains("since the gateway was started"));
    }

    #[test]
    fn what_was_dropped_is_told_by_kind() {
        let (mut device, mut judge) = (device(), DeviceStatusJudge::default());
        device.mailbox = Arc::new(intake::Mailbox::new(1));
        device.health.set(DeviceState::Online);
        for id in ["door-7", "door-7", "door-8", "door-9"] {
            let source = SignalSource { device: id.into(), point: "gate".into() };
            let clock = Clock { source: ClockSource::Arrival, error_ms: None };
            let at = CaptureTime::from_unix_micros(1);
            let signal = Signal::new(source, SignalKind::Tamper, Reading::Bad, at, clock);
            drop(device.mailbox.post(signal.unwrap()));
        }
        let status = judge.change(&device, Instant::now()).unwrap();
        assert_eq!(status.dropped, [("tamper".to_owned(), 2)].into());
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
