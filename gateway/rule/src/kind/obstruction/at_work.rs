//! The rule at work.

use std::time::Duration;

use scene::track::Track;
use scene::{BoundingBox, CaptureTime, Class, StandingThing};

use super::measure::{Gauge, Measure};
use super::obstacle::{self, Obstacle};
use super::remembered::Remembered;
use super::scenery::Seen;
use super::settings::{NAME, ObstructionLimit, ObstructionSettings};
use crate::footprint::stands_in;
use crate::kind_settings::KindSettings;
use crate::memory;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::scenery::{SURE, fills_passage, fills_picture};
use crate::spot::Spot;
use crate::spots::{Patience, Spots};
use crate::tally::MIN_POSITIVE;
use crate::things::Things;
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::wording;
use crate::zone::Zone;

/// A box that overlaps what stands in the passage by this much (IoU) is the same object.
const SAME_PLACE: f32 = 0.5;

/// The rule at work.
#[derive(Debug)]
pub(super) struct Obstruction {
    settings: ObstructionSettings,
    zone: Zone,
    patience: Patience,
    spots: Spots,
    /// What stands there and has no class.
    things: Things,
    /// What the looks at the zone showed.
    seen: Seen,
    gauge: Gauge,
    /// What was found last.
    measure: Option<Measure>,
}

impl Obstruction {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts its cause.
    pub(super) fn new(settings: ObstructionSettings, zone: Zone, clear_after: Duration) -> Self {
        let ObstructionSettings { dwell, gap_tolerance, min_share, .. } = settings;
        let patience = Patience { dwell, gap_tolerance, clear_after, min_share };
        let gauge = Gauge::new(settings.limit, zone.polygon.clone());
        let things = Things::new(patience, &settings.min_score);
        Self {
            settings,
            zone,
            patience,
            spots: Spots::new(patience),
            things,
            seen: Seen::default(),
            gauge,
            measure: None,
        }
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

    /// What has stood for the dwell, the longest first. Out of sight it counts for as long as
    /// missed detections are tolerated.
    fn standing(&self, view: &View<'_>) -> Vec<Obstacle> {
        let tolerance = self.settings.gap_tolerance;
        let is_here = |spot: &&Spot| !spot.unseen(view).is_gone(tolerance);
        let of_class = self.spots.ripe().filter(is_here);
        let of_class = of_class.map(|spot| Obstacle::of_class(spot, view.watched));
        let of_no_class = self.things.ripe().map(Obstacle::of_no_class);
        obstacle::distinct(of_class.chain(of_no_class).collect())
    }

    /// The things of no class that count: not what the detector knows as something that never
    /// obstructs. Only tracks tell, because they are archived and detections are not: what is judged
    /// again later must be judged alike.
    fn unknown_things<'a>(&self, view: &View<'a>) -> Vec<&'a StandingThing> {
        let is_harmless =
            |class: &Class| !self.settings.counts(class) && !self.settings.misreads(class);
        let harmless: Vec<&Track> =
            view.tracks.iter().copied().filter(|it| is_harmless(&it.class)).collect();
        let counts = |thing: &&StandingThing| {
            !fills_picture(&thing.bounds)
                && !harmless.iter().any(|it| obstacle::is_one_object(&thing.bounds, &it.bbox))
        };
        view.standing.iter().flat_map(|look| &look.things).filter(counts).collect()
    }

    fn judge(&self, view: &View<'_>) -> Judgement {
        let (known, unknown): (Vec<_>, Vec<_>) =
            self.standing(view).into_iter().partition(|it| it.is_known);
        if let Some((measure, finding)) = self.find(&known, view) {
            return Judgement::Blocked(measure, finding);
        }
        let is_missing_one = !unknown.is_empty();
        let all: Vec<_> = known.into_iter().chain(unknown).collect();
        if is_missing_one && self.gauge.blocked_by(&all).is_some() {
            return Judgement::Unknown;
        }
        Judgement::Free
    }

    /// What is found if these stand there.
    fn find(&self, standing: &[Obstacle], view: &View<'_>) -> Option<(Measure, Finding)> {
        let counted = || standing.iter().filter(|it| !it.is_part);
        let subjects: Vec<_> = counted().filter_map(|it| it.subject.clone()).collect();
        let measure = self.gauge.blocked_by(standing).filter(|_| !subjects.is_empty())?;
        // Blocked since the one stands that made it so; adding objects never frees a passage.
        let counts: Vec<usize> = (1..=standing.len()).collect();
        let is_free = |count: &usize| {
            standing.get(..*count).is_none_or(|first| self.gauge.blocked_by(first).is_none())
        };
        let last = standing.get(counts.partition_point(is_free)).or(standing.last())?;
        let finding = last.tally.finding(view, counted().count(), subjects);
        Some((measure, Finding { dwell: last.stood, ..finding }))
    }
}

