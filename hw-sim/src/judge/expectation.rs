//! Which alerts are due and when: the truth of the clips laid on the clock of the play.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::camera::Playback;
use crate::scenario::{ClipSpan, Truth};

/// When one camera showed what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Showing {
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
    /// The first moment at which the gateway could see it stand.
    pub stands_from: Timestamp,
    /// When it goes, or the play ends.
    pub stands_until: Timestamp,
    /// When the rule is met.
    pub due_at: Timestamp,
    /// False if it ends, or the play does, so near to `due_at` that silence is right too.
    pub certain: bool,
}

/// Every alert that `truth` asks for while its camera is shown.
#[must_use]
pub fn expect(truth: &Truth, showing: &Showing) -> Vec<Expectation> {
    let occurrences = match truth.stands {
        None => vec![(showing.seen_from, showing.seen_until)],
        Some(span) => occurrences(span, showing),
    };
    occurrences
        .into_iter()
        .filter_map(|(from, until)| {
            let stands_from = from.max(showing.seen_from);
            let stands_until = until.min(showing.seen_until);
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

/// Each pass of the clip that shows `span` during the play, as begin and end.
fn occurrences(span: ClipSpan, showing: &Showing) -> Vec<(Timestamp, Timestamp)> {
    let mut found = Vec::new();
    let mut pass_at = showing.clip_zero_at;
    while pass_at < showing.seen_until {
        let (from, until) = (later(pass_at, span.from), later(pass_at, span.to));
        if until > showing.seen_from && from < showing.seen_until {
            found.push((from, until));
        }
        if showing.playback == Playback::Once || showing.clip_length.is_zero() {
            break;
        }
        pass_at = later(pass_at, showing.clip_length);
    }
    found
}

/// Saturates at the ends of time, which no play reaches.
fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(signed(by)).unwrap_or(Timestamp::MAX)
}

fn signed(length: Duration) -> SignedDuration {
    SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX)
}
