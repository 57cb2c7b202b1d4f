//! Which alerts are due, and when: the truth of the clips in the time of the play.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::camera::clip_span::ClipSpan;
use crate::camera::simulated::Playback;
use crate::scenario::model::Truth;

/// When one camera showed which part of its clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClipSchedule {
    /// The moment at which clip time was zero for the first time, or would have been.
    pub clip_zero_at: Timestamp,
    /// Length of the clip.
    pub clip_length: Duration,
    /// Whether it starts again.
    pub playback: Playback,
    /// The first picture the gateway could have seen.
    pub seen_from: Timestamp,
    /// The end of the play.
    pub seen_until: Timestamp,
}

/// One alert that the truth asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// What it is about.
    pub truth: Truth,
    /// The first moment at which the gateway could see it.
    pub stands_from: Timestamp,
    /// When it goes, or when the play ends.
    pub stands_until: Timestamp,
    /// When the alert is due.
    pub due_at: Timestamp,
    /// False if it goes, or the play ends, shortly after `due_at`: then no alert is right too.
    pub certain: bool,
}

/// Every alert that `truth` asks for while its camera is shown.
#[must_use]
pub fn expect(truth: &Truth, schedule: &ClipSchedule) -> Vec<Expectation> {
    let occurrences = match truth.stands {
        None => vec![(schedule.seen_from, schedule.seen_until)],
        Some(span) => occurrences(span, schedule),
    };
    occurrences
        .into_iter()
        .filter_map(|(from, until)| {
            let stands_from = from.max(schedule.seen_from);
            let stands_until = until.min(schedule.seen_until);
            let due_at = later(stands_from, truth.dwell);
            let possible = due_at <= later(stands_until, truth.tolerance);
            possible.then(|| Expectation {
                truth: truth.clone(),
                stands_from,
                stands_until,
                due_at,
                certain: later(due_at, truth.tolerance) <= stands_until,
            })
        })
        .filter(|due| due.stands_from < due.stands_until)
        .collect()
}

/// Every time the clip shows `span` during the play, as begin and end.
fn occurrences(span: ClipSpan, schedule: &ClipSchedule) -> Vec<(Timestamp, Timestamp)> {
    let mut found = Vec::new();
    let mut pass_at = schedule.clip_zero_at;
    while pass_at < schedule.seen_until {
        let (from, until) = (later(pass_at, span.from), later(pass_at, span.to));
        if until > schedule.seen_from && from < schedule.seen_until {
            found.push((from, until));
        }
        if schedule.playback == Playback::Once || schedule.clip_length.is_zero() {
            break;
        }
        pass_at = later(pass_at, schedule.clip_length);
    }
    found
}

/// Saturates at the end of time, which no play reaches.
fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(signed(by)).unwrap_or(Timestamp::MAX)
}

fn signed(length: Duration) -> SignedDuration {
    SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}
