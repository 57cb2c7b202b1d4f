//! A small language for what a camera shows, and the camera that plays it.
//!
//! A script is a list of pictures, 5 s apart: `A4 .2 B` is four pictures of object A at the zone's
//! place, two of nothing, one of B at that place. D to F stand at another place in the zone; `a` is
//! A outside the zone; `aB` is both in one picture. `|100` is a declared gap of 100 s, `!100` a
//! restart of the gateway that takes 100 s, `~100` a restart that declares a gap of its own as
//! well, `<100` a clock that steps back: the next picture is dated 100 s before the latest one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use contract::Contract;
use jiff::tz::Offset;
use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, Observation, ObservationGap,
    Point, Polygon, Signal,
};

use crate::alert::{Alert, schema};
use crate::{
    Assessor, CameraProfile, Grid, GridLevel, GridStep, IncidentEvent, IncidentType, IncidentTypes,
    Input, LifecycleSettings, Model, Place, RuleSettings, Source,
};
use rule::kind::standing::StandingSettings;
use rule::schedule::Schedule;
use rule::{Presence, Slug, Zone};

pub(super) const INTERVAL: Duration = Duration::from_secs(5);
/// 2026-11-22T09:10:00+08:00.
pub(super) const START: CaptureTime = CaptureTime::from_unix_micros(1_795_309_800_000_000);
pub(super) const CLOCK: Clock = Clock { source: ClockSource::SenderReport, error_ms: Some(12) };

pub(super) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

pub(super) fn profile() -> CameraProfile {
    let step = |level, code: &str, name: &str| GridStep {
        level,
        code: code.to_owned(),
        name: Some(name.to_owned()),
    };
    let path = vec![
        step(GridLevel::Street, "110117001", "滨河街道(示例)"),
        step(GridLevel::Community, "110117001003", "金海社区(示例)"),
    ];
    let division = Some("110117001003".to_owned());
    let unit = Some("110117001003007".to_owned());
    let address = Some("金海小区东侧卷帘门前(示例)".to_owned());
    CameraProfile {
        gateway_id: slug("gw-binhe-007"),
        gateway_version: "0.1.0".to_owned(),
        camera_id: slug("cam-01"),
        source: Source::default(),
        gb_id: None,
        utc_offset: Offset::constant(8),
        grid: Grid::new(unit, division, path, Some("sim-2026.11".to_owned())).unwrap(),
        place: Place::new(117.112, 40.144, 4.5, address).unwrap(),
        ground: None,
        grid_map: None,
        gcj02: false,
        model: Model {
            name: "nanodet-g".into(),
            version: "1.0".into(),
            sha256: None,
            second_look: Vec::new(),
            cable: None,
        },
        test: true,
    }
}

pub(super) fn incident_type(code: &str) -> IncidentType {
    static TYPES: LazyLock<IncidentTypes> =
        LazyLock::new(|| IncidentTypes::parse(IncidentTypes::STANDARD).unwrap());
    TYPES.get(code).unwrap().clone()
}

/// 30 s of a car in the left half; 10 s tolerance; cleared after 20 s, reopened within 60 s.
pub(super) fn standing() -> RuleSettings {
    let corner = |x, y| Point { x, y };
    let left_half = vec![corner(0.0, 0.0), corner(0.5, 0.0), corner(0.5, 1.0), corner(0.0, 1.0)];
    RuleSettings {
        id: slug("standing-v1"),
        zone: Zone { id: slug("cam-01.shutter"), polygon: Polygon::new(left_half).unwrap() },
        incident: incident_type("fire_passage_blocked"),
        kind: StandingSettings {
            gap_tolerance: Duration::from_secs(10),
            presence: Presence::Foot,
            ..StandingSettings::new(vec![Class::new("car")], Duration::from_secs(30))
        }
        .into(),
        lifecycle: LifecycleSettings {
            clear_after: Duration::from_secs(20),
            reopen_after: Duration::from_secs(60),
            ..LifecycleSettings::default()
        },
        schedule: Schedule::default(),
    }
}

/// A picture in which this was detected, and nothing else is known.
pub(super) fn shows(captured_at: CaptureTime, detections: Vec<Detection>) -> Observation {
    Observation {
        captured_at,
        clock: CLOCK,
        detections,
        appearance: None,
        standing: Vec::new(),
        crops: Vec::new(),
        cables: Vec::new(),
    }
}

/// One camera that plays a script.
pub(super) struct Stage {
    pub(super) assessor: Assessor,
    pub(super) rules: Vec<RuleSettings>,
    camera: CameraProfile,
    pub(super) now: CaptureTime,
    pub(super) messages: Vec<Alert>,
    /// Every message as one line.
    pub(super) log: String,
    tracks: BTreeMap<char, Track>,
    next_track: u64,
    pub(super) shown_at: CaptureTime,
}

impl Stage {
    pub(super) fn new(rules: Vec<RuleSettings>) -> Self {
        Self::of(profile(), rules)
    }

    pub(super) fn of(camera: CameraProfile, rules: Vec<RuleSettings>) -> Self {
        Self {
            assessor: Assessor::new(camera.clone(), rules.clone()).unwrap(),
            rules,
            camera,
            now: START,
            messages: Vec::new(),
            log: String::new(),
            tracks: BTreeMap::new(),
            next_track: 1,
            shown_at: START,
        }
    }

