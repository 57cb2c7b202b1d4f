//! A day in a lane, recorded once and judged by changed rules.

use std::ops::Range;

use archive::{Archive, Retention};
use expect_test::{Expect, expect};
use incident::{
    Assessor, CameraProfile, Grid, GridLevel, GridStep, IncidentTypes, Input, LifecycleSettings,
    Model, Place, RuleSettings,
};
use jiff::tz::Offset;
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::kind::standing::StandingSettings;
use rule::{Slug, Zone};
use scene::track::{Track, TrackId, TrackState};
use scene::{
    BoundingBox, CaptureTime, Class, Clock, ClockSource, Detection, Observation, ObservationGap,
    Point, Polygon, StandingLook, StandingThing, Thresholds,
};
use tempfile::TempDir;

use std::time::Duration;

use super::report::Report;
use super::{Question, RuleSet, retune};

mod checkpoints;
mod signals;

/// 2026-07-22T00:00:00+08:00
const MIDNIGHT: CaptureTime = CaptureTime::from_unix_micros(1_784_649_600_000_000);
const LEFT: Range<f32> = 0.0..0.5;
const RIGHT: Range<f32> = 0.5..1.0;

/// When each car stands where, in minutes of the day and of the picture's width.
const CARS: [(Range<u64>, f32); 5] = [
    (492..520, 0.2),   // 08:12 to 08:40
    (600..604, 0.2),   // 10:00 to 10:04
    (780..787, 0.2),   // 13:00 to 13:07
    (900..920, 0.8),   // 15:00 to 15:20
    (1410..1441, 0.2), // 23:30 until after the end
];
/// 18:00 to 18:30.
const BLIND: Range<u64> = 1080..1110;

fn minute(minute: u64) -> CaptureTime {
    MIDNIGHT.after(Duration::from_secs(minute * 60))
}

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

/// A picture every five seconds; the gateway is restarted at noon.
fn recorded_day() -> TempDir {
    let folder = TempDir::new().unwrap();
    let retention = Retention { days: 8, max_bytes: 1 << 30 };
    let archive = Archive::open(folder.path(), retention).unwrap();
    for half in [0..720, 720..1440] {
        let mut recorder = archive.recorder("cam-01");
        for now in half {
            if BLIND.contains(&now) {
                continue;
            }
            if now == BLIND.end {
                let from = minute(BLIND.start).before(Duration::from_secs(5));
                recorder.gap(&ObservationGap { from, to: minute(now) }).unwrap();
            }
            for second in (0..60).step_by(5) {
                let at = minute(now).after(Duration::from_secs(second));
                let clock = Clock { source: ClockSource::SenderReport, error_ms: Some(12) };
                let observation = Observation {
                    captured_at: at,
                    clock,
                    detections: vec![],
                    appearance: None,
                    standing: Vec::new(),
                    crops: Vec::new(),
                    cables: Vec::new(),
                };
                recorder.record(&observation, &cars(at)).unwrap();
            }
        }
        recorder.flush().unwrap();
    }
    folder
}

fn cars(at: CaptureTime) -> Vec<Track> {
    let standing = (1..)
        .zip(&CARS)
        .filter(|(_, (stay, _))| (minute(stay.start)..minute(stay.end)).contains(&at));
    let track = |(id, (stay, x)): (u64, &(Range<u64>, f32))| Track {
        id: TrackId(id),
        class: Class::new("car"),
        bbox: BoundingBox { left: x - 0.05, top: 0.5, right: x + 0.05, bottom: 0.7 },
        score: 0.8,
        state: TrackState::Confirmed,
        first_seen_at: minute(stay.start),
        last_seen_at: at,
        still_since: minute(stay.start),
        hits: 9,
    };
    standing.map(track).collect()
}

