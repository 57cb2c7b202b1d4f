//! `obstruction`: what stands in a passage leaves too little of it free.
//!
//! The zone is the passage. What stands in it for the dwell counts; what passes does not. An object
//! covers the lower third of its box, which is about where it meets the ground. The rule limits
//! either the share of the zone that all objects cover together or, on a calibrated camera, the
//! width that they leave free, in metres. Without calibration it cannot judge a clear width and
//! reports nothing; the check of the configuration refuses such a rule.
//!
//! A box as large as the place is no obstacle unless it came: see `scenery`.
//!
//! Looks ten times in a dwell and twice in the tolerated gap, but never slower than every 5 s nor
//! faster than every 0.2 s; while an incident is open, six times in the time after which it clears.

mod coverage;
mod passage;
mod remembered;
mod scenery;
mod spans;
#[cfg(test)]
mod tests;

use std::time::Duration;

use scene::{CaptureTime, Class, GroundPlane, Thresholds, track::Track};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::footprint::footprint;
use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::ranges::{self, Fault};
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::scenery::{SURE, fills_passage, fills_picture};
use crate::sought::Sought;
use crate::spot::Spot;
use crate::spots::{Patience, Spots};
use crate::tally::MIN_POSITIVE;
use crate::terms::{ClassesTerm, DwellTerm, GapTerm, ScoreTerm, ShareTerm};
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::zone::Zone;
use passage::Passage;
use remembered::Remembered;
use scenery::Seen;

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ObstructionTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    /// Classes that never obstruct.
    #[schemars(length(max = 80))]
    except_classes: Option<Vec<String>>,
    #[serde(flatten)]
    dwell: DwellTerm,
    #[serde(flatten)]
    gap: GapTerm,
    /// The share of the zone that standing objects may take.
    #[schemars(range(min = 0.01, max = 1.0))]
    max_share: Option<f32>,
    /// The clear width that must remain. Needs the camera's `[calibration]`.
    #[schemars(range(min = 0.3, max = 50.0))]
    min_clear_width_metres: Option<f64>,
    #[serde(flatten)]
    score: ScoreTerm,
    #[serde(flatten)]
    share: ShareTerm,
}

impl KindTerms for ObstructionTerms {
    const NAME: &'static str = "obstruction";
    const MEANING: &'static str = "standing objects take too much of a passage";
    const RIVALS: &'static [[&'static str; 2]] = &[["max_share", "min_clear_width_metres"]];
    type Settings = ObstructionSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<ObstructionSettings> {
        let width = reading.on_ground("min_clear_width_metres", self.min_clear_width_metres);
        let limit = match width {
            Some(metres) => ObstructionLimit::ClearWidth { metres },
            None => ObstructionLimit::Share(self.max_share.unwrap_or(0.3)),
        };
        let dwell = self.dwell.or(Duration::from_mins(5));
        let usual = ObstructionSettings::new(limit, dwell);
        let classes = match self.classes.named() {
            Some(named) => Some(reading.classes("classes", Some(named), &[])?),
            None => usual.classes,
        };
        let except = self.except_classes.map(|named| reading.known("except_classes", &named));
        Some(ObstructionSettings {
            classes,
            except: except.unwrap_or(usual.except),
            gap_tolerance: self.gap.or(usual.gap_tolerance, dwell, reading),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            ..usual
        })
    }
}

/// How much of a passage must be blocked for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct ObstructionSettings {
    /// Any of these counts; whatever the model knows, if none.
    pub classes: Option<Vec<Class>>,
    /// None of these counts.
    pub except: Vec<Class>,
    /// How long each object must stand, in capture time.
    pub dwell: Duration,
    /// Missed detections for up to this time do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When a passage is blocked.
    pub limit: ObstructionLimit,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show an object, above 0 to 1.
    pub min_share: f32,
}

/// When a passage is blocked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ObstructionLimit {
    /// At least this share of the zone, as the picture shows it, is covered: above 0 to 1.
    Share(f32),
    /// The passage is less wide than this on the ground at its narrowest place. The zone must be
    /// longer than wide there, and the camera calibrated.
    ClearWidth {
        /// Metres, 0.1 to 100: 4.0 for a fire lane (GB 50016), 1.1 to 1.4 for an evacuation
        /// passage.
        metres: f64,
    },
}