    pub(super) fn play(&mut self, script: &str) {
        for token in script.split_whitespace() {
            let split = token.find(|c: char| c.is_ascii_digit()).unwrap_or(token.len());
            let (word, number) = token.split_at(split);
            let number: u32 = if number.is_empty() { 1 } else { number.parse().unwrap() };
            let span = Duration::from_secs(number.into());
            match word {
                "|" => self.gap(span),
                "!" => self.restart(span),
                "<" => self.step_back(span),
                "~" => {
                    self.restart(Duration::ZERO);
                    self.gap(span);
                }
                _ => (0..number).for_each(|_| self.show(word)),
            }
        }
    }

    fn gap(&mut self, span: Duration) {
        self.now = self.now.after(span);
        self.assessor.gap(ObservationGap { from: self.shown_at, to: self.now });
    }

    /// The clock steps back, so the tracker starts again: old numbers, new objects.
    fn step_back(&mut self, span: Duration) {
        self.tracks.clear();
        self.next_track = 1;
        self.now = self.shown_at.before(span);
    }

    /// The clock was set: the assessor is told, and the tracker starts again.
    pub(super) fn move_clock(&mut self, by_micros: i64) {
        self.assessor.move_clock(by_micros).unwrap();
        self.tracks.clear();
        self.next_track = 1;
        (self.now, self.shown_at) = (self.now.moved(by_micros), self.shown_at.moved(by_micros));
    }

    /// The gateway is killed after its last picture and comes back: only the memory survives.
    pub(super) fn restart(&mut self, downtime: Duration) {
        let memory = self.assessor.memory().unwrap();
        self.assessor = Assessor::new(self.camera.clone(), self.rules.clone()).unwrap();
        self.assessor.restore(&memory).unwrap();
        self.tracks.clear();
        self.next_track = 1;
        self.now = self.now.after(downtime);
    }

    /// Forgets every track; the next object has a number that was never used.
    pub(super) fn forget_tracks(&mut self) {
        self.tracks.clear();
    }

    /// Shows one picture with these objects, and moves on by one interval.
    pub(super) fn show(&mut self, objects: &str) {
        let objects: Vec<char> = objects.chars().filter(char::is_ascii_alphabetic).collect();
        for object in objects {
            let x = match object {
                'A'..='C' => 0.2,
                'D'..='F' => 0.4,
                _ => 0.7,
            };
            self.place(object.to_ascii_uppercase(), x);
        }
        let observation = shows(self.now, Vec::new());
        let tracks: Vec<Track> = self.tracks.values().cloned().collect();
        let events = self.assessor.assess(Input::Picture(&observation, &tracks));
        for event in events {
            self.record(&event);
        }
        self.shown_at = self.now;
        self.now = self.now.after(INTERVAL);
    }

    /// Takes in one signal.
    pub(super) fn hear(&mut self, signal: &Signal) {
        for event in self.assessor.assess(Input::Signal(signal)) {
            self.record(&event);
        }
    }

    /// What a tracker says of an object that this picture shows at `x`.
    fn place(&mut self, object: char, x: f32) {
        let now = self.now;
        let bbox = BoundingBox { left: x - 0.05, top: 0.4, right: x + 0.05, bottom: 0.6 };
        let track = self.tracks.entry(object).or_insert_with(|| {
            let id = TrackId(self.next_track);
            self.next_track += 1;
            Track {
                id,
                class: Class::new("car"),
                bbox,
                score: 0.9,
                state: TrackState::Confirmed,
                first_seen_at: now,
                last_seen_at: now,
                still_since: now,
                hits: 0,
            }
        });
        if track.bbox != bbox {
            track.still_since = now;
        }
        track.bbox = bbox;
        track.last_seen_at = now;
        track.hits += 1;
    }

    fn record(&mut self, event: &IncidentEvent) {
        let alert = &event.alert;
        let times = &alert.times;
        let ends = times.cleared_at.into_iter().chain(times.closed_at).chain([event.observed_at]);
        let seen = [times.first_seen_at, times.opened_at, times.last_seen_at];
        assert!(seen.into_iter().chain(ends).is_sorted(), "{times:?}");
        self.messages.push(alert.clone());
        let json = alert.to_json(event.observed_at.after(Duration::from_millis(250))).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        if let Err(fault) = published().check(&json) {
            panic!("{fault}\n{json:#}");
        }
        let mut ids: Vec<_> = self.messages.iter().map(|message| message.alert_id).collect();
        ids.dedup();
        let number = ids.iter().position(|id| *id == alert.alert_id).unwrap() + 1;
        let found = &alert.detection.finding;
        let (action, seconds) = (alert.action.as_str(), event.observed_at.since(START).as_secs());
        let (dwell, seq) = (found.dwell.as_secs(), alert.seq);
        let (positive, total) = (found.pictures_positive, found.pictures_total);
        let count = found.count;
        writeln!(
            self.log,
            "{seconds}s {action} alert {number} seq {seq}: {count} for {dwell}s, \
             {positive}/{total} pictures"
        )
        .unwrap();
    }
}

/// The alert schema, compiled once for all tests.
pub(super) fn published() -> &'static Contract {
    static PUBLISHED: OnceLock<Contract> = OnceLock::new();
    PUBLISHED.get_or_init(|| Contract::new(schema::ALERT_V1))
}

/// Plays a script on one `standing` rule and compares the messages.
pub(super) fn check(script: &str, expected: &expect_test::Expect) {
    let mut stage = Stage::new(vec![standing()]);
    stage.play(script);
    expected.assert_eq(&stage.log);
}
