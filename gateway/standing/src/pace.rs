//! Steps that are due every so many seconds of the camera's clock.

use scene::CaptureTime;

/// Whether so many seconds have passed since the last time, or the clock was set back; if so, this is
/// the last time.
pub(crate) fn is_due(last: &mut Option<CaptureTime>, time: CaptureTime, secs: f32) -> bool {
    let due = last.is_none_or(|last| time < last || time.since(last).as_secs_f32() >= secs);
    if due {
        *last = Some(time);
    }
    due
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_backward_step_of_the_clock_a_step_is_due_at_once() {
        let at = |secs: i64| CaptureTime::from_unix_micros(secs * 1_000_000);
        let mut last = None;
        let due = [100, 102, 104, 50, 52, 54].map(|secs| is_due(&mut last, at(secs), 4.0));
        assert_eq!(due, [true, false, true, true, false, true]);
    }
}
