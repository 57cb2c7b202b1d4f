//! How well a case was handled (一哨一考), in four numbers of 0 to 100.

use super::case::{Case, End};
use super::feedback::Score;

/// Points lost for one failing.
const STEP: u32 = 25;

/// The score of a case that is closed.
pub(super) fn score(case: &Case) -> Score {
    let failed = case.attempts.iter().filter(|attempt| attempt.caught).count();
    let failed = u32::try_from(failed).unwrap_or(u32::MAX);
    let handled_at = case.attempts.iter().filter_map(|attempt| attempt.handled_at).next_back();
    let late = match (handled_at, case.handle_by) {
        (Some(handled_at), Some(handle_by)) => handled_at > handle_by,
        (None, _) => true,
        (Some(_), None) => false,
    };
    let forced = case.end == Some(End::Forced);
    Score {
        efficiency: lose(u32::from(late) * 2 + u32::from(case.postponed)),
        cooperation: lose(case.returns + case.pressed),
        professionalism: lose(failed * 2),
        responsibility: lose(failed + case.pressed + u32::from(forced)),
        citizen_satisfied: !forced && !late && failed == 0,
    }
}

fn lose(failings: u32) -> u8 {
    let lost = failings.saturating_mul(STEP).min(100);
    u8::try_from(100 - lost).unwrap_or(0)
}
