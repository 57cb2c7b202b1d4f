//! A wall clock that was set while rules remember times by it.

use incident::Assessor;
use scene::CaptureTime;
use tracing::error;

/// From `from` to `to` in microseconds, negative if that is earlier.
pub(super) fn micros_from(from: CaptureTime, to: CaptureTime) -> i64 {
    to.unix_micros().saturating_sub(from.unix_micros())
}

/// Moves all that an assessor remembers. Whether it worked; if not, the assessor goes on as it was.
pub(super) fn move_clock(assessor: &mut Assessor, by_micros: i64) -> bool {
    let moved = assessor.move_clock(by_micros);
    moved.inspect_err(|error| error!(%error, "what the rules remember keeps its old times")).is_ok()
}
