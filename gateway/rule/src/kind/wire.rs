//! `wire`: a new cable hangs from a wall, a window or out of the picture to a two-wheeler that stands.
//!
//! No detector knows such a cable. A net compares the picture with one from before the two-wheeler came. It is
//! asked only round two-wheelers that have stood in the zone for the dwell, about one at a time, every 10 s; every
//! minute once five looks agree. A cable counts if it is long enough, if the net is sure enough, and if one end is
//! within reach of the two-wheeler and the other hangs above it, on a wall beside the zone, or at the picture's
//! edge. Three of the latest five looks must show it at one place. Looks that cannot tell do not count: those
//! without a picture from before, not aligned, or hidden by people.
//!
//! Once shown, it lasts until looks show no cable or the two-wheeler leaves.
//!
//! The net finds few wires; see its card. Looks at pictures as `standing` does.

use std::time::Duration;

use scene::{
    BoundingBox, CHARGING_WIRE, Cable, CaptureTime, Class, Thresholds, track::Track, track::TrackId,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cable_course::CableTerms;
use crate::cable_looks::{CableLooks, Judged, KnownV1};
use crate::kind_settings::{KindSettings, Wanted};
use crate::kind_terms::KindTerms;
use crate::memory;
use crate::presence::Presence;
use crate::ranges::{self, Fault};
use crate::reach::Reach;
use crate::reading::Reading;
use crate::rule::Rule;
use crate::sampling::{Phase, Sampling};
use crate::sought::Sought;
use crate::spot::{Spot, SpotV1};
use crate::spots::{Patience, Spots};
use crate::terms::{ClassesTerm, DwellTerm, GapTerm, PresenceTerms, ScoreTerm, ShareTerm};
use crate::verdict::{CableFinding, Finding, Subject, Verdict};
use crate::view::View;
use crate::wording;
use crate::zone::Zone;

/// What may be charged: whatever a second look or the detector calls it.
const TWO_WHEELERS: [&str; 3] = ["e_bike", "motorcycle", "bicycle"];

/// How a rule of this kind is written.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct WireTerms {
    #[serde(flatten)]
    classes: ClassesTerm,
    #[serde(flatten)]
    dwell: DwellTerm,
    #[serde(flatten)]
    gap: GapTerm,
    #[serde(flatten)]
    presence: PresenceTerms,
    #[serde(flatten)]
    score: ScoreTerm,
    #[serde(flatten)]
    share: ShareTerm,
    /// How near is near, in heights of the object in the picture.
    #[schemars(range(min = 0.05, max = 10.0))]
    reach_heights: Option<f32>,
    /// How long the cable must be, in pixels of the camera's picture; left out, 100.
    #[schemars(range(min = 40, max = 10_000))]
    min_length_px: Option<u32>,
    /// How sure the net must be of the cable; left out, the net's own threshold.
    #[schemars(range(min = 0.5, max = 1.0))]
    min_cable_score: Option<f32>,
}

impl KindTerms for WireTerms {
    const NAME: &'static str = "wire";
    const MEANING: &'static str = "a new cable hangs from a wall, a window or out of the picture to a two-wheeler that stands in the zone";
    type Settings = WireSettings;

    fn settings(self, reading: &mut Reading<'_>) -> Option<WireSettings> {
        let min_cable_score = reading.cable_score(self.min_cable_score);
        let dwell = self.dwell.or(Duration::from_mins(1));
        let classes = self.classes.or(&TWO_WHEELERS, reading)?;
        let usual = WireSettings::new(classes, dwell, min_cable_score?);
        Some(WireSettings {
            gap_tolerance: self.gap.or(usual.gap_tolerance, dwell, reading),
            presence: self.presence.or(usual.presence),
            min_score: self.score.read(reading),
            min_share: self.share.or(usual.min_share),
            reach_heights: self.reach_heights.unwrap_or(usual.reach_heights),
            min_length_px: self.min_length_px.unwrap_or(usual.min_length_px),
            ..usual
        })
    }
}

