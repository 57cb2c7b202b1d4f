//! A rule at work.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime};

use crate::sampling::{Phase, Sampling};
use crate::verdict::{Finding, Subject, Verdict};
use crate::view::View;

/// Something that watches one zone of one camera. Pure: equal pictures give equal verdicts.
pub trait Rule: Send {
    /// Takes one analysed picture into account. Pictures come in order of capture, except after
    /// [`Rule::step_back`].
    fn assess(&mut self, view: &View<'_>) -> Verdict;

    /// The clock stepped back: the next picture is dated `at`, no later than the one before. What
    /// is remembered stays, but none of it lies after `at`, and track identities mean nothing now.
    fn step_back(&mut self, at: CaptureTime);

    /// A person says that what stands at these places of the picture is no incident. That holds for as long
    /// as it stands there, over a restart and outside the rule's hours, too. Rules that follow nothing by its
    /// place pass it over.
    fn accept(&mut self, places: &[BoundingBox]) {
        let _ = places;
    }

    /// Who passed its line in the latest picture; nobody if it has no line.
    fn passed(&self) -> &[Subject] {
        &[]
    }

    /// How often it must be shown a picture while the incident is in this phase.
    fn sampling(&self, phase: Phase) -> Sampling;

    /// With nothing in sight, and nothing changed in its zone since the detector last looked: so seldom it may look
    /// again. None if it must look at every picture.
    fn detects_every(&self) -> Option<Duration> {
        None
    }

    /// Which part of the next picture it wants looked at a second time ([`scene::Observation::crops`]); none if
    /// it has nothing to ask.
    fn wants_look(&self) -> Option<BoundingBox> {
        None
    }

    /// What it saw, in Chinese, for the case system: no personal data, e.g. `1个目标停留超过300秒`.
    fn describe(&self, finding: &Finding) -> String;

    /// What an alert names as its threshold, 0..=1: the score from which on a detection counts, of
    /// classes without one of their own; of a rule that reports a share of the pictures, that share.
    fn threshold(&self) -> f32;

    /// Everything it remembers, for [`Rule::restore`].
    ///
    /// # Errors
    /// Whatever `serde_json` reports; none is known for the shipped rules.
    fn memory(&self) -> Result<serde_json::Value, serde_json::Error>;

    /// Takes over the memory of an earlier run, in which track identities mean nothing now. Answers
    /// `false`, and starts with no memory, if a rule of another kind wrote it.
    ///
    /// Settings may have changed in between: what no longer fits is missed in the next pictures
    /// and forgotten, what still fits keeps its dwell.
    fn restore(&mut self, memory: &serde_json::Value) -> bool;
}
