//! The rule behind the real tracker: detections in, messages out.

use std::time::Duration;

use expect_test::expect;
use rule::kind::standing::StandingSettings;
use scene::track::{Tracker, TrackerSettings};
use scene::{BoundingBox, Class, Detection, Thresholds};

use super::script::{START, Stage, profile, shows, standing};
use crate::{Assessor, Input};

const SECOND: Duration = Duration::from_secs(1);

fn car(left: f32, top: f32, right: f32, bottom: f32) -> Detection {
    let bbox = BoundingBox { left, top, right, bottom };
    Detection { class: Class::new("car"), score: 0.8, bbox }
}

/// One picture a second; answers with `second action` for every message.
fn play(pictures: impl Iterator<Item = Vec<Detection>>) -> String {
    let mut assessor = Assessor::new(profile(), vec![standing()]).unwrap();
    let mut tracker = Tracker::new(TrackerSettings::default());
    let mut log = Vec::new();
    for (second, detections) in (0_u32..).zip(pictures) {
        let captured_at = START.after(SECOND * second);
        let observation = shows(captured_at, detections);
        let events = assessor.assess(Input::Picture(&observation, tracker.update(&observation)));
        log.extend(events.iter().map(|e| format!("{second}s {}", e.alert.action.as_str())));
    }
    log.join(", ")
}

#[test]
fn a_van_that_jitters_and_is_passed_by_opens_once_and_stays_open() {
    let pictures = (0..200_u32).map(|second| match second % 20 {
        // Half hidden, then missed, then seen again: every twenty seconds.
        7 => vec![car(0.25, 0.40, 0.30, 0.60)],
        8 | 9 => vec![],
        odd if odd % 2 == 1 => vec![car(0.205, 0.395, 0.298, 0.602)],
        _ => vec![car(0.20, 0.40, 0.30, 0.60)],
    });
    expect!["30s open"].assert_eq(&play(pictures));
}

#[test]
fn a_stream_of_traffic_through_the_zone_opens_nothing() {
    // A car every four seconds, each crossing the zone in eight.
    let pictures = (0..600_u16).map(|second| {
        let cars = [second % 8, (second + 4) % 8];
        let boxes = cars.map(|step| f32::from(step) * 0.06);
        boxes.map(|left| car(left, 0.40, left + 0.10, 0.60)).to_vec()
    });
    expect![""].assert_eq(&play(pictures));
}

#[test]
fn a_story_told_by_hand_and_by_the_tracker_ends_alike() {
    let mut stage = Stage::new(vec![standing()]);
    stage.play("A10 .30");
    let by_hand: Vec<_> = stage.messages.iter().map(|alert| alert.action.as_str()).collect();
    let pictures = (0..200_u32)
        .map(|second| if second < 46 { vec![car(0.15, 0.40, 0.25, 0.60)] } else { vec![] });
    expect!["30s open, 65s clear, 126s close"].assert_eq(&play(pictures));
    assert_eq!(by_hand, ["open", "clear", "close"]);
}

/// A car of these scores, a second each, before a rule with this threshold and a tracker that begins
/// objects from `begins` on; answers with the second of the alert.
fn opened_by(scores: &[f32], min_score: Thresholds, begins: f32) -> Option<u32> {
    let mut rule = standing();
    let kind = StandingSettings::new(vec![Class::new("car")], Duration::from_secs(30));
    rule.kind = StandingSettings { min_score, ..kind }.into();
    let mut assessor = Assessor::new(profile(), vec![rule]).unwrap();
    let strong = Thresholds::of(begins);
    let mut tracker = Tracker::new(TrackerSettings { strong, ..TrackerSettings::default() });
    (0_u32..).zip(scores).find_map(|(second, score)| {
        let captured_at = START.after(SECOND * second);
        let detections = vec![Detection { score: *score, ..car(0.20, 0.40, 0.30, 0.60) }];
        let observation = shows(captured_at, detections);
        let events = assessor.assess(Input::Picture(&observation, tracker.update(&observation)));
        let told = events.first().map(|event| &event.alert)?;
        assert_eq!(told.action.as_str(), "open");
        Some(second)
    })
}

#[test]
fn a_rule_s_threshold_reaches_down_and_up() {
    let usual = Thresholds::default;
    let at = |score, thresholds| opened_by(&[score; 60], thresholds, 0.15);
    assert_eq!(at(0.4, usual()), Some(30));
    assert_eq!(at(0.39, usual()), None);
    assert_eq!(at(0.15, Thresholds::of(0.15)), Some(30));
    assert_eq!(at(0.14, Thresholds::of(0.15)), None);
    assert_eq!(at(0.59, Thresholds::of(0.6)), None);
    // Of this class, or of another one.
    assert_eq!(at(0.2, usual().with(Class::new("car"), 0.15)), Some(30));
    assert_eq!(at(0.2, usual().with(Class::new("bus"), 0.15)), None);
}

#[test]
fn a_rule_counts_from_its_threshold_on_and_goes_on_when_the_detector_wavers() {
    // The tracker begins lower, for another rule: until the fifth second this is nothing.
    let mut scores = [0.3; 60];
    scores[5] = 0.45;
    assert_eq!(opened_by(&scores, Thresholds::default(), 0.15), Some(35));
    // Weaker than five eighths of the threshold is not seen: too few pictures show it.
    let mut scores = [0.2; 60];
    scores[5] = 0.45;
    assert_eq!(opened_by(&scores, Thresholds::default(), 0.15), None);
}

#[test]
fn an_alert_names_the_thresholds_in_force() {
    let mut rule = standing();
    let kind =
        StandingSettings::new(["car", "bus"].map(Class::new).to_vec(), Duration::from_secs(30));
    let min_score = Thresholds::of(0.5).with(Class::new("bus"), 0.2);
    rule.kind = StandingSettings { min_score, ..kind }.into();
    let mut stage = Stage::new(vec![rule]);
    stage.play("A7");
    let threshold = &stage.messages.first().unwrap().detection.threshold;
    expect![[r#"Threshold { usual: 0.5, by_class: {"bus": 0.2} }"#]]
        .assert_eq(&format!("{threshold:?}"));
}
