//! Objects that come at any moment, before a camera that is looked at no more often than its rule asks for.

use std::time::Duration;

use proptest::prelude::*;
use rule::kind::crossing::CrossingSettings;
use rule::kind::standing::StandingSettings;
use scene::track::{Tracker, TrackerSettings};
use scene::{BoundingBox, CaptureTime, Class, Detection, Point};

use super::script::{START, Stage, incident_type, profile, shows, slug, standing};
use crate::alert::action::Action;
use crate::alert::content::Alert;
use crate::{Assessor, Input, RuleSettings};

/// The standard rule with this dwell and the tolerance that goes with it.
fn rule(dwell: Duration) -> RuleSettings {
    let settings = StandingSettings::new(vec![Class::new("car")], dwell);
    RuleSettings { kind: settings.into(), ..standing() }
}

/// Plays a car that stands in the zone from `comes` on, with a passer-by for whom the camera wakes. Answers the
/// alert, how long the camera sleeps, and how many looks it took.
fn play(
    dwell: Duration,
    comes: CaptureTime,
    passes: CaptureTime,
) -> (Option<Alert>, Duration, u32) {
    let mut assessor = Assessor::new(profile(), vec![rule(dwell)]).unwrap();
    let mut tracker = Tracker::new(TrackerSettings::default());
    let asleep = assessor.sampling().interval;
    let car = |left: f32| Detection {
        class: Class::new("car"),
        score: 0.8,
        bbox: BoundingBox { left, top: 0.4, right: left + 0.1, bottom: 0.6 },
    };
    let (mut at, mut looks) = (START, 0);
    let end = comes.max(passes).after(3 * dwell);
    while at < end {
        let stands = (at >= comes).then(|| car(0.1));
        let passing = (at >= passes && at.since(passes) < Duration::from_secs(3)).then(|| car(0.3));
        let observation = shows(at, stands.into_iter().chain(passing).collect());
        let tracks = tracker.update(&observation);
        let events = assessor.assess(Input::Picture(&observation, tracks));
        looks += 1;
        if let Some(event) = events.into_iter().find(|event| event.alert.action == Action::Open) {
            return (Some(event.alert), asleep, looks);
        }
        at = at.after(assessor.sampling().interval);
    }
    (None, asleep, looks)
}

/// The pace of a camera with a candidate.
const AWAKE: Duration = Duration::from_secs(5);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn whoever_comes_at_whatever_moment_is_reported_within_the_dwell_and_one_sleep(
        dwell_secs in 20_u64..1_800,
        comes_ms in 1_u64..4_000_000,
        passes_ms in 0_u64..4_000_000,
    ) {
        let dwell = Duration::from_secs(dwell_secs);
        let comes = START.after(Duration::from_millis(comes_ms));
        let passes = START.after(Duration::from_millis(passes_ms));
        let (alert, asleep, _) = play(dwell, comes, passes);
        let times = alert.expect("it stands there for good").times;
        let after = times.opened_at.since(comes);
        prop_assert!(after >= dwell.saturating_sub(Duration::from_secs(1)), "{:?}", times);
        prop_assert!(after <= dwell + asleep + AWAKE, "{:?} after {:?}", times, asleep);
        // It came between the two looks that the alert names.
        let not_before = times.not_before_at.expect("a look showed the zone without it");
        prop_assert!(not_before < comes && comes <= times.first_seen_at, "{:?}", times);
        prop_assert!(times.first_seen_at.since(not_before) <= asleep, "{:?}", times);
    }
}

#[test]
fn what_stands_there_from_the_first_look_on_has_no_earlier_one() {
    let (alert, ..) = play(Duration::from_secs(300), START, START);
    assert_eq!(alert.unwrap().times.not_before_at, None);
}

#[test]
fn an_empty_zone_is_looked_at_ten_times_in_a_dwell() {
    let comes = START.after(Duration::from_secs(3_600));
    let (_, asleep, looks) = play(Duration::from_secs(300), comes, comes);
    assert_eq!(asleep, Duration::from_secs(30));
    // 120 in the hour, and then one each 5 s for the dwell.
    assert!((180..=184).contains(&looks), "{looks}");
}

#[test]
fn a_camera_is_quiet_only_while_nothing_is_in_sight_of_any_rule() {
    let mut stage = Stage::new(vec![standing()]);
    let mut quiet = Vec::new();
    for script in [".", "A", ".3", "A7", ".", ".20"] {
        quiet.push((stage.assessor.quiet().map(|quiet| quiet.longest), script));
        stage.play(script);
    }
    quiet.push((stage.assessor.quiet().map(|quiet| quiet.longest), "at the end"));
    let longest = Some(Duration::from_secs(3));
    // Nobody knows before the first picture. Gone from one picture, a car may be hidden.
    let told = [None, longest, None, longest, None, None, longest];
    assert_eq!(quiet.iter().map(|(quiet, _)| *quiet).collect::<Vec<_>>(), told, "{quiet:?}");
    let zones = stage.assessor.quiet().unwrap().zones;
    assert_eq!(zones, [BoundingBox { left: 0.0, top: 0.0, right: 0.5, bottom: 1.0 }]);
    stage.assessor = stage.assessor.telling_outages_as(Some(incident_type("camera_offline")));
    stage.assessor.report_outage("离线", stage.now);
    assert_eq!(stage.assessor.quiet(), None, "a picture is to end the outage");
}

#[test]
fn rules_of_which_one_needs_every_picture_are_never_quiet() {
    let line = [Point { x: 0.5, y: 0.1 }, Point { x: 0.5, y: 0.9 }];
    let crossing = RuleSettings {
        id: slug("line"),
        kind: CrossingSettings::new(vec![Class::new("person")], line).into(),
        incident: incident_type("other"),
        ..standing()
    };
    let mut stage = Stage::new(vec![standing(), crossing]);
    stage.play(".3");
    assert_eq!(stage.assessor.quiet(), None);
}