/// A rule against cars that stand in this part of the picture for this long.
fn rule(part: Range<f32>, class: &str, dwell_secs: u64) -> RuleSettings {
    let corners = [(part.start, 0.0), (part.end, 0.0), (part.end, 1.0), (part.start, 1.0)];
    let corners = corners.map(|(x, y)| Point { x, y }).to_vec();
    let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
    let dwell = Duration::from_secs(dwell_secs);
    RuleSettings {
        id: slug("lane.fire_passage_blocked"),
        zone: Zone { id: slug("cam-01.lane"), polygon: Polygon::new(corners).unwrap() },
        incident: types.get("fire_passage_blocked").unwrap().clone(),
        kind: StandingSettings::new(vec![Class::new(class)], dwell).into(),
        lifecycle: LifecycleSettings::default(),
        schedule: rule::schedule::Schedule::default(),
    }
}

fn question(folder: &TempDir, camera: &str, proposed: Vec<RuleSettings>) -> Question {
    let path = vec![GridStep { level: GridLevel::Street, code: "110117001".into(), name: None }];
    let camera = CameraProfile {
        gateway_id: slug("gw-1"),
        gateway_version: "0.1.0".into(),
        camera_id: slug(camera),
        source: incident::Source::default(),
        gb_id: None,
        utc_offset: Offset::constant(8),
        grid: Grid::new(None, None, path, None).unwrap(),
        place: Place::new(117.112, 40.144, 5.0, None).unwrap(),
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
    };
    let observations = folder.path().to_owned();
    let by_pictures = |pictures| RuleSet { pictures, ..RuleSet::default() };
    let current = by_pictures(vec![rule(LEFT, "car", 300)]);
    Question { observations, camera, since: MIDNIGHT, proposed: by_pictures(proposed), current }
}

fn check(question: Question, expected: &Expect) {
    let report = Report { took: Duration::from_millis(40), ..retune(question).unwrap() };
    expected.assert_eq(&report.to_string());
}

