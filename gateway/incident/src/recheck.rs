//! The re-check (核查): is what was reported gone? Pure; pictures and the passing of time drive it.
//!
//! ```text
//!              settle has passed           window has passed
//! asked for ──▶ waiting ──▶ looking ─────────────────────────▶ passed | inconclusive
//!                  ▲           │
//!                  └───────────┴─ failed: again after 10, 30, 60 min
//! ```
//!
//! Only a picture that shows the very place in which the incident was reported counts, at the
//! check's own pace: however many another rule wants meanwhile, they weigh no more. Without enough
//! of them, or if none came for half of the window on end, nothing is said but why: never a verdict
//! on a blind camera.

pub(crate) mod tally;

use std::time::Duration;

use scene::CaptureTime;

use crate::alert::verification::{
    Verification, VerificationMode, VerificationReason, VerificationResult,
};
use crate::casefile::file::CheckRequest;
use tally::{Look, Tally, Window};

/// Pictures wanted for each one that is needed: some will show a lorry driving past.
const SPARE: f64 = 1.5;
const MIN_INTERVAL: Duration = Duration::from_millis(200);
const MAX_INTERVAL: Duration = Duration::from_secs(5);
/// Pictures wanted of a short window, so that none of its halves is without.
const MIN_PICTURES: f64 = 4.0;
/// How much longer than its window a check waits for a picture to end on.
const GRACE: Duration = Duration::from_secs(10);

/// Up to this share of positive pictures it is gone; from the second on it is still there.
const GONE_UP_TO: f64 = 0.1;
const THERE_FROM: f64 = 0.3;

/// How a re-check is made unless the request says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecheckSettings {
    /// How long to wait before looking: whoever handled it is still in the picture.
    pub settle: Duration,
    /// How long to look.
    pub window: Duration,
    /// Pictures without which nothing is said.
    pub min_samples: u32,
    /// How long after each failed check to look again; then no more.
    pub repeat_after: Vec<Duration>,
}

impl Default for RecheckSettings {
    fn default() -> Self {
        Self {
            settle: Duration::from_mins(1),
            window: Duration::from_mins(3),
            min_samples: 10,
            repeat_after: [10, 30, 60].map(Duration::from_mins).to_vec(),
        }
    }
}

/// A re-check that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recheck {
    /// What asked for it.
    pub(crate) request: CheckRequest,
    /// 1 at first, one more for each repetition.
    pub(crate) round: u32,
    pub(crate) step: Step,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Looking begins after this wait; `told` if the alert says that it is being verified.
    Waiting { since: CaptureTime, wait: Duration, told: bool },
    /// It looks.
    Looking { since: CaptureTime, tally: Box<Tally> },
    /// Nothing more is going to happen.
    Over,
}

impl Recheck {
    /// A check that was just asked for.
    pub(crate) fn asked(request: CheckRequest, at: CaptureTime, usual: &RecheckSettings) -> Self {
        let wait = request.terms.settle.unwrap_or(usual.settle);
        Self { request, round: 1, step: Step::Waiting { since: at, wait, told: true } }
    }

    /// Whether the alert says that it is being verified.
    pub(crate) const fn is_under_way(&self) -> bool {
        matches!(self.step, Step::Waiting { told: true, .. } | Step::Looking { .. })
    }

    pub(crate) const fn is_looking(&self) -> bool {
        matches!(self.step, Step::Looking { .. })
    }

    /// How often it must be shown a picture.
    pub(crate) fn interval(&self, usual: &RecheckSettings) -> Option<Duration> {
        self.is_looking().then(|| self.pace(usual))
    }

    fn pace(&self, usual: &RecheckSettings) -> Duration {
        let pictures = f64::from(self.min_samples(usual)) * SPARE;
        self.window(usual).div_f64(pictures.max(MIN_PICTURES)).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }

    /// Begins to look if the wait is over. Answers whether the alert has to tell that it is being
    /// verified, which it had not.
    pub(crate) fn wake(&mut self, at: CaptureTime) -> bool {
        let Step::Waiting { since, wait, told } = self.step else { return false };
        if at.since(since) < wait {
            return false;
        }
        self.step = Step::Looking { since: at, tally: Box::default() };
        !told
    }

