//! What is missing, from picture to picture.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::tally::{Tally, TallyV1};
use crate::verdict::Finding;
use crate::view::View;

/// The name of the kind.
pub(super) const NAME: &str = "absence";

/// How long it must be missing, and how long it must be back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) dwell: Duration,
    pub(super) min_share: f32,
    pub(super) clear_after: Duration,
}

/// Too little is there, now or a moment ago.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gone {
    /// How often too little was there.
    pub(super) tally: Tally,
    /// Watched time of the latest picture.
    latest: Duration,
    /// For how long it may be seen before it is back. Time without it earns it.
    credit: Duration,
    /// It has been gone for the dwell.
    pub(super) ripe: bool,
}

impl Gone {
    /// An absence that begins with this picture. The millisecond is for rounding.
    pub(super) fn begin(view: &View<'_>) -> Self {
        let (latest, credit) = (view.watched, Duration::from_millis(1));
        Self { tally: Tally::begin(1.0, view), latest, credit, ripe: false }
    }

    /// Carries an absence into a picture; none if what was missing is back.
    pub(super) fn carry(mut self, lacks: bool, view: &View<'_>, pace: Pace) -> Option<Self> {
        let Pace { dwell, min_share, clear_after } = pace;
        let passed = view.watched.saturating_sub(self.latest);
        self.latest = view.watched;
        self.tally.begin_picture();
        if !lacks {
            self.credit = self.credit.checked_sub(passed.mul_f32(min_share))?;
            return Some(self);
        }
        self.tally.see(1.0);
        let earned = self.credit.saturating_add(passed.mul_f32(1.0 - min_share));
        let by_dwell = dwell.mul_f32(1.0 - min_share);
        // Once reported, a return that lasts as long as the clearing ends it, however long the dwell
        // is: otherwise one picture that misses them would report them again long after their return.
        let by_clearing = clear_after.mul_f32(min_share);
        self.credit = if self.ripe {
            earned.min(by_clearing)
        } else {
            self.ripe = self.tally.proves(dwell, min_share, view);
            if self.ripe { by_clearing } else { earned.min(by_dwell) }
        };
        Some(self)
    }

    /// A picture that tells nothing: no time passes; how much would have.
    pub(super) fn skip(&mut self, view: &View<'_>) -> Duration {
        let passed = view.watched.saturating_sub(self.latest);
        self.latest = view.watched;
        self.tally.since += passed;
        passed
    }

    /// What was found. It shows nothing: what is missing has no place.
    pub(super) fn finding(&self, view: &View<'_>) -> Finding {
        Finding { confidence: self.tally.share(), ..self.tally.finding(view, 0, Vec::new()) }
    }
}

/// A remembered absence; times in microseconds of watched time.
#[derive(Serialize, Deserialize)]
pub(super) struct GoneV1 {
    #[serde(flatten)]
    tally: TallyV1,
    latest_us: u64,
    credit_us: u64,
    ripe: bool,
}

impl GoneV1 {
    pub(super) fn of(gone: &Gone) -> Self {
        Self {
            tally: TallyV1::of(&gone.tally),
            latest_us: micros(gone.latest),
            credit_us: micros(gone.credit),
            ripe: gone.ripe,
        }
    }

    pub(super) fn gone(&self) -> Gone {
        Gone {
            tally: self.tally.tally(),
            latest: Duration::from_micros(self.latest_us),
            credit: Duration::from_micros(self.credit_us),
            ripe: self.ripe,
        }
    }
}
