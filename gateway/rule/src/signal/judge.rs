//! What tells a rule on signals of one kind from those of another.

use std::fmt::Debug;
use std::time::Duration;

use scene::{CaptureTime, Signal};
use serde_json::Value;

use super::verdict::{Measurement, SignalFinding, SignalVerdict};

/// A moment, by the clock and by how much had been watched by then.
///
/// Watched is the time in which the device was there and what it had said could be relied on. Spans
/// are measured on it, so silence counts neither towards a dwell nor towards a clearing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the clock.
    pub at: CaptureTime,
    /// The time watched up to then.
    pub watched: Duration,
}

/// How much more time alone changes a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Watched time.
    Watched(Duration),
    /// Time by the clock, watched or not.
    Passed(Duration),
}

/// Of what a signal is, as a rule sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Of the point that the rule judges.
    Point,
    /// Of the device that the rule judges as a whole.
    Device,
    /// Of another point of the same device.
    Other,
}

impl Whose {
    /// Whether it is of what the rule judges.
    #[must_use]
    pub const fn is_own(self) -> bool {
        !matches!(self, Self::Other)
    }
}

/// The part of a rule on signals that is its kind's own. Pure: equal signals give equal verdicts.
pub trait Judge: Debug + Send {
    /// Takes in a signal of the device; `moment` is its own time.
    fn hear(&mut self, signal: &Signal, whose: Whose, moment: Moment);

    /// The device was silent for so long that what it said need not be so any more.
    fn lose(&mut self);

    /// The gateway was not listening from then to then.
    fn deafen(&mut self, from: CaptureTime, to: CaptureTime) {
        let _ = (from, to);
    }

    /// Whether it is known how things are.
    fn is_known(&self) -> bool;

    /// Outside the rule's hours: what lasts now begins to last when the hours begin.
    fn rest(&mut self, moment: Moment);

    /// What it concludes at `moment`; only asked while [`Judge::is_known`].
    fn verdict(&mut self, moment: Moment) -> SignalVerdict;

    /// Whether what the rule is about stands at `moment`; none if that is not known, or if it is no
    /// state.
    fn stands(&self, moment: Moment) -> Option<bool>;

    /// How much more time changes the verdict if nothing is heard; none if time alone does not.
    fn due(&self, moment: Moment) -> Option<Due>;

    /// The clock stepped back to `at`: nothing that is remembered lies after it.
    fn step_back(&mut self, at: CaptureTime);

    /// What was found, in Chinese, for the case system: `门持续开启超过120秒`.
    fn describe(&self, finding: &SignalFinding) -> String;

    /// What is measured, with the latest value.
    fn measurement(&self) -> Measurement;

    /// By how many microseconds the camera's clock is ahead of the door's, as far as is known; only of
    /// a kind that compares the two.
    fn clock_skew_micros(&self) -> Option<i64> {
        None
    }

    /// All that it remembers.
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known.
    fn memory(&self) -> Result<Value, serde_json::Error>;

    /// Takes over what an earlier run remembered; `false` if it is not of this kind. It then has no
    /// memory.
    fn restore(&mut self, memory: &Value) -> bool;
}
