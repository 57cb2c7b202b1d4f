//! `view_fault`: the camera itself is covered, turned away, out of focus, in the dark or frozen.
//!
//! Looks ten times in a dwell, at least every 10 s; every 5 s until the view is known and while a fault is in
//! sight.
//!
//! The five faults are told from the picture as a whole, not from objects. `turned` and `blurred`
//! compare with the view of the last minutes. The rule learns that view from sound pictures only.
//! Learning takes two minutes at first, and what is learned survives a restart. After a day of
//! nothing but strange pictures the rule accepts the new view. Nobody knows what a camera showed
//! before it was watched: one that is turned from the start is not reported.
//!
//! `frozen` says that the picture stands still, apart from what coding it again changes. The rule
//! cannot tell that from a live view in which nothing moves and whose noise the camera has filtered
//! away, such as an empty corridor at night: give it a dwell in which something surely moves. A
//! clock that the camera writes into the picture moves, so a frozen picture under a running clock is
//! not reported. Neither is a picture that is coded so coarsely that it pulses like noise.

mod episode;
mod reference;
mod still;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use scene::{Appearance, CaptureTime, Thresholds};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::look::{BLURRED_BELOW, is_covered, is_dark};
use crate::memory;
use crate::micros::micros;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::tally::Tally;
use crate::terms::DwellTerm;
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::zone::Zone;
use episode::{Episode, EpisodeV1};
use reference::{Reference, ReferenceV1};
use still::{Still, StillV1};

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ViewFaultTerms {
    /// What is wrong with the camera.
    view_fault: Option<ViewFault>,
    #[serde(flatten)]
    dwell: DwellTerm,
}

impl KindTerms for ViewFaultTerms {
    const NAME: &'static str = "view_fault";
    const FORMER_NAME: Option<&'static str> = Some("scene");
    const MEANING: &'static str =
        "the camera itself is covered, turned away, blurred, dark or frozen";
    const MAY_WATCH_ALL: bool = true;
    type Settings = ViewFaultSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<ViewFaultSettings> {
        let usual = ViewFaultSettings::new(reading.needed("view_fault", self.view_fault)?);
        Some(ViewFaultSettings { dwell: self.dwell.or(usual.dwell), ..usual })
    }
}

/// Least share of the pictures that must show the fault.
const MIN_SHARE: f32 = 0.8;
/// A strange view is accepted as the new one after this time.
const RELEARN_AFTER: Duration = Duration::from_hours(24);

/// A view less like the known one is another; one more like it than the second is safe to learn.
const TURNED_BELOW: f32 = 0.25;
const LEARN_FROM: f32 = 0.4;

/// What must be wrong with the camera for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewFaultSettings {
    /// What is wrong.
    pub fault: ViewFault,
    /// For how long, in capture time.
    pub dwell: Duration,
}

/// What can be wrong with a camera's view.
///
/// - `Covered`: something without contours fills nearly the whole picture: a hand, a bag, spray
///   paint. Fog that hides everything looks the same.
/// - `Turned`: the camera looks elsewhere.
/// - `Blurred`: it looks where it should, but out of focus.
/// - `Dark`: too dark to make anything out.
/// - `Frozen`: the same picture again and again, though perhaps coded differently each time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "said above: a comment on each would change the files' schema")]
pub enum ViewFault {
    Covered,
    Turned,
    Blurred,
    Dark,
    Frozen,
}

impl ViewFaultSettings {
    /// This fault for a minute.
    #[must_use]
    pub const fn new(fault: ViewFault) -> Self {
        Self { fault, dwell: Duration::from_mins(1) }
    }

    /// Single pictures without the fault do not reset the dwell.
    fn gap_tolerance(&self) -> Duration {
        ranges::usual_gap_tolerance(self.dwell)
    }
}

impl KindSettings for ViewFaultSettings {
    fn fault(&self) -> Option<Fault> {
        ranges::dwell(self.dwell, self.gap_tolerance())
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(Vec::new())
    }

    fn needs_appearance(&self) -> bool {
        true
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        None
    }