impl ObstructionSettings {
    /// Anything but persons for this dwell; 10 s of missed detections tolerated (a fifth of a dwell
    /// below 50 s), the usual score, 60 % of the pictures.
    #[must_use]
    pub fn new(limit: ObstructionLimit, dwell: Duration) -> Self {
        Self {
            classes: None,
            except: vec![Class::new("person")],
            dwell,
            gap_tolerance: ranges::usual_gap_tolerance(dwell),
            limit,
            min_score: Thresholds::default(),
            min_share: 0.6,
        }
    }
}

impl ObstructionLimit {
    fn fault(self) -> Option<Fault> {
        match self {
            Self::Share(share) => ranges::share("share", share),
            Self::ClearWidth { metres } => {
                // NaN lies in no range.
                let is_width = (0.1..=100.0).contains(&metres);
                (!is_width).then_some(("clear_width", "0.1 to 100 metres"))
            }
        }
    }
}

impl KindSettings for ObstructionSettings {
    fn fault(&self) -> Option<Fault> {
        self.classes
            .as_deref()
            .and_then(ranges::classes)
            .or_else(|| ranges::dwell(self.dwell, self.gap_tolerance))
            .or_else(|| self.limit.fault())
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_share", self.min_share))
    }

    fn classes(&self) -> Wanted {
        self.classes.clone().map_or(Wanted::All, Wanted::Only)
    }

    fn counts(&self, class: &Class) -> bool {
        self.classes().holds(class) && !self.except.contains(class)
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn lies_on_ground(&self) -> bool {
        true
    }

    fn sought(&self) -> Option<Sought> {
        Some(Sought::in_passage(self.classes.as_deref(), &self.except, &self.min_score))
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Obstruction::new(self.clone(), zone.clone(), clear_after))
    }
}

/// A box that overlaps what stands in the passage by this much (IoU) is the same object.
const SAME_PLACE: f32 = 0.5;

/// The rule at work.
#[derive(Debug)]
struct Obstruction {
    settings: ObstructionSettings,
    zone: Zone,
    clear_after: Duration,
    spots: Spots,
    /// What the looks at the zone showed.
    seen: Seen,
    /// The zone on the ground, by the calibration that took it there; none of it where that can
    /// not be.
    surveyed: Option<(GroundPlane, Option<Passage>)>,
    /// What was found last.
    measure: Option<Measure>,
}

/// How far a passage is blocked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Measure {
    /// The share of it that is covered, 0..=1.
    Share(f32),
    /// The width in metres that is left.
    ClearWidth(f64),
}

impl Obstruction {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its cause.
    fn new(settings: ObstructionSettings, zone: Zone, clear_after: Duration) -> Self {
        let ObstructionSettings { dwell, gap_tolerance, min_share, .. } = settings;
        let spots = Spots::new(Patience { dwell, gap_tolerance, clear_after, min_share });
        let seen = Seen::default();
        Self { settings, zone, clear_after, spots, seen, surveyed: None, measure: None }
    }

    fn counts(&self, track: &Track) -> bool {
        self.settings.counts(&track.class)
            && !fills_picture(&track.bbox)
            && !self.is_the_passage(track)
    }

    /// Whether the box shows the passage itself and no object. Where something stands for certain, it
    /// goes on standing; a class that the rule names is believed.
    fn is_the_passage(&self, track: &Track) -> bool {
        let is_known = || {
            let stands = |spot: &Spot| {
                spot.tally.positive >= MIN_POSITIVE && spot.bbox.iou(&track.bbox) >= SAME_PLACE
            };
            self.spots.all().iter().any(stands)
        };
        self.settings.classes.is_none()
            && track.score < SURE
            && fills_passage(&track.bbox, &self.zone.polygon)
            && !self.seen.shows_it_came(&track.class)
            && !is_known()
    }

    /// What the looks have shown with this one. It may show what is not believed to be a track yet.
    fn seen_with(&self, view: &View<'_>) -> Seen {
        let mut seen = self.seen;
        let there = view.tracks.iter().filter(|track| self.settings.counts(&track.class));
        for track in there.filter(|track| self.is_the_passage(track)) {
            seen.was_there(&track.class);
        }
        let detections = view.observation.detections.iter();
        let detected =
            detections.filter(|it| it.score >= self.settings.min_score.goes_on(&it.class));
        let shown = detected.map(|it| (&it.class, &it.bbox));
        let tracks = view.tracks.iter().map(|track| (&track.class, &track.bbox));
        seen.look(shown.chain(tracks), &self.zone.polygon);
        seen
    }

    /// Takes the passage to the ground, once for each calibration.
    fn survey(&mut self, ground: Option<&GroundPlane>) {
        let is_known = self.surveyed.as_ref().map(|(known, _)| known) == ground;
        if matches!(self.settings.limit, ObstructionLimit::ClearWidth { .. }) && !is_known {
            self.surveyed = ground.map(|ground| (*ground, Passage::on(ground, &self.zone.polygon)));
        }
    }

