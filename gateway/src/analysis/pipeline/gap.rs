//! From when on nobody looked at a camera.

use std::time::Duration;

use scene::CaptureTime;

/// When the time without pictures before `at` began, if it is one; `latest` was the picture before. It is one
/// if it is longer than `longest`; and if another eye looks now, because the one before died. Then the usual
/// time from look to look is none.
pub(super) fn since(
    latest: CaptureTime,
    at: CaptureTime,
    (usual, longest): (Duration, Duration),
    is_new_eye: bool,
) -> Option<CaptureTime> {
    let missing = at.since(latest);
    if missing > longest {
        return Some(latest);
    }
    (is_new_eye && missing > usual).then(|| latest.after(usual))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_makes_a_gap_of_what_is_more_than_usual_and_a_long_silence_is_one_in_any_case() {
        let at = |millis: i64| CaptureTime::from_unix_micros(1000 * millis);
        let pace = (Duration::from_millis(500), Duration::from_secs(10));
        let gap = |millis, is_new_eye| since(at(0), at(millis), pace, is_new_eye);
        assert_eq!([400, 500, 2_000, 10_000].map(|millis| gap(millis, false)), [None; 4]);
        assert_eq!([400, 500].map(|millis| gap(millis, true)), [None; 2]);
        assert_eq!([501, 2_000].map(|millis| gap(millis, true)), [Some(at(500)); 2]);
        assert_eq!([gap(10_001, false), gap(10_001, true)], [Some(at(0)); 2]);
        // The clock was set back.
        assert_eq!([gap(-3_000, false), gap(-3_000, true)], [None; 2]);
    }
}
