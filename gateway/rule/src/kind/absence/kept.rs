//! What a zone held when it was learned is missing, whatever it is.
//!
//! The eye compares the zone with its reference. Where that shows something that the picture has not, it is
//! gone; where the picture shows something large that the reference has not, it is hidden. Neither needs a
//! class. What a look cannot tell counts neither way, and no time passes.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, StandingLook};
use serde::{Deserialize, Serialize};

use super::gone::{Gone, GoneV1, NAME, Pace};
use crate::coverage::covered_share;
use crate::memory;
use crate::micros::micros;
use crate::ranges;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::wording::lasting;
use crate::zone::Zone;

/// After this watched time in which no look could tell, an absence is forgotten: a night and a day.
const LONGEST_UNKNOWN: Duration = Duration::from_hours(24);

/// The rule at work.
#[derive(Debug)]
pub(super) struct Kept {
    max_gone_share: f32,
    pace: Pace,
    zone: Zone,
    missing: Option<Missing>,
}

/// Something is missing, now or a moment ago.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Missing {
    gone: Gone,
    /// For how long no look has told of it.
    unknown: Duration,
    /// The latest share of the zone.
    share: f32,
}

impl Kept {
    /// The rule with no memory yet.
    pub(super) const fn new(max_gone_share: f32, pace: Pace, zone: Zone) -> Self {
        Self { max_gone_share, pace, zone, missing: None }
    }

    /// The share of the zone that lacks what it showed; none if this look cannot tell.
    fn share(&self, look: &StandingLook, at: CaptureTime) -> Option<f32> {
        // A zone that was learned while something was missing says nothing of that.
        let since = self.missing.map_or(at, |missing| missing.gone.tally.since_at);
        let things = look.things.iter().map(|thing| &thing.bounds);
        let places: Vec<BoundingBox> = look.gone.iter().chain(things).copied().collect();
        let share = covered_share(&self.zone.polygon, &places);
        let tells = look.tells_of(&self.zone.polygon.bounds(), since);
        (tells || share > self.max_gone_share).then_some(share)
    }

    /// A picture that tells nothing.
    fn wait(&mut self, view: &View<'_>) -> Verdict {
        let Some(missing) = &mut self.missing else { return Verdict::Clear };
        missing.unknown += missing.gone.skip(view);
        if missing.unknown > LONGEST_UNKNOWN {
            self.missing = None;
            return Verdict::Clear;
        }
        if missing.gone.ripe { Verdict::Unknown } else { Verdict::Candidate }
    }
}

impl Rule for Kept {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let share = view.standing.and_then(|look| self.share(look, view.at()));
        let Some(share) = share else { return self.wait(view) };
        let lacks = share > self.max_gone_share;
        let gone = self.missing.map(|missing| missing.gone);
        let gone = gone.and_then(|gone| gone.carry(lacks, view, self.pace));
        let gone = gone.or_else(|| lacks.then(|| Gone::begin(view)));
        self.missing = gone.map(|gone| Missing { gone, unknown: Duration::ZERO, share });
        match gone {
            Some(gone) if gone.ripe && lacks => Verdict::Met(gone.finding(view)),
            Some(_) => Verdict::Candidate,
            None => Verdict::Clear,
        }
    }

    fn step_back(&mut self, at: CaptureTime) {
        if let Some(missing) = &mut self.missing {
            missing.gone.tally.step_back(at);
        }
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let Pace { dwell, clear_after, .. } = self.pace;
        let span = (dwell, ranges::usual_gap_tolerance(dwell));
        Sampling::of_dwell(phase.by_pixels(), span, clear_after)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.pace.dwell))
    }

    fn describe(&self, _finding: &Finding) -> String {
        let share = self.missing.map_or(0.0, |missing| missing.share * 100.0);
        let dwell = lasting(self.pace.dwell);
        format!("应在位的物品缺失或被遮挡，涉及区域约{share:.0}%，持续超过{dwell}")
    }

    fn threshold(&self) -> f32 {
        self.pace.min_share
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(NAME, Vec::from_iter(self.missing.as_ref().map(MissingV1::of)))
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let missing: Option<Vec<MissingV1>> = memory::read(NAME, memory);
        self.missing = missing.iter().flatten().next().map(MissingV1::missing);
        missing.is_some()
    }
}

/// As it is remembered; times in microseconds of watched time.
#[derive(Serialize, Deserialize)]
struct MissingV1 {
    #[serde(flatten)]
    gone: GoneV1,
    unknown_us: u64,
    gone_share: f32,
}

impl MissingV1 {
    fn of(missing: &Missing) -> Self {
        let unknown_us = micros(missing.unknown);
        Self { gone: GoneV1::of(&missing.gone), unknown_us, gone_share: missing.share }
    }

    fn missing(&self) -> Missing {
        let unknown = Duration::from_micros(self.unknown_us);
        Missing { gone: self.gone.gone(), unknown, share: self.gone_share }
    }
}
