//! How many lines a second are logged.

use std::time::{Duration, Instant};

use tracing::Level;

/// Lines a second, over time: what one person can still search through. Errors have as many again
/// for themselves, so that nothing else displaces them.
const LINES_PER_SEC: f64 = 20.0;

/// Lines at once: a start or a power cut with hundreds of cameras makes a line or two for each.
pub(super) const BURST_LINES: f64 = 500.0;

/// What is known of the lines so far.
#[derive(Debug)]
pub(super) struct LinePace {
    errors: f64,
    others: f64,
    latest_at: Instant,
    left_out: LeftOut,
}

/// Lines that were left out since that was last told.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// All of them.
    pub(super) lines: u64,
    /// Those that were errors.
    pub(super) errors: u64,
}

impl LinePace {
    /// With the whole allowance.
    pub(super) fn new(now: Instant) -> Self {
        let left_out = LeftOut::default();
        Self { errors: BURST_LINES, others: BURST_LINES, latest_at: now, left_out }
    }

    /// Whether a line may be written now, and what was left out before it. None: it is left out,
    /// too. What is finer than `INFO` is not bounded: somebody asked for it.
    pub(super) fn admit(&mut self, level: Level, now: Instant) -> Option<LeftOut> {
        let passed = now.saturating_duration_since(self.latest_at);
        self.latest_at = self.latest_at.max(now);
        let grown =
            |left: f64| (left + LINES_PER_SEC * Duration::as_secs_f64(&passed)).min(BURST_LINES);
        (self.errors, self.others) = (grown(self.errors), grown(self.others));
        let left = match level {
            Level::ERROR => &mut self.errors,
            Level::WARN | Level::INFO => &mut self.others,
            _ => return Some(LeftOut::default()),
        };
        if *left < 1.0 {
            self.left_out.lines += 1;
            self.left_out.errors += u64::from(level == Level::ERROR);
            return None;
        }
        *left -= 1.0;
        Some(std::mem::take(&mut self.left_out))
    }
}