#[test]
fn a_longer_dwell_loses_the_short_stay() {
    let folder = recorded_day();
    check(
        question(&folder, "cam-01", vec![rule(LEFT, "car", 600)]),
        &expect![[r#"
        cam-01, 2026-07-22 00:00:00 to 2026-07-22 23:59:55 (UTC+08)
        16920 pictures, one every 5.0 s, judged in 0.04 s
        blind for 1810 s of it, 2.1 %

        rule lane.fire_passage_blocked: fire_passage_blocked in cam-01.lane
          3 alert(s) in force, 2 as proposed: 2 kept, 0 gained, 1 lost
          kept    2026-07-22 08:22:00 to 08:40:55, dwell 1675 s, 1 object(s), 300 s later
          lost    2026-07-22 13:05:00 to 13:07:55, dwell 415 s, 1 object(s)
          kept    2026-07-22 23:40:00 to still open, dwell 1200 s, 1 object(s), 300 s later

        day         in force  proposed  gained  lost
        2026-07-22         3         2       0     1
        all                3         2       0     1
    "#]],
    );
}

#[test]
fn a_shorter_dwell_gains_the_shortest_stay() {
    let folder = recorded_day();
    let mut question = question(&folder, "cam-01", vec![rule(LEFT, "car", 120)]);
    question.since = minute(9 * 60);
    check(
        question,
        &expect![[r#"
        cam-01, 2026-07-22 09:00:00 to 2026-07-22 23:59:55 (UTC+08)
        10440 pictures, one every 5.0 s, judged in 0.04 s
        blind for 1810 s of it, 3.4 %
        6480 earlier pictures were shown to the rules first

        rule lane.fire_passage_blocked: fire_passage_blocked in cam-01.lane
          2 alert(s) in force, 3 as proposed: 2 kept, 1 gained, 0 lost
          gained  2026-07-22 10:02:00 to 10:04:55, dwell 235 s, 1 object(s)
          kept    2026-07-22 13:02:00 to 13:07:55, dwell 415 s, 1 object(s), 180 s earlier
          kept    2026-07-22 23:32:00 to still open, dwell 1320 s, 1 object(s), 180 s earlier

        day         in force  proposed  gained  lost
        2026-07-22         2         3       1     0
        all                2         3       1     0
    "#]],
    );
}

#[test]
fn a_moved_zone_loses_here_and_gains_there() {
    let folder = recorded_day();
    check(
        question(&folder, "cam-01", vec![rule(RIGHT, "car", 300)]),
        &expect![[r#"
        cam-01, 2026-07-22 00:00:00 to 2026-07-22 23:59:55 (UTC+08)
        16920 pictures, one every 5.0 s, judged in 0.04 s
        blind for 1810 s of it, 2.1 %

        rule lane.fire_passage_blocked: fire_passage_blocked in cam-01.lane
          3 alert(s) in force, 1 as proposed: 0 kept, 1 gained, 3 lost
          lost    2026-07-22 08:17:00 to 08:40:55, dwell 1675 s, 1 object(s)
          lost    2026-07-22 13:05:00 to 13:07:55, dwell 415 s, 1 object(s)
          gained  2026-07-22 15:05:00 to 15:20:55, dwell 1195 s, 1 object(s)
          lost    2026-07-22 23:35:00 to still open, dwell 1500 s, 1 object(s)

        day         in force  proposed  gained  lost
        2026-07-22         3         1       1     3
        all                3         1       1     3
    "#]],
    );
}

#[test]
fn what_was_not_looked_for_is_not_promised() {
    let folder = recorded_day();
    let bus = RuleSettings { id: slug("bus-stop"), ..rule(LEFT, "bus", 5) };
    check(
        question(&folder, "cam-01", vec![bus]),
        &expect![[r#"
        cam-01, 2026-07-22 00:00:00 to 2026-07-22 23:59:55 (UTC+08)
        16920 pictures, one every 5.0 s, judged in 0.04 s
        blind for 1810 s of it, 2.1 %

        rule bus-stop: fire_passage_blocked in cam-01.lane, a new rule
          0 alert(s) in force, 0 as proposed: 0 kept, 0 gained, 0 lost
          note: no rule in force asks for bus: it was not looked for
          note: it asks for a picture every 0.5 s, and one every 5.0 s was stored

        rule lane.fire_passage_blocked: fire_passage_blocked in cam-01.lane, a rule that would go
          3 alert(s) in force, 0 as proposed: 0 kept, 0 gained, 3 lost
          lost    2026-07-22 08:17:00 to 08:40:55, dwell 1675 s, 1 object(s)
          lost    2026-07-22 13:05:00 to 13:07:55, dwell 415 s, 1 object(s)
          lost    2026-07-22 23:35:00 to still open, dwell 1500 s, 1 object(s)

        day         in force  proposed  gained  lost
        2026-07-22         3         0       0     3
        all                3         0       0     3
    "#]],
    );
}

/// The stored cars score 0.8.
#[test]
fn stored_objects_are_judged_by_the_threshold_that_is_proposed() {
    let folder = recorded_day();
    let told = |min_score: f32| {
        let usual = StandingSettings::new(vec![Class::new("car")], Duration::from_secs(300));
        let min_score = Thresholds::of(min_score);
        let kind = StandingSettings { min_score, ..usual }.into();
        let proposed = RuleSettings { kind, ..rule(LEFT, "car", 300) };
        let report = retune(question(&folder, "cam-01", vec![proposed])).unwrap().to_string();
        let lines = report.lines().filter(|line| line.contains("in force"));
        lines.map(|line| format!("{}\n", line.trim())).collect::<String>()
    };
    expect![[r#"
        3 alert(s) in force, 3 as proposed: 3 kept, 0 gained, 0 lost
        day         in force  proposed  gained  lost
    "#]]
    .assert_eq(&told(0.8));
    expect![[r#"
        3 alert(s) in force, 0 as proposed: 0 kept, 0 gained, 3 lost
        day         in force  proposed  gained  lost
    "#]]
    .assert_eq(&told(0.81));
    expect![[r#"
        3 alert(s) in force, 3 as proposed: 3 kept, 0 gained, 0 lost
        note: its threshold is lower than those in force: car below 0.4 was not followed
        day         in force  proposed  gained  lost
    "#]]
    .assert_eq(&told(0.2));
}

#[test]
fn without_observations_the_cameras_that_have_some_are_named() {
    let folder = recorded_day();
    let said = |question: Question| {
        let refusal = retune(question).unwrap_err().to_string();
        refusal.replace(&folder.path().display().to_string(), "FOLDER")
    };
    let rules = || vec![rule(LEFT, "car", 300)];
    expect!["no observations of camera cam-02 since 2026-07-22 00:00:00 in FOLDER; there are some of cam-01"].assert_eq(&said(question(&folder, "cam-02", rules())));
    let late = Question { since: minute(1440), ..question(&folder, "cam-01", rules()) };
    expect!["no observations of camera cam-01 since 2026-07-23 00:00:00 in FOLDER; there are some of cam-01"].assert_eq(&said(late));
    let empty = TempDir::new().unwrap();
    let refusal = retune(question(&empty, "cam-01", rules())).unwrap_err().to_string();
    assert!(refusal.ends_with("there are none of any camera"), "{refusal}");
}

/// What stood there all the time and has no class: how many alerts there were, and how many there are when
/// it is judged again. The detector finds objects of these classes at its place, and a zone may not be looked at.
fn alerts_about_a_thing(classes: &[&str], is_looked_at: bool) -> (usize, usize, Vec<String>) {
    let kind = ObstructionSettings {
        except: vec![Class::new("bench")],
        ..ObstructionSettings::new(ObstructionLimit::Share(0.01), Duration::from_secs(60))
    };
    let rule = RuleSettings { kind: kind.into(), ..rule(LEFT, "car", 60) };
    let folder = TempDir::new().unwrap();
    let retention = Retention { days: 8, max_bytes: 1 << 30 };
    let archive = Archive::open(folder.path(), retention).unwrap();
    let mut recorder = archive.recorder("cam-01");
    let question = question(&folder, "cam-01", vec![rule.clone()]);
    let mut assessor = Assessor::new(question.camera.clone(), vec![rule]).unwrap();
    let bbox = BoundingBox { left: 0.1, top: 0.5, right: 0.3, bottom: 0.75 };
    let thing =
        StandingThing { bounds: bbox, foot: vec![0.75], since: MIDNIGHT, looks: 8, sure: 0.5 };
    let detected = |class: &&str| Detection { class: Class::new(class), score: 0.8, bbox };
    let mut opened = 0;
    for second in (0..300).step_by(5) {
        let at = MIDNIGHT.after(Duration::from_secs(second));
        let look = StandingLook {
            zone: "cam-01.lane".into(),
            known_since: Some(MIDNIGHT),
            unsure: Vec::new(),
            things: vec![thing.clone()],
            gone: Vec::new(),
        };
        let observation = Observation {
            captured_at: at,
            clock: Clock { source: ClockSource::SenderReport, error_ms: Some(12) },
            detections: classes.iter().map(detected).collect(),
            appearance: None,
            standing: if is_looked_at { vec![look] } else { Vec::new() },
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let tracks: Vec<Track> = classes
            .iter()
            .map(|class| Track {
                id: TrackId(1),
                class: Class::new(class),
                bbox,
                score: 0.8,
                state: TrackState::Confirmed,
                first_seen_at: MIDNIGHT,
                last_seen_at: at,
                still_since: MIDNIGHT,
                hits: 9,
            })
            .collect();
        recorder.record(&observation, &tracks).unwrap();
        opened += assessor.assess(Input::Picture(&observation, &tracks)).len();
    }
    recorder.flush().unwrap();
    let report = retune(question).unwrap();
    let again = report.rules.iter().map(|rule| rule.kept.len() + rule.gained.len()).sum();
    let notes = report.rules.into_iter().flat_map(|rule| rule.caveats).collect();
    (opened.min(1), again, notes)
}

#[test]
fn what_may_stand_there_is_judged_again_as_it_was() {
    assert_eq!(alerts_about_a_thing(&["bench"], true), (0, 0, Vec::new()));
    assert_eq!(alerts_about_a_thing(&["couch"], true), (1, 1, Vec::new()));
    assert_eq!(alerts_about_a_thing(&[], true), (1, 1, Vec::new()));
    let (alerts, again, notes) = alerts_about_a_thing(&[], false);
    assert_eq!((alerts, again), (0, 0));
    expect!["0 of 60 pictures say what stands in its zone: in the others things of no class were not looked for"].assert_eq(&notes.join("\n"));
}