    fn lies_on_ground(&self) -> bool {
        false
    }

    /// It is no object: a person must look.
    fn sought(&self) -> Option<Sought> {
        None
    }

    fn build(&self, _zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(ViewFaultRule::new(self.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct ViewFaultRule {
    settings: ViewFaultSettings,
    clear_after: Duration,
    reference: Reference,
    /// Since when every picture that could be compared was strange, in watched time.
    strange_since: Option<Duration>,
    /// The first of the latest pictures that are all the same, if that is the fault.
    still: Option<Still>,
    /// Watched time of the latest picture.
    latest: Option<Duration>,
    episode: Option<Episode>,
}

/// What a picture is, compared with the known view.
struct Judgement {
    covered: bool,
    dark: bool,
    turned: bool,
    blurred: bool,
    frozen: bool,
    /// Alike enough to be learned from, or nothing is known yet.
    familiar: bool,
}

impl ViewFaultRule {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the fault.
    fn new(settings: ViewFaultSettings, clear_after: Duration) -> Self {
        Self {
            settings,
            clear_after,
            reference: Reference::default(),
            strange_since: None,
            still: None,
            latest: None,
            episode: None,
        }
    }

    fn judge(&self, look: &Appearance) -> Judgement {
        let dark = is_dark(look);
        let covered = !dark && is_covered(look);
        let visible = !dark && !covered;
        let learned = self.reference.is_learned();
        let likeness = self.reference.likeness(look).filter(|_| visible && learned);
        let turned = likeness.is_some_and(|likeness| likeness < TURNED_BELOW);
        let sharpness = self.reference.sharpness_of(look).filter(|_| likeness.is_some());
        let blurred = !turned && sharpness.is_some_and(|share| share < BLURRED_BELOW);
        let familiar = !learned || likeness.is_some_and(|likeness| likeness >= LEARN_FROM);
        let frozen = visible && self.still.as_ref().is_some_and(|still| still.holds(look));
        Judgement { covered, dark, turned, blurred, frozen, familiar: visible && familiar }
    }

    /// Learns from a sound picture; gives a view up that has not been seen for a day.
    fn learn(&mut self, look: &Appearance, judgement: &Judgement, watched: Duration) {
        let since_last = watched.saturating_sub(self.latest.unwrap_or(watched));
        self.latest = Some(watched);
        if judgement.turned || judgement.blurred {
            let since = *self.strange_since.get_or_insert(watched);
            if watched.saturating_sub(since) >= RELEARN_AFTER {
                self.reference = Reference::default();
                self.strange_since = None;
            }
        } else if judgement.familiar {
            self.strange_since = None;
            self.reference.learn(look, watched, since_last);
        }
    }

    /// Carries the episode on, begins one or ends it.
    fn follow(&mut self, shown: bool, view: &View<'_>) {
        let patience = self.patience();
        let Some(episode) = &mut self.episode else {
            self.episode = shown.then(|| self.begin(view));
            return;
        };
        let out_of_sight = view.watched.saturating_sub(episode.seen);
        if out_of_sight > patience {
            self.episode = shown.then(|| self.begin(view));
            return;
        }
        episode.tally.begin_picture();
        if shown {
            episode.tally.see(1.0);
            episode.seen = view.watched;
            episode.ripe |= episode.tally.proves(self.settings.dwell, MIN_SHARE, view);
        }
    }

    fn begin(&self, view: &View<'_>) -> Episode {
        let mut tally = Tally::begin(1.0, view);
        if let Some(still) = &self.still {
            // The first of equal pictures is only known as such when the second comes.
            (tally.since_at, tally.since) = (still.since_at, still.since);
            tally.begin_picture();
            tally.see(1.0);
        }
        Episode { tally, seen: view.watched, ripe: false }
    }

    /// How long the fault may be out of sight.
    fn patience(&self) -> Duration {
        let tolerance = self.settings.gap_tolerance();
        let ripe = self.episode.as_ref().is_some_and(|episode| episode.ripe);
        if ripe { tolerance.max(self.clear_after) } else { tolerance }
    }

    fn verdict(&self, shown: bool, view: &View<'_>) -> Verdict {
        match &self.episode {
            Some(episode) if episode.ripe && shown => Verdict::Met(Finding {
                confidence: episode.tally.share(),
                ..episode.tally.finding(view, 0, Vec::new())
            }),
            Some(_) => Verdict::Candidate,
            None => Verdict::Clear,
        }
    }
}

impl Rule for ViewFaultRule {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        // A picture that cannot be looked at says nothing.
        let Some(look) = &view.observation.appearance else {
            return self.verdict(false, view);
        };
        let judgement = self.judge(look);
        self.learn(look, &judgement, view.watched);
        if self.settings.fault == ViewFault::Frozen && !judgement.frozen {
            self.still = Some(Still::begin(look, view));
        }
        let shown = match self.settings.fault {
            ViewFault::Covered => judgement.covered,
            ViewFault::Turned => judgement.turned,
            ViewFault::Blurred => judgement.blurred,
            ViewFault::Dark => judgement.dark,
            ViewFault::Frozen => judgement.frozen,
        };
        self.follow(shown, view);
        self.verdict(shown, view)
    }

    fn step_back(&mut self, at: CaptureTime) {
        if let Some(episode) = &mut self.episode {
            episode.tally.step_back(at);
        }
        if let Some(still) = &mut self.still {
            still.since_at = still.since_at.min(at);
        }
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance());
        let phase = if self.reference.is_learned() { phase } else { phase.by_pixels() };
        let Sampling { interval } = Sampling::of_dwell(phase, span, self.clear_after);
        // It goes on learning, and believes no longer a step.
        Sampling { interval: interval.min(reference::LONGEST_STEP) }
    }

    fn describe(&self, _finding: &Finding) -> String {
        let fault = match self.settings.fault {
            ViewFault::Covered => "镜头被遮挡",
            ViewFault::Turned => "镜头偏离原监控画面",
            ViewFault::Blurred => "画面模糊",
            ViewFault::Dark => "画面过暗",
            ViewFault::Frozen => "画面冻结",
        };
        format!("{fault}超过{}秒", self.settings.dwell.as_secs())
    }

    fn threshold(&self) -> f32 {
        MIN_SHARE
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(ViewFaultTerms::NAME, ViewFaultV1::of(self))
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        *self = Self::new(self.settings.clone(), self.clear_after);
        let names = [Some(ViewFaultTerms::NAME), ViewFaultTerms::FORMER_NAME];
        let mut read = names.into_iter().flatten().filter_map(|name| memory::read(name, memory));
        let ours = read.find(|it: &ViewFaultV1| it.fault == self.settings.fault);
        let readable = ours.is_some();
        if let Some(remembered) = ours {
            remembered.fill(self);
        }
        readable
    }
}

/// What it remembers. Times in microseconds of watched time.
#[derive(Serialize, Deserialize)]
struct ViewFaultV1 {
    fault: ViewFault,
    reference: ReferenceV1,
    strange_since_us: Option<u64>,
    still: Option<StillV1>,
    latest_us: Option<u64>,
    episode: Option<EpisodeV1>,
}

impl ViewFaultV1 {
    fn of(rule: &ViewFaultRule) -> Self {
        Self {
            fault: rule.settings.fault,
            reference: rule.reference.v1(),
            strange_since_us: rule.strange_since.map(micros),
            still: rule.still.as_ref().map(Still::v1),
            latest_us: rule.latest.map(micros),
            episode: rule.episode.as_ref().map(EpisodeV1::of),
        }
    }

    fn fill(self, rule: &mut ViewFaultRule) {
        rule.reference = self.reference.reference();
        rule.strange_since = self.strange_since_us.map(Duration::from_micros);
        rule.still = self.still.map(StillV1::still);
        rule.latest = self.latest_us.map(Duration::from_micros);
        rule.episode = self.episode.map(|episode| episode.episode());
    }
}
