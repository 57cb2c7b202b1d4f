//! `scene`: the camera itself is covered, turned away, out of focus, in the dark or frozen.
//!
//! In an operator's words: one picture every five seconds tells whether the camera still shows what
//! it was put up for; for dwells below 50 s it looks ten times a dwell.
//!
//! The five faults are told from the picture as a whole, not from objects. `turned` and `blurred`
//! compare with the view as it was over the last minutes: it is learned from sound pictures only,
//! takes two minutes at first, survives a restart, and is given up for what the camera shows now
//! after a day of nothing but strange pictures. What a camera showed before it was ever watched
//! nobody knows: one that is turned from the start is not reported.
//!
//! `frozen` says that the picture stands still but for what coding it anew changes. It cannot tell
//! that from a live view in which nothing whatever moves and whose noise the camera has filtered
//! away, such as an empty corridor at night: give it a dwell in which something surely moves. A
//! clock that the camera writes into the picture is such a thing, and a frozen picture under a clock
//! that goes on is not reported. Nor is one that is coded so coarsely that it pulses like noise.

mod keepsake;
mod memory;
mod reference;
mod still;
#[cfg(test)]
pub(crate) mod tests;

use std::time::Duration;

use scene::{Appearance, CaptureTime};

use super::ranges::Fault;
use super::tally::Tally;
use super::{Finding, KindSettings, Phase, Rule, Sampling, Verdict, View, Wanted, ranges};
use crate::zone::Zone;
pub use keepsake::{Keepsake, Sight};
use reference::{Reference, flat_share};
use still::Still;

/// Least share of the pictures that must show the fault.
const MIN_SHARE: f32 = 0.8;
/// A strange view is accepted as the new one after so long.
const RELEARN_AFTER: Duration = Duration::from_hours(24);

/// Below this mean luma nothing can be made out; black is 16 in most video.
const DARK_BELOW: f32 = 26.0;
/// A covered lens: next to no steps between cells, no fine detail.
const FLAT_STEP: f32 = 8.0;
const COVERED_FLAT_SHARE: f32 = 0.93;
const COVERED_SHARPNESS: f32 = 2.5;
/// A view less like the known one is another; one more like it than the second is safe to learn.
const TURNED_BELOW: f32 = 0.25;
const LEARN_FROM: f32 = 0.4;
/// Half the usual sharpness: letters and faces are gone.
const BLURRED_BELOW: f32 = 0.5;

/// What must be wrong with the camera for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SceneSettings {
    /// What is wrong.
    pub fault: ViewFault,
    /// For how long, in capture time.
    pub dwell: Duration,
}

/// What can be wrong with a camera's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewFault {
    /// Something without contours fills nearly the whole picture: a hand, a bag, spray paint. Fog
    /// that hides everything looks the same.
    Covered,
    /// It looks elsewhere.
    Turned,
    /// It looks where it should, but out of focus.
    Blurred,
    /// Too dark to make anything out.
    Dark,
    /// The same picture again and again, though perhaps coded anew each time.
    Frozen,
}

impl SceneSettings {
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

impl KindSettings for SceneSettings {
    fn fault(&self) -> Option<Fault> {
        ranges::dwell(self.dwell, self.gap_tolerance())
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(Vec::new())
    }

    fn needs_appearance(&self) -> bool {
        true
    }

    fn build(&self, _zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Scene::new(self.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
pub struct Scene {
    settings: SceneSettings,
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

/// The fault, as long as it lasts.
#[derive(Debug, Clone, PartialEq)]
struct Episode {
    tally: Tally,
    /// Watched time of the latest picture that showed it.
    seen: Duration,
    /// It has lasted for the dwell.
    ripe: bool,
}

/// What a picture is, beside the known view.
struct Judgement {
    covered: bool,
    dark: bool,
    turned: bool,
    blurred: bool,
    frozen: bool,
    /// Alike enough to be learned from, or nothing is known yet.
    familiar: bool,
}

impl Scene {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the fault.
    pub(super) fn new(settings: SceneSettings, clear_after: Duration) -> Self {
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
        let memory = self.memory();
        let Some(episode) = &mut self.episode else {
            self.episode = shown.then(|| self.begin(view));
            return;
        };
        let out_of_sight = view.watched.saturating_sub(episode.seen);
        if out_of_sight > memory {
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

    fn memory(&self) -> Duration {
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

impl Rule for Scene {
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
        Sampling::of_dwell(phase, span, self.clear_after)
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

    fn snapshot(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(self)
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let readable = memory::read(self, memory);
        if !readable {
            *self = Self::new(self.settings.clone(), self.clear_after);
        }
        readable
    }
}

fn is_dark(look: &Appearance) -> bool {
    look.mean() < DARK_BELOW
}

fn is_covered(look: &Appearance) -> bool {
    look.sharpness() < COVERED_SHARPNESS && flat_share(look, FLAT_STEP) >= COVERED_FLAT_SHARE
}