/// Round what a cable must hang, and how sure that must be.
#[derive(Debug, Clone, PartialEq)]
pub struct WireSettings {
    /// What is charged: any of these.
    pub classes: Vec<Class>,
    /// How long it must have stood before it is looked for a cable, in capture time.
    pub dwell: Duration,
    /// Missed detections for up to this time do not reset the dwell.
    pub gap_tolerance: Duration,
    /// When it is in the zone.
    pub presence: Presence,
    /// From which score on a detection counts. The assessor applies it.
    pub min_score: Thresholds,
    /// Least share of the analysed pictures that must show it, above 0 to 1.
    pub min_share: f32,
    /// How near one end of the cable must be, in heights of the two-wheeler, 0 to 10.
    pub reach_heights: f32,
    /// How long the cable must be, in pixels of the camera's picture.
    pub min_length_px: u32,
    /// How sure the net must be, 0..=1.
    pub min_cable_score: f32,
}

impl WireSettings {
    /// These classes for this dwell, and cables of which the net is so sure; 100 pixels long, within half the
    /// two-wheeler's height; the rest as for `standing`.
    #[must_use]
    pub fn new(classes: Vec<Class>, dwell: Duration, min_cable_score: f32) -> Self {
        Self {
            classes,
            dwell,
            gap_tolerance: ranges::usual_gap_tolerance(dwell),
            presence: Presence::Foot,
            min_score: Thresholds::default(),
            min_share: 0.6,
            reach_heights: 0.5,
            min_length_px: 100,
            min_cable_score,
        }
    }
}

impl KindSettings for WireSettings {
    fn fault(&self) -> Option<Fault> {
        ranges::classes(&self.classes)
            .or_else(|| ranges::dwell(self.dwell, self.gap_tolerance))
            .or_else(|| ranges::min_score(&self.min_score))
            .or_else(|| ranges::share("min_share", self.min_share))
            .or_else(|| Reach::Heights(self.reach_heights).fault())
            .or_else(|| ranges::share("min_cable_score", self.min_cable_score))
            .or_else(|| self.presence.fault())
    }

    fn classes(&self) -> Wanted {
        Wanted::Only(self.classes.clone())
    }

    fn thresholds(&self) -> Option<&Thresholds> {
        Some(&self.min_score)
    }

    fn needs_cables(&self) -> bool {
        true
    }

    fn lies_on_ground(&self) -> bool {
        self.presence == Presence::Foot
    }

    /// No single picture tells a cable: a person must look.
    fn sought(&self) -> Option<Sought> {
        None
    }

    fn build(&self, zone: &Zone, clear_after: Duration) -> Box<dyn Rule> {
        Box::new(Wire::new(self.clone(), zone.clone(), clear_after))
    }
}

/// The rule at work.
#[derive(Debug)]
struct Wire {
    settings: WireSettings,
    terms: CableTerms,
    zone: Zone,
    clear_after: Duration,
    spots: Spots,
    looks: CableLooks,
}

impl Wire {
    /// The rule with no memory yet; `clear_after` is how long an open incident outlasts the two-wheeler.
    fn new(settings: WireSettings, zone: Zone, clear_after: Duration) -> Self {
        let WireSettings { dwell, gap_tolerance, min_share, .. } = settings;
        let spots = Spots::new(Patience { dwell, gap_tolerance, clear_after, min_share });
        let terms = CableTerms {
            reach: Reach::Heights(settings.reach_heights),
            min_length_px: settings.min_length_px,
            min_score: settings.min_cable_score,
        };
        Self { settings, terms, zone, clear_after, spots, looks: CableLooks::default() }
    }

    /// The places of two-wheelers that this picture shows and to which a cable hangs, with what the looks say.
    fn charged(&self) -> Vec<(&Spot, Judged)> {
        let shown = self.spots.ripe().filter(|spot| spot.subject.is_some());
        shown.filter_map(|spot| Some((spot, self.looks.judged(&spot.bbox)?))).collect()
    }

