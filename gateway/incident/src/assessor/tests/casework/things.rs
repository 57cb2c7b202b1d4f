//! Alerts about things of no class: no look that says nothing ends them or passes their re-check.

use std::fmt::Write;
use std::time::Duration;

use expect_test::expect;
use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::schedule::{Allowance, Hours, Schedule};
use scene::{
    Appearance, BoundingBox, CaptureTime, Class, GRID_CELLS, GRID_COLUMNS, GRID_ROWS, StandingLook,
    StandingThing,
};

use super::super::script::standing;
use super::script::Court;
use crate::RuleSettings;

const PLACE: BoundingBox = BoundingBox { left: 0.15, top: 0.4, right: 0.25, bottom: 0.6 };
const LARGE: BoundingBox = BoundingBox { left: 0.0, top: 0.0, right: 0.5, bottom: 0.9 };

/// What the letters say of things in the zone.
pub(super) fn look(letters: &str, now: CaptureTime) -> Option<StandingLook> {
    let says = |letter| letters.contains(letter);
    let thing = |bounds: BoundingBox| StandingThing {
        bounds,
        foot: vec![bounds.bottom],
        since: now.before(Duration::from_secs(8)),
        looks: 8,
        sure: 0.3,
    };
    let known_since = if says('R') { now } else { CaptureTime::from_unix_micros(0) };
    let small = says('T').then(|| thing(PLACE));
    let large = says('G').then(|| thing(LARGE));
    (!says('X')).then(|| StandingLook {
        zone: "cam-01.shutter".into(),
        known_since: (!says('N')).then_some(known_since),
        unsure: says('H').then_some(PLACE).into_iter().collect(),
        things: small.into_iter().chain(large).collect(),
        gone: Vec::new(),
    })
}

/// The picture with the things in it, which are chequered.
pub(super) fn painted(appearance: Appearance, looks: &[StandingLook]) -> Appearance {
    let mut grid: Box<[u8; GRID_CELLS]> = Box::new(*appearance.grid());
    for thing in looks.iter().flat_map(|look| &look.things) {
        for (index, cell) in grid.iter_mut().enumerate() {
            let (column, row) = (index % GRID_COLUMNS, index / GRID_COLUMNS);
            let (x, y) = (column as f32 / GRID_COLUMNS as f32, row as f32 / GRID_ROWS as f32);
            let BoundingBox { left, top, right, bottom } = thing.bounds;
            if (left..right).contains(&x) && (top..bottom).contains(&y) {
                *cell = if (column + row) % 2 == 0 { 40 } else { 200 };
            }
        }
    }
    Appearance::of_grid(grid, appearance.sharpness())
}

/// Cars block this passage for 30 s, and things of no class.
fn passage() -> RuleSettings {
    let limit = ObstructionLimit::Share(0.01);
    let kind = ObstructionSettings {
        classes: Some(vec![Class::new("car")]),
        unknown_things: true,
        ..ObstructionSettings::new(limit, Duration::from_secs(30))
    };
    RuleSettings { kind: kind.into(), ..standing() }
}

fn log(script: &str) -> String {
    let mut court = Court::of(passage());
    court.play(script);
    court.log
}

#[test]
fn an_alert_says_how_sure_a_thing_must_be() {
    let told = |rule: RuleSettings| {
        let mut court = Court::of(rule);
        court.play("sT*40s");
        court.alerts[0].detection.threshold.by_class.clone()
    };
    assert_eq!(told(passage()), [("unknown_object".to_owned(), 0.0)].into());
}

#[test]
fn things_may_be_legal_at_some_hours() {
    let alerts = |hours: &str| {
        let hours = Hours::parse(&[hours]).unwrap();
        let allowed = vec![Allowance { classes: vec![Class::new("unknown_object")], hours }];
        let schedule = Schedule { allowed, ..Schedule::default() };
        let mut court = Court::of(RuleSettings { schedule, ..passage() });
        court.play("sT*60s");
        court.alerts.len()
    };
    // It is ten past nine.
    assert_eq!(alerts("daily 18:00-23:00"), 1);
    assert_eq!(alerts("daily 09:00-23:00"), 0);
}

