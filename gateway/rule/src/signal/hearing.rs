//! Whether a device, or a point of it, is heard.

use std::time::Duration;

use scene::{CaptureTime, DEVICE_POINT, Reading, Signal, SignalKind, SignalValue};
use serde::{Deserialize, Serialize};

use super::judge::Whose;

/// What is known of the presence of a device or a point.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Hearing {
    /// The latest sign of life.
    #[serde(rename = "heard_at_us")]
    heard_at: Option<Micros>,
    /// Since then somebody said that the device is gone.
    device_is_gone: bool,
    /// Since then somebody said that the point is gone.
    point_is_gone: bool,
}

/// A time as memories keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Micros(i64);

impl From<CaptureTime> for Micros {
    fn from(at: CaptureTime) -> Self {
        Self(at.unix_micros())
    }
}

impl From<Micros> for CaptureTime {
    fn from(Micros(at): Micros) -> Self {
        Self::from_unix_micros(at)
    }
}

impl Hearing {
    /// Takes in a signal of the device. Returns whether it shows that the device is there.
    ///
    /// A bad reading shows nothing: the point was asked and did not answer.
    pub(super) fn take(&mut self, signal: &Signal, whose: Whose) -> bool {
        match (signal.kind(), signal.reading()) {
            (_, Reading::Bad) => false,
            (SignalKind::Heartbeat, Reading::Good(SignalValue::Flag(false))) => {
                self.device_is_gone |= *signal.source().point == *DEVICE_POINT;
                self.point_is_gone |= whose == Whose::Point;
                false
            }
            (SignalKind::Heartbeat, Reading::Uncertain(_)) => false,
            _ => {
                let at = signal.captured_at().into();
                self.heard_at = self.heard_at.max(Some(at));
                self.device_is_gone = false;
                self.point_is_gone &= !whose.is_own();
                true
            }
        }
    }

    /// The latest sign of life.
    pub(super) fn heard_at(&self) -> Option<CaptureTime> {
        self.heard_at.map(CaptureTime::from)
    }

    /// Somebody said that it is gone.
    pub(super) const fn is_gone(&self) -> bool {
        self.device_is_gone || self.point_is_gone
    }

    /// Takes in what is said of the device, where only the point's own words show that it is there. That the
    /// device's housing was closed, or smoke is over, is no word that it is gone.
    pub(super) fn note_device(&mut self, signal: &Signal) {
        let of_device = *signal.source().point == *DEVICE_POINT;
        if let (true, Reading::Good(SignalValue::Flag(flag))) = (of_device, signal.reading()) {
            self.device_is_gone = signal.kind() == SignalKind::Heartbeat && !flag;
        }
    }

    /// Counts as heard at `at`, without a word.
    pub(super) fn begin(&mut self, at: CaptureTime) {
        self.heard_at.get_or_insert(at.into());
    }

    /// Until when what was said can be relied on, if nothing is heard for `silence`; none if that
    /// is over already.
    pub(super) fn holds_until(&self, silence: Duration) -> Option<CaptureTime> {
        self.heard_at().filter(|_| !self.is_gone()).map(|at| at.after(silence))
    }

    /// The latest sign of life counts as `span` later: nobody listened for so long.
    pub(super) fn postpone(&mut self, span: Duration) {
        self.heard_at = self.heard_at().map(|at| at.after(span).into());
    }

    /// The clock stepped back to `at`.
    pub(super) fn step_back(&mut self, at: CaptureTime) {
        self.heard_at = self.heard_at.map(|heard_at| heard_at.min(at.into()));
    }
}
