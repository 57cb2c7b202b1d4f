//! The re-check (核查): is what was reported gone? Pure; pictures and the passing of time drive it.
//!
//! ```text
//!              settle has passed           window has passed
//! asked for ──▶ waiting ──▶ looking ─────────────────────────▶ passed | inconclusive
//!                  ▲           │
//!                  └───────────┴─ failed: again after 10, 30, 60 min
//! ```
//!
//! A picture counts only if it shows the place in which the incident was reported. The check has
//! its own pace: more pictures, which another rule may ask for, do not count more. There is no
//! verdict if too few pictures count, or if none counts for half of the window without a break.
//! Only the reason is told then: a blind camera never gives a verdict.

mod readings;
pub(crate) mod tally;

use std::time::Duration;

use scene::CaptureTime;

use crate::alert::verification::{
    Verification, VerificationMode, VerificationReason, VerificationResult,
};
use crate::casefile::file::CheckRequest;
use readings::{MIN_NORMAL, Readings};
use tally::{Look, Tally, Window};

/// Pictures requested for each one that is needed: some will show a lorry driving past.
const SPARE: f64 = 1.5;
const MIN_INTERVAL: Duration = Duration::from_millis(200);
const MAX_INTERVAL: Duration = Duration::from_secs(5);
/// Pictures requested in a short window, so that each half of it has some.
const MIN_PICTURES: f64 = 4.0;
/// How much longer than its window a check waits for a picture to show with its result.
const GRACE: Duration = Duration::from_secs(10);

/// Which share of positive pictures means what.
#[derive(Debug, Clone, Copy)]
struct Shares {
    /// Up to this share the incident is over.
    over_up_to: f64,
    /// From this share on it lasts.
    lasts_from: f64,
}

/// Something stands there: one picture in ten may mistake something else for it.
const PRESENT: Shares = Shares { over_up_to: 0.1, lasts_from: 0.3 };
/// Something is missing: the detector misses what stands there in up to half of the pictures, and
/// the rule itself reports only what nine in ten lack.
const MISSING: Shares = Shares { over_up_to: 0.5, lasts_from: 0.9 };

/// How a re-check is made unless the request says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecheckSettings {
    /// How long to wait before looking: the people who handled it are still in the picture.
    pub settle: Duration,
    /// How long to look.
    pub window: Duration,
    /// With fewer pictures than this there is no verdict.
    pub min_samples: u32,
    /// How long after each failed check to look again; no more checks follow after the last.
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

/// A re-check that was requested.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recheck {
    /// The request.
    pub(crate) request: CheckRequest,
    /// 1 at first, one more for each repetition.
    pub(crate) round: u32,
    pub(crate) step: Step,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Looking begins after this wait. `told`: the alert already says that it is being verified.
    Waiting { since: CaptureTime, wait: Duration, told: bool },
    /// It looks.
    Looking { since: CaptureTime, tally: Box<Tally> },
    /// It listens to readings.
    Listening { since: CaptureTime, readings: Readings },
    /// Nothing more will happen.
    Over,
}

impl Recheck {
    /// A check that was just requested.
    pub(crate) fn asked(request: CheckRequest, at: CaptureTime, usual: &RecheckSettings) -> Self {
        let wait = request.terms.settle.unwrap_or(usual.settle);
        Self { request, round: 1, step: Step::Waiting { since: at, wait, told: true } }
    }

    /// Whether the alert says that it is being verified.
    pub(crate) const fn is_under_way(&self) -> bool {
        matches!(
            self.step,
            Step::Waiting { told: true, .. } | Step::Looking { .. } | Step::Listening { .. }
        )
    }

    pub(crate) const fn is_looking(&self) -> bool {
        matches!(self.step, Step::Looking { .. })
    }

    /// The time between two pictures that it needs, while it is looking.
    pub(crate) fn interval(&self, usual: &RecheckSettings) -> Option<Duration> {
        self.is_looking().then(|| self.pace(usual))
    }

    fn pace(&self, usual: &RecheckSettings) -> Duration {
        let pictures = f64::from(self.min_samples(usual)) * SPARE;
        self.window(usual).div_f64(pictures.max(MIN_PICTURES)).clamp(MIN_INTERVAL, MAX_INTERVAL)
    }

    /// Begins to look, or to listen, if the wait is over. Returns whether the alert must now say that
    /// it is being verified, and did not say so before.
    pub(crate) fn wake(&mut self, at: CaptureTime, by_readings: bool) -> bool {
        let Step::Waiting { since, wait, told } = self.step else { return false };
        if at.since(since) < wait {
            return false;
        }
        self.step = if by_readings {
            Step::Listening { since: at, readings: Readings::default() }
        } else {
            Step::Looking { since: at, tally: Box::default() }
        };
        !told
    }

    /// Takes in what a signal says while it is listening.
    pub(crate) const fn listen(&mut self) -> Option<&mut Readings> {
        match &mut self.step {
            Step::Listening { readings, .. } => Some(readings),
            _ => None,
        }
    }