#[test]
fn neither_the_dark_nor_a_new_eye_ends_an_alert() {
    let open = "24s open open - case -\n";
    for silence in ["sN*900s", "sX*900s", "sHN*900s", "sH*900s", "sR*900s"] {
        let told = log(&format!("sT*40s {silence} sT*20s"));
        assert_eq!(
            told.lines().filter(|line| line.contains("open -")).count(),
            told.lines().count()
        );
        assert!(told.starts_with(open) && !told.contains("clear"), "{silence}: {told}");
    }
    // In between it is seen to be gone: the alert is cleared once, and not told again.
    expect![[r#"
        24s open open - case -
        363s clear cleared - case -
    "#]]
    .assert_eq(&log("sT*40s sN*300s s*40s"));
    // It is seen again after the night, and told of as every alert that lasts; then it is taken away.
    expect![[r#"
        24s open open - case -
        643s update open - case -
        687s clear cleared - case -
    "#]]
    .assert_eq(&log("sT*40s sN*600s sT*20s s*60s"));
}

#[test]
fn looks_that_say_nothing_clear_no_alert_however_they_alternate() {
    let night = "sN*5s s*1 ".repeat(30);
    let told = log(&format!("sT*40s {night}"));
    assert!(told.contains("clear"), "the looks that do tell count: {told}");
    let night = "sN*5s sT*1 ".repeat(30);
    assert!(!log(&format!("sT*40s {night}")).contains("clear"));
}

#[test]
fn a_re_check_passes_only_if_the_looks_tell_of_the_place() {
    let mut log = String::new();
    // What the detector sees where it stood shows that the place is not free, whatever the eye knows.
    // A word that is not believed shows and hides nothing.
    for shown in ["s", "sT", "sH", "sN", "sX", "sR", "sL", "sp", "sNA", "sk", "sTk"] {
        let mut court = Court::of(passage());
        court.play(&format!("sT*40s +handled sT*20s {shown}*60s"));
        let found = court.alerts.iter().find_map(|alert| alert.verification.clone()).unwrap();
        let (result, reason) = (found.result, found.reason.unwrap());
        let samples = (found.positive_samples, found.samples);
        writeln!(log, "{shown}: {result:?} {reason:?} {samples:?}").unwrap();
    }
    expect![[r#"
        s: Passed SceneClear (0, 12)
        sT: Failed StillPresent (12, 12)
        sH: Inconclusive Occluded (0, 0)
        sN: Inconclusive TooFewSamples (0, 0)
        sX: Inconclusive TooFewSamples (0, 0)
        sR: Inconclusive TooFewSamples (0, 0)
        sL: Inconclusive Occluded (0, 0)
        sp: Inconclusive Occluded (0, 0)
        sNA: Failed StillPresent (12, 12)
        sk: Passed SceneClear (0, 12)
        sTk: Failed StillPresent (12, 12)
    "#]]
    .assert_eq(&log);
}

#[test]
fn where_a_large_thing_stood_the_place_is_known_again() {
    let mut court = Court::of(passage());
    court.play("sG*40s +handled s*60s");
    let found = court.alerts.iter().find_map(|alert| alert.verification.clone()).unwrap();
    assert_eq!((found.samples > 6, found.positive_samples), (true, 0), "{found:?}");
}

#[test]
fn of_a_car_no_look_for_things_needs_to_tell() {
    let mut court = Court::of(passage());
    court.play("sXA*40s +handled sX*60s");
    let found = court.alerts.iter().find_map(|alert| alert.verification.clone()).unwrap();
    assert_eq!((found.samples > 6, found.positive_samples), (true, 0), "{found:?}");
}

#[test]
fn what_was_called_a_false_alarm_is_not_told_again_after_the_silence() {
    // The silence lasts ten minutes.
    expect![[r#"
        24s open open - case -
        40s close closed false_alarm case false_alarm
        1538s open open - case -
    "#]]
    .assert_eq(&log("sT*40s +false_alarm sT*700s !10 sT*700s s*60s sT*60s"));
}
