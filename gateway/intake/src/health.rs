//! How a device is, as its adapter sees it: for the page, the status topic and the metrics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime::{Recurring, plain_text};
use scene::CaptureTime;
use tokio::time::Instant;

/// The most bytes of a reason; the rest would be the device's own words.
const MOST_REASON_BYTES: usize = 300;

/// What a device's adapter is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeviceState {
    /// It has not been reached yet.
    #[default]
    Connecting,
    /// It answers.
    Online,
    /// It does not, and why: for a person to read, one line, in which nothing hides.
    Offline {
        /// Which fault, what was expected, what to do.
        reason: String,
    },
    /// It refused the login. It is left alone for minutes, so that it does not lock us out.
    Refused {
        /// What it said, and what to do.
        reason: String,
    },
}

/// What came from one device since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages that were understood, heartbeats among them.
    pub messages: u64,
    /// Signals that were posted.
    pub signals: u64,
    /// Events that had been heard before.
    pub repeated: u64,
    /// Messages that were not understood.
    pub faulty: u64,
    /// Messages of a kind that means nothing here.
    pub ignored: u64,
    /// Messages that came faster than a device may talk, and were passed over.
    pub flooded: u64,
}

/// Something that is counted of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the fields of `Counts`")]
pub enum Counted {
    Message,
    Signal,
    Repeated,
    Faulty,
    Ignored,
    Flooded,
}

/// A device's health, written by its adapter and read by those who watch it. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct DeviceHealth(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    state: DeviceState,
    counts: Counts,
    /// By the wall clock, which may be set, and by the one that never is.
    heard: Option<(CaptureTime, Instant)>,
    offset_micros: Option<i64>,
    latest_fault: Option<String>,
    outages: Recurring,
}

/// A device's health at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HealthSnapshot {
    /// What the adapter is doing.
    pub state: DeviceState,
    /// What came so far.
    pub counts: Counts,
    /// When the device was last heard, by our clock.
    pub heard_at: Option<CaptureTime>,
    /// What must be added to the device's time to get ours, in microseconds, if it is known.
    pub offset_micros: Option<i64>,
    /// The latest message that was not understood: which field, what was expected.
    pub latest_fault: Option<String>,
}

impl DeviceHealth {
    /// All of it at this moment.
    #[must_use]
    pub fn get(&self) -> HealthSnapshot {
        let inner = self.lock();
        HealthSnapshot {
            state: inner.state.clone(),
            counts: inner.counts,
            heard_at: inner.heard.map(|(at, _)| at),
            offset_micros: inner.offset_micros,
            latest_fault: inner.latest_fault.clone(),
        }
    }

    /// For how long the device has not been heard, however the wall clock was set meanwhile; none if it never
    /// was heard.
    pub(crate) fn silent_for(&self) -> Option<Duration> {
        self.lock().heard.map(|(_, heard)| heard.elapsed())
    }

    /// Replaces the state. A reason may hold what the device said; it is made plain here.
    /// Returns whether that is worth a line in the log: an outage that goes on is less and less.
    pub fn set(&self, state: DeviceState) -> bool {
        let plain = |reason: &str| plain_text(reason, MOST_REASON_BYTES);
        let state = match state {
            DeviceState::Offline { reason } => DeviceState::Offline { reason: plain(&reason) },
            DeviceState::Refused { reason } => DeviceState::Refused { reason: plain(&reason) },
            state => state,
        };
        let now = Instant::now().into_std();
        let mut inner = self.lock();
        let is_other = inner.state != state;
        let is_news = match &state {
            DeviceState::Connecting => is_other,
            DeviceState::Online => {
                let is_over = inner.outages.goes_well(now).is_some();
                is_other && (is_over || inner.outages.is_told())
            }
            DeviceState::Offline { reason } | DeviceState::Refused { reason } => {
                inner.outages.happens(reason, now).is_some()
            }
        };
        inner.state = state;
        is_news
    }

    /// Nobody can reach the device: it is away until it calls. One that was heard by an earlier connection
    /// stays as it is.
    pub(crate) fn await_call(&self, reason: &str) {
        if self.get().state == DeviceState::Connecting {
            self.set(DeviceState::Offline { reason: reason.to_owned() });
        }
    }

    /// Notes why a message was not understood, and counts it.
    pub(crate) fn fault(&self, fault: &str) {
        let mut inner = self.lock();
        inner.counts.faulty = inner.counts.faulty.saturating_add(1);
        inner.latest_fault = Some(plain_text(fault, MOST_REASON_BYTES));
    }

    pub(crate) fn count(&self, what: Counted) {
        let mut inner = self.lock();
        let counts = &mut inner.counts;
        let count = match what {
            Counted::Message => &mut counts.messages,
            Counted::Signal => &mut counts.signals,
            Counted::Repeated => &mut counts.repeated,
            Counted::Faulty => &mut counts.faulty,
            Counted::Ignored => &mut counts.ignored,
            Counted::Flooded => &mut counts.flooded,
        };
        *count = count.saturating_add(1);
    }

    pub(crate) fn heard(&self, at: CaptureTime, offset_micros: Option<i64>) {
        let mut inner = self.lock();
        (inner.heard, inner.offset_micros) = (Some((at, Instant::now())), offset_micros);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A thread that panicked here left at worst a count that is one off.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceHealth, DeviceState};

    #[test]
    fn what_a_device_says_is_cut_and_hides_nothing() {
        let health = DeviceHealth::default();
        let offline = |reason: &str| DeviceState::Offline { reason: reason.to_owned() };
        assert!(health.set(offline(&format!("no\u{1b}[2J\nINFO {}", "x".repeat(1_000_000)))));
        let DeviceState::Offline { reason } = health.get().state else { panic!("it is offline") };
        assert!(reason.starts_with("no\\u{1b}[2J\\nINFO xxx") && reason.len() < 400, "{reason}");
        assert!(health.set(offline("no answer")) && !health.set(offline("no answer")));
    }

    #[test]
    fn an_outage_that_goes_on_is_no_news_also_if_it_is_tried_again_between() {
        let health = DeviceHealth::default();
        let offline = || DeviceState::Offline { reason: "no answer".to_owned() };
        assert!(health.set(DeviceState::Online) && !health.set(DeviceState::Online));
        assert!(health.set(offline()) && health.set(DeviceState::Online), "it is over");
        for _ in 0..100 {
            health.set(DeviceState::Connecting);
            assert!(!health.set(offline()), "as before");
            assert!(!health.set(DeviceState::Online), "for a moment");
        }
    }
}
