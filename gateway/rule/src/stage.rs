//! One rule before a camera whose pictures a test composes.

use std::collections::BTreeMap;
use std::time::Duration;

use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, GroundPlane, Observation,
    Point, Polygon, StandingLook,
};

use crate::kind;
use crate::reading::{ModelScores, Site};
use crate::rule::Rule;
use crate::rule_kind::RuleKind;
use crate::sampling::Phase;
use crate::slug::Slug;
use crate::verdict::{Finding, Verdict};
use crate::view::View;
use crate::zone::Zone;

pub(crate) const CLEAR_AFTER: Duration = Duration::from_secs(20);
const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);

/// An object in a picture: the number of its track, its class, where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object(pub(crate) u64, pub(crate) &'static str, pub(crate) BoundingBox);

/// A box a tenth of the picture wide and a fifth high, with its foot here.
pub(crate) fn at(x: f32, y: f32) -> BoundingBox {
    BoundingBox { left: x - 0.05, top: y - 0.2, right: x + 0.05, bottom: y }
}

pub(crate) fn whole_picture() -> Polygon {
    polygon(&[(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)])
}

pub(crate) fn polygon(corners: &[(f32, f32)]) -> Polygon {
    Polygon::new(corners.iter().map(|(x, y)| Point { x: *x, y: *y }).collect()).unwrap()
}

/// One rule and its camera.
pub(crate) struct Stage {
    kind: RuleKind,
    zone: Zone,
    pub(crate) rule: Box<dyn Rule>,
    pub(crate) ground: Option<GroundPlane>,
    /// How sure the detector is of what it shows.
    pub(crate) score: f32,
    /// When the latest picture was taken.
    pub(crate) at: CaptureTime,
    watched: Duration,
    /// The clock stepped back since.
    stepped_back: bool,
    tracks: BTreeMap<u64, Track>,
    /// What the detector gives in every picture, whatever the tracker makes of it.
    pub(crate) detected: Vec<Detection>,
    /// What is found without regard to classes in every picture.
    pub(crate) standing: Option<StandingLook>,
    /// A sign for every picture: `.` clear, `?` candidate, `~` unknown, `!` met.
    pub(crate) log: String,
    /// What was found last.
    pub(crate) found: Option<Finding>,
}

impl Stage {
    pub(crate) fn new(kind: RuleKind, polygon: Polygon) -> Self {
        let zone = Zone { id: Slug::new("cam-01.zone").unwrap(), polygon };
        assert_eq!(kind.fault(), None);
        let rule = kind.build(&zone, CLEAR_AFTER);
        Self {
            kind,
            zone,
            rule,
            ground: None,
            score: 0.9,
            at: START,
            watched: Duration::ZERO,
            stepped_back: false,
            tracks: BTreeMap::new(),
            detected: Vec::new(),
            standing: None,
            log: String::new(),
            found: None,
        }
    }

    /// Shows one picture this many milliseconds after the one before.
    pub(crate) fn show(&mut self, after_ms: u64, objects: &[Object]) -> Verdict {
        let span = Duration::from_millis(after_ms);
        self.at = self.at.after(span);
        if std::mem::take(&mut self.stepped_back) {
            self.rule.step_back(self.at);
        } else {
            self.watched += span;
        }
        for Object(id, class, bbox) in objects {
            self.place(*id, class, *bbox);
        }
        let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
        let (captured_at, detections) = (self.at, self.detected.clone());
        let standing = self.standing.iter().cloned().collect();
        let observation = Observation {
            captured_at,
            clock,
            detections,
            appearance: None,
            standing,
            crops: Vec::new(),
        };
        let tracks: Vec<&Track> =
            self.tracks.values().filter(|track| track.last_seen_at == self.at).collect();
        let view = View {
            watched: self.watched,
            previous_at: None,
            observation: &observation,
            tracks: &tracks,
            standing: observation.standing.first(),
            ground: self.ground.as_ref(),
        };
        let verdict = self.rule.assess(&view);
        self.log.push(match &verdict {
            Verdict::Clear => '.',
            Verdict::Candidate => '?',
            Verdict::Unknown => '~',
            Verdict::Met(found) => {
                self.found = Some(found.clone());
                '!'
            }
        });
        verdict
    }