    fn can_judge(&self) -> bool {
        match self.settings.limit {
            ObstructionLimit::Share(_) => true,
            ObstructionLimit::ClearWidth { .. } => {
                self.surveyed.as_ref().is_some_and(|(_, passage)| passage.is_some())
            }
        }
    }

    /// How far these objects block the passage, if they do so beyond the limit.
    fn blocked_by(&self, objects: &[&Spot]) -> Option<Measure> {
        let boxes = objects.iter().map(|spot| &spot.bbox);
        match self.settings.limit {
            ObstructionLimit::Share(limit) => {
                let footprints: Vec<_> = boxes.map(footprint).collect();
                let share = coverage::covered_share(&self.zone.polygon, &footprints);
                (share >= limit).then_some(Measure::Share(share))
            }
            ObstructionLimit::ClearWidth { metres } => {
                let (ground, passage) = self.surveyed.as_ref()?;
                let passage = passage.as_ref()?;
                let grounded: Vec<_> =
                    boxes.filter_map(|bbox| passage.footprint(ground, bbox)).collect();
                let width = passage.clear_width_m(&grounded)?;
                (width < metres).then_some(Measure::ClearWidth(width))
            }
        }
    }

    /// What has stood for the dwell, the longest first. Out of sight it counts for as long as
    /// missed detections are tolerated.
    fn standing(&self, view: &View<'_>) -> Vec<&Spot> {
        let tolerance = self.settings.gap_tolerance;
        let is_here = |spot: &&Spot| !spot.unseen(view).is_gone(tolerance);
        self.spots.ripe().filter(is_here).collect()
    }

    fn judge(&self, view: &View<'_>) -> Option<(Measure, Finding)> {
        let standing = self.standing(view);
        let subjects: Vec<_> = standing.iter().filter_map(|spot| spot.subject.clone()).collect();
        let measure = self.blocked_by(&standing).filter(|_| !subjects.is_empty())?;
        // Blocked since the one stands that made it so; adding objects never frees a passage.
        let counts: Vec<usize> = (1..=standing.len()).collect();
        let is_free = |count: &usize| {
            standing.get(..*count).is_none_or(|first| self.blocked_by(first).is_none())
        };
        let last = standing.get(counts.partition_point(is_free)).or(standing.last())?;
        Some((measure, last.tally.finding(view, standing.len(), subjects)))
    }
}

impl Rule for Obstruction {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        self.survey(view.ground);
        if !self.can_judge() {
            return Verdict::Clear;
        }
        let visible: Vec<&Track> =
            view.tracks.iter().copied().filter(|track| self.counts(track)).collect();
        let seen = self.seen_with(view);
        let touches =
            |track: &&Track| self.zone.polygon.covered_share(&footprint(&track.bbox)) > 0.0;
        let inside: Vec<&Track> = visible.iter().copied().filter(touches).collect();
        self.spots.follow(&visible, &inside, view);
        self.seen = seen;
        match self.judge(view) {
            Some((measure, finding)) => {
                self.measure = Some(measure);
                Verdict::Met(finding)
            }
            None if self.spots.all().is_empty() => Verdict::Clear,
            None => Verdict::Candidate,
        }
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.spots.step_back(at);
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance);
        Sampling::of_dwell(phase, span, self.clear_after)
    }

    fn describe(&self, finding: &Finding) -> String {
        let dwell = self.settings.dwell.as_secs();
        match (self.measure, self.settings.limit) {
            (Some(Measure::Share(share)), _) => {
                format!("通道被占用约{:.0}%，持续超过{dwell}秒", share * 100.0)
            }
            (Some(Measure::ClearWidth(left)), ObstructionLimit::ClearWidth { metres }) => {
                format!("通道剩余净宽约{left:.1}米，不足{metres:.1}米，持续超过{dwell}秒")
            }
            _ => format!("{}个目标占用通道超过{dwell}秒", finding.count),
        }
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score.usual()
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(ObstructionTerms::NAME, Remembered::of(self.spots.all(), self.seen))
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let read: Option<Remembered> = memory::read(ObstructionTerms::NAME, memory);
        let is_read = read.is_some();
        // Without memory the place is still the same, as when hours without the rule are over.
        let (spots, seen) = read.map_or((Vec::new(), self.seen), Remembered::parts);
        self.spots.restore(spots);
        self.seen = seen;
        is_read
    }
}