    fn verdict(&self, view: &View<'_>) -> Verdict {
        let charged = self.charged();
        let Some((spot, judged)) = charged.first() else {
            let is_empty = self.spots.all().is_empty();
            return if is_empty { Verdict::Clear } else { Verdict::Candidate };
        };
        let bikes = charged.iter().filter_map(|(spot, _)| spot.subject.clone());
        let cables = charged.iter().map(|(_, judged)| cable(judged));
        let finding = spot.tally.finding(view, charged.len(), bikes.chain(cables).collect());
        let Judged { seen, looks, score, length_px, .. } = *judged;
        let cable = Some(CableFinding { length_px, seen, looks });
        Verdict::Met(Finding { confidence: score, cable, ..finding })
    }
}

/// A cable as an object of the alert; it has no track.
fn cable(judged: &Judged) -> Subject {
    Subject {
        class: Class::new(CHARGING_WIRE),
        score: judged.latest_score(),
        bbox: judged.latest.bounds(),
        track_id: TrackId(0),
    }
}

impl Rule for Wire {
    fn assess(&mut self, view: &View<'_>) -> Verdict {
        let counts = |track: &&Track| self.settings.classes.contains(&track.class);
        let visible: Vec<&Track> = view.tracks.iter().copied().filter(counts).collect();
        let in_zone = |track: &&Track| self.settings.presence.holds(&self.zone, &track.bbox);
        let inside: Vec<&Track> = visible.iter().copied().filter(in_zone).collect();
        self.spots.follow(&visible, &inside, view);
        let shown = self.spots.ripe().filter(|spot| spot.subject.is_some());
        let bikes: Vec<BoundingBox> = shown.map(|spot| spot.bbox).collect();
        let stands = |bike: &BoundingBox| self.spots.ripe().any(|spot| spot.bbox.iou(bike) >= 0.5);
        let charges = |cable: &Cable, bike: &BoundingBox| self.terms.hold(cable, bike, &self.zone);
        self.looks.follow(view, &bikes, charges, stands);
        self.verdict(view)
    }

    fn step_back(&mut self, at: CaptureTime) {
        self.spots.step_back(at);
    }

    fn sampling(&self, phase: Phase) -> Sampling {
        let span = (self.settings.dwell, self.settings.gap_tolerance);
        Sampling::of_dwell(phase, span, self.clear_after)
    }

    fn detects_every(&self) -> Option<Duration> {
        Some(Sampling::idle(self.settings.dwell))
    }

    fn wants_cable_look(&self) -> Option<BoundingBox> {
        self.looks.wanted()
    }

    fn describe(&self, finding: &Finding) -> String {
        let many = if finding.count > 1 { format!("{}辆", finding.count) } else { String::new() };
        let mut reasons = Vec::new();
        if let Some(CableFinding { length_px, seen, looks }) = finding.cable {
            reasons.push(format!("画面中线长约{length_px}像素"));
            reasons.push(format!("{looks}次查看{seen}次看到"));
        }
        reasons.push(format!("停放{}", wording::lasting(finding.dwell)));
        format!("{many}电动自行车旁疑似飞线充电（{}）", reasons.join("，"))
    }

    fn threshold(&self) -> f32 {
        self.settings.min_cable_score
    }

    fn memory(&self) -> Result<serde_json::Value, serde_json::Error> {
        let spots = self.spots.all().iter().map(SpotV1::of).collect();
        memory::write(WireTerms::NAME, Remembered { spots, looks: self.looks.kept() })
    }

    fn restore(&mut self, memory: &serde_json::Value) -> bool {
        let read: Option<Remembered> = memory::read(WireTerms::NAME, memory);
        let was_read = read.is_some();
        let Remembered { spots, looks } = read.unwrap_or_default();
        self.spots.restore(spots.iter().map(SpotV1::spot).collect());
        self.looks.restore(looks);
        was_read
    }
}

/// What is kept over a restart.
#[derive(Default, Serialize, Deserialize)]
struct Remembered {
    spots: Vec<SpotV1>,
    looks: Vec<KnownV1>,
}

#[cfg(test)]
mod tests;