/// What stands in the passage, taken together.
enum Judgement {
    Blocked(Measure, Finding),
    /// It would be blocked if what this picture does not tell of were still there.
    Unknown,
    Free,
}

impl Rule for Obstruction {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        self.gauge.survey(view.ground);
        if !self.gauge.can_judge() {
            return Verdict::Clear;
        }
        let visible: Vec<&Track> =
            view.tracks.iter().copied().filter(|track| self.counts(track)).collect();
        let seen = self.seen_with(view);
        let is_in = |track: &&Track| stands_in(&self.zone.polygon, &track.bbox);
        let inside: Vec<&Track> = visible.iter().copied().filter(is_in).collect();
        self.spots.follow(&visible, &inside, view);
        self.seen = seen;
        let things = self.unknown_things(view);
        self.things.follow(view, &things);
        match self.judge(view) {
            Judgement::Blocked(measure, finding) => {
                self.measure = Some(measure);
                Verdict::Met(finding)
            }
            Judgement::Unknown => Verdict::Unknown,
            Judgement::Free if self.spots.all().is_empty() && !self.things.any_counts() => {
                Verdict::Clear
            }
            Judgement::Free => Verdict::Candidate,
        }
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.spots.step_back(at);
        self.things.step_back(at);
    }

    fn accept(&mut self, places: &[BoundingBox]) {
        self.things.accept(places);
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance);
        let phase = if self.settings.unknown_things { phase.by_pixels() } else { phase };
        Sampling::of_dwell(phase, span, self.patience.clear_after)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.settings.dwell))
    }

    fn describe(&self, finding: &Finding) -> String {
        let mut reasons = wording::counted(&finding.subjects);
        let unknown = wording::unknown(&finding.subjects);
        reasons.extend((unknown > 0).then(|| format!("不明物体{unknown}件")));
        reasons.extend(self.measure.map(|measure| match (measure, self.settings.limit) {
            (Measure::Share(share), _) => format!("占通道{}", wording::percent(share.into())),
            (Measure::WidthShare(share), _) => format!("占通道宽度{}", wording::percent(share)),
            (Measure::ClearWidth(left), ObstructionLimit::ClearWidth { metres }) => {
                format!("剩余净宽{left:.1}米不足{metres:.1}米")
            }
            (Measure::ClearWidth(left), _) => format!("剩余净宽{left:.1}米"),
        }));
        reasons.push(wording::lasting(finding.dwell));
        format!("通道被占用（{}）", reasons.join("、"))
    }

    fn threshold(&self) -> f32 {
        self.settings.min_score.usual()
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        memory::write(NAME, Remembered::of(self.spots.all(), self.things.all(), self.seen))
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let read: Option<Remembered> = memory::read(NAME, memory);
        let Some((spots, mut things, seen)) = read.map(Remembered::parts) else {
            // The place is still the same, as when hours without the rule are over.
            self.spots.restore(Vec::new());
            self.things.begin_anew();
            return false;
        };
        if !self.settings.unknown_things {
            things.clear(); // nobody looks for them any more
        }
        self.spots.restore(spots);
        self.things.restore(things);
        self.seen = seen;
        true
    }
}