    /// Takes one picture into account, if it is looking.
    pub(crate) fn look(&mut self, look: &Look<'_>, usual: &RecheckSettings) {
        let (pace, lasts) = (self.pace(usual), self.window(usual));
        if let Step::Looking { since, tally } = &mut self.step {
            tally.add(look, &Window { since: *since, lasts, pace });
        }
    }

    /// What it found, once the window is over. Without a picture (`shown` false) it waits a little
    /// longer for one, so that the message can show it.
    pub(crate) fn conclude(
        &mut self,
        at: CaptureTime,
        shown: bool,
        usual: &RecheckSettings,
    ) -> Option<Verification> {
        let Step::Looking { since, tally } = &self.step else { return None };
        let window = self.window(usual);
        let patience = if shown { window } else { window.saturating_add(GRACE) };
        if at.since(*since) < patience {
            return None;
        }
        let blind = tally.longest_blind(*since, since.after(window));
        let (result, reason) = match verdict(tally, self.min_samples(usual)) {
            // Not even a late picture came.
            None if !shown => (VerificationResult::Inconclusive, VerificationReason::CameraOffline),
            None => (VerificationResult::Inconclusive, tally.blindness()),
            Some(_) if blind.lasts > window / 2 => {
                (VerificationResult::Inconclusive, blind.reason())
            }
            Some(verdict) => verdict,
        };
        let index = usize::try_from(self.round).unwrap_or(usize::MAX).saturating_sub(1);
        let again = usual.repeat_after.get(index);
        let again = again.filter(|_| result == VerificationResult::Failed).copied();
        let found = Verification {
            request_msg_id: self.request.msg_id,
            mode: VerificationMode::Auto,
            round: self.round,
            result,
            reason: Some(reason),
            started_at: *since,
            finished_at: at,
            samples: tally.samples,
            positive_samples: tally.positive,
            scene_match: tally.scene_match(),
            next_check_at: again.map(|wait| at.after(wait)),
        };
        self.step = match again {
            Some(wait) => {
                self.round = self.round.saturating_add(1);
                Step::Waiting { since: at, wait, told: false }
            }
            None => Step::Over,
        };
        Some(found)
    }

    /// The gateway was away: what it saw of the place before is too old to go on with.
    pub(crate) fn resume(&mut self) {
        if let Step::Looking { since, .. } = self.step {
            self.step = Step::Waiting { since, wait: Duration::ZERO, told: true };
        }
    }

    /// The clock stepped back to `at`: waits that began later begin now.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        if let Step::Waiting { since, .. } | Step::Looking { since, .. } = &mut self.step {
            *since = at.min(*since);
        }
        if let Step::Looking { tally, .. } = &mut self.step {
            tally.step_back(at);
        }
    }

    fn window(&self, usual: &RecheckSettings) -> Duration {
        self.request.terms.window.unwrap_or(usual.window)
    }

    fn min_samples(&self, usual: &RecheckSettings) -> u32 {
        self.request.terms.min_samples.unwrap_or(usual.min_samples)
    }
}

/// What a person has to find out, as no picture of this camera can tell.
pub(crate) fn by_a_person(request: &CheckRequest, at: CaptureTime) -> Verification {
    Verification {
        request_msg_id: request.msg_id,
        mode: VerificationMode::Manual,
        round: 1,
        result: VerificationResult::Inconclusive,
        reason: None,
        started_at: at,
        finished_at: at,
        samples: 0,
        positive_samples: 0,
        scene_match: None,
        next_check_at: None,
    }
}

/// None if too few pictures show the place.
fn verdict(tally: &Tally, min_samples: u32) -> Option<(VerificationResult, VerificationReason)> {
    if tally.samples < min_samples.max(1) {
        return None;
    }
    let positive = f64::from(tally.positive) / f64::from(tally.samples);
    Some(if positive <= GONE_UP_TO {
        (VerificationResult::Passed, VerificationReason::SceneClear)
    } else if positive < THERE_FROM {
        (VerificationResult::Inconclusive, VerificationReason::TooFewSamples)
    } else if tally.in_place.saturating_mul(2) >= tally.positive {
        (VerificationResult::Failed, VerificationReason::StillPresent)
    } else {
        (VerificationResult::Failed, VerificationReason::SimilarObjectPresent)
    })
}