    /// Shows the same picture several times, a second apart.
    pub(crate) fn hold(&mut self, pictures: u32, objects: &[Object]) -> &mut Self {
        for _ in 0..pictures {
            self.show(1_000, objects);
        }
        self
    }

    /// The camera shows nothing for a while.
    pub(crate) fn blind(&mut self, secs: u64) -> &mut Self {
        self.at = self.at.after(Duration::from_secs(secs));
        self
    }

    /// The gateway starts again: only the memory survives, as text, and tracks get new numbers.
    pub(crate) fn restart(&mut self) -> &mut Self {
        let text = self.rule.memory().unwrap().to_string();
        self.rule = self.kind.build(&self.zone, CLEAR_AFTER);
        assert!(self.rule.restore(&serde_json::from_str(&text).unwrap()));
        assert_eq!(self.rule.memory().unwrap().to_string(), text);
        self.tracks.clear();
        self.blind(60)
    }

    /// The clock steps back.
    pub(crate) fn step_back(&mut self, secs: u64) -> &mut Self {
        self.at = self.at.before(Duration::from_secs(secs));
        self.stepped_back = true;
        self.tracks.clear();
        self
    }

    /// The interval that the rule asks for, in milliseconds.
    pub(crate) fn interval_ms(&self) -> u64 {
        let phase = if self.log.ends_with('?') { Phase::Candidate } else { Phase::Idle };
        u64::try_from(self.rule.sampling(phase).interval.as_millis()).unwrap()
    }

    /// What the rule says of what it found last.
    pub(crate) fn words(&self) -> String {
        self.rule.describe(self.found.as_ref().unwrap())
    }

    /// What a tracker says of an object that this picture shows here.
    fn place(&mut self, id: u64, class: &str, bbox: BoundingBox) {
        let (now, score) = (self.at, self.score);
        let track = self.tracks.entry(id).or_insert_with(|| Track {
            id: TrackId(id),
            class: Class::new(class),
            bbox,
            score,
            state: TrackState::Confirmed,
            first_seen_at: now,
            last_seen_at: now,
            still_since: now,
            hits: 0,
        });
        if track.bbox.iou(&bbox) < 0.7 {
            track.still_since = now;
        }
        track.bbox = bbox;
        track.last_seen_at = now;
        track.hits += 1;
    }
}

/// The least terms of which every kind makes a rule.
fn a_rule_of_each_kind() -> Vec<RuleKind> {
    let terms = serde_json::json!({
        "classes": ["person"], "near_classes": ["person"], "view_fault": "dark",
        "line_px": [[50, 100], [50, 0]],
    });
    let written = terms.as_object().unwrap();
    let site = Site {
        picture_px: [100, 100],
        is_calibrated: true,
        classes: None,
        scores: ModelScores::default(),
        looks_twice: false,
        written,
    };
    kind::all().iter().map(|kind| kind.settings(written.clone(), &site).unwrap()).collect()
}

/// What a rule remembers is refused by a rule of another kind.
#[test]
fn a_memory_of_another_kind_is_refused() {
    let kinds = a_rule_of_each_kind();
    let stages = || kinds.iter().map(|kind| Stage::new(kind.clone(), whole_picture()));
    for (ours, mut writer) in stages().enumerate() {
        writer.hold(1, &[Object(1, "person", at(0.4, 0.8)), Object(2, "car", at(0.6, 0.8))]);
        let memory = writer.rule.memory().unwrap();
        for (theirs, mut reader) in stages().enumerate() {
            assert_eq!(reader.rule.restore(&memory), ours == theirs, "{ours} {theirs}");
        }
    }
}

/// Settings equal those of their own kind that say the same, and no others.
#[test]
fn kinds_are_compared_by_what_they_say() {
    let (kinds, same) = (a_rule_of_each_kind(), a_rule_of_each_kind());
    for (one, kind) in kinds.iter().enumerate() {
        for (other, twin) in same.iter().enumerate() {
            assert_eq!(kind == twin, one == other, "{kind:?} {twin:?}");
        }
    }
}