    /// When time alone takes it further, if it goes by readings.
    pub(crate) fn due_at(&self, usual: &RecheckSettings) -> Option<CaptureTime> {
        match self.step {
            Step::Waiting { since, wait, .. } => Some(since.after(wait)),
            Step::Listening { since, .. } => Some(since.after(self.window(usual))),
            Step::Looking { .. } | Step::Over => None,
        }
    }

    /// The result of the readings once the window is over; `stands`: whether it stands now.
    pub(crate) fn conclude_readings(
        &mut self,
        at: CaptureTime,
        stands: Option<bool>,
        usual: &RecheckSettings,
    ) -> Option<Verification> {
        let Step::Listening { since, mut readings } = self.step else { return None };
        if at.since(since) < self.window(usual) {
            return None;
        }
        if readings.samples == 0 {
            // What is silent is known to be so without a word of it.
            readings.add(stands.filter(|stands| *stands));
        }
        let min_normal = self.request.terms.min_samples.unwrap_or(MIN_NORMAL);
        let (result, reason) = readings.verdict(stands, min_normal);
        let found = Verification {
            mode: VerificationMode::Sensor,
            round: self.round,
            result,
            reason: Some(reason),
            started_at: since,
            samples: readings.samples,
            positive_samples: readings.positive,
            next_check_at: self.again(result, usual).map(|wait| at.after(wait)),
            ..by_a_person(&self.request, at)
        };
        self.go_on(at, result, usual);
        Some(found)
    }

    /// How long after a check with this result to check again.
    fn again(&self, result: VerificationResult, usual: &RecheckSettings) -> Option<Duration> {
        let index = usize::try_from(self.round).unwrap_or(usize::MAX).saturating_sub(1);
        let again = usual.repeat_after.get(index);
        again.filter(|_| result == VerificationResult::Failed).copied()
    }

    /// What follows on a check with this result: another one, or nothing.
    fn go_on(&mut self, at: CaptureTime, result: VerificationResult, usual: &RecheckSettings) {
        self.step = match self.again(result, usual) {
            Some(wait) => {
                self.round = self.round.saturating_add(1);
                Step::Waiting { since: at, wait, told: false }
            }
            None => Step::Over,
        };
    }

    /// Takes one picture into account while it is looking.
    pub(crate) fn look(&mut self, look: &Look<'_>, usual: &RecheckSettings) {
        let (pace, lasts) = (self.pace(usual), self.window(usual));
        if let Step::Looking { since, tally } = &mut self.step {
            tally.add(look, &Window { since: *since, lasts, pace });
        }
    }

    /// The result, once the window is over. Without a picture (`shown` is false) it waits a little
    /// longer for one, so that the message can show it. `missing`: a positive picture is one that
    /// lacks something.
    pub(crate) fn conclude(
        &mut self,
        at: CaptureTime,
        shown: bool,
        missing: bool,
        usual: &RecheckSettings,
    ) -> Option<Verification> {
        let Step::Looking { since, tally } = &self.step else { return None };
        let window = self.window(usual);
        let patience = if shown { window } else { window.saturating_add(GRACE) };
        if at.since(*since) < patience {
            return None;
        }
        let blind = tally.longest_blind(*since, since.after(window));
        let shares = if missing { MISSING } else { PRESENT };
        let (result, reason) = match verdict(tally, shares, self.min_samples(usual)) {
            // Not even a late picture came.
            None if !shown => (VerificationResult::Inconclusive, VerificationReason::CameraOffline),
            None => (VerificationResult::Inconclusive, tally.blindness()),
            Some(_) if blind.lasts > window / 2 => {
                (VerificationResult::Inconclusive, blind.reason())
            }
            Some(verdict) => verdict,
        };
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
            next_check_at: self.again(result, usual).map(|wait| at.after(wait)),
        };
        self.go_on(at, result, usual);
        Some(found)
    }

    /// The gateway was not running: what it saw before is too old, so it looks again.
    pub(crate) fn resume(&mut self) {
        if let Step::Looking { since, .. } | Step::Listening { since, .. } = self.step {
            self.step = Step::Waiting { since, wait: Duration::ZERO, told: true };
        }
    }

    /// The clock stepped back to `at`: waits that began later begin now.
    pub(crate) fn step_back(&mut self, at: CaptureTime) {
        if let Step::Waiting { since, .. }
        | Step::Looking { since, .. }
        | Step::Listening { since, .. } = &mut self.step
        {
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

/// The result for what only a person can check, because no picture of this camera can tell.
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

/// The verdict of the pictures; none if too few show the place.
fn verdict(
    tally: &Tally,
    shares: Shares,
    min_samples: u32,
) -> Option<(VerificationResult, VerificationReason)> {
    if tally.samples < min_samples.max(1) {
        return None;
    }
    let positive = f64::from(tally.positive) / f64::from(tally.samples);
    Some(if positive <= shares.over_up_to {
        (VerificationResult::Passed, VerificationReason::SceneClear)
    } else if positive < shares.lasts_from {
        (VerificationResult::Inconclusive, VerificationReason::TooFewSamples)
    } else if tally.in_place.saturating_mul(2) >= tally.positive {
        (VerificationResult::Failed, VerificationReason::StillPresent)
    } else {
        (VerificationResult::Failed, VerificationReason::SimilarObjectPresent)
    })
}
