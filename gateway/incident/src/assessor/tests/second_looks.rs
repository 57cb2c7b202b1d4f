//! What a second look calls a two-wheeler, before rules that ask for it and rules that know nothing of it.

use std::time::Duration;

use rule::kind::obstruction::{ObstructionLimit, ObstructionSettings};
use rule::kind::prohibited::ProhibitedSettings;
use rule::kind::standing::StandingSettings;
use rule::{Presence, RuleKind, Wanted};
use scene::track::{Tracker, TrackerSettings};
use scene::{BoundingBox, Class, Detection, Thresholds};

use super::script::{START, profile, shows, standing};
use crate::{Assessor, Input};

/// As what a two-wheeler of this name is reported to a rule of this kind; none if it does not count.
fn reported(name: &str, kind: impl Into<RuleKind>) -> Option<String> {
    let mut rule = standing();
    rule.kind = kind.into();
    let mut assessor = Assessor::new(profile(), vec![rule]).unwrap();
    let mut tracker = Tracker::new(TrackerSettings::default());
    let bbox = BoundingBox { left: 0.10, top: 0.30, right: 0.40, bottom: 0.70 };
    (0..60).find_map(|second| {
        let captured_at = START.after(Duration::from_secs(second));
        let detections = vec![Detection { class: Class::new(name), score: 0.8, bbox }];
        let observation = shows(captured_at, detections);
        let events = assessor.assess(Input::Picture(&observation, tracker.update(&observation)));
        let subjects = &events.first()?.alert.detection.finding.subjects;
        Some(subjects.first()?.class.as_str().to_owned())
    })
}

fn of(classes: &[&str]) -> StandingSettings {
    let classes = classes.iter().map(|class| Class::new(class)).collect();
    StandingSettings::new(classes, Duration::from_secs(30))
}

#[test]
fn a_rule_that_names_e_bikes_tells_them_from_bicycles() {
    let classes = ["e_bike", "motorcycle", "bicycle"];
    assert_eq!(reported("e_bike", of(&classes)).as_deref(), Some("e_bike"));
    // Of these the second look was not sure.
    assert_eq!(reported("motorcycle", of(&classes)).as_deref(), Some("motorcycle"));
    assert_eq!(reported("bicycle", of(&classes)).as_deref(), Some("bicycle"));
    assert_eq!(reported("pedal_bicycle", of(&classes)), None);
    assert_eq!(reported("bicycle", of(&["e_bike"])), None);
}

/// Another rule of the same camera may have asked for the second look.
#[test]
fn a_rule_that_knows_no_second_look_counts_what_it_always_counted() {
    let classes = ["motorcycle", "bicycle"];
    assert_eq!(reported("e_bike", of(&classes)).as_deref(), Some("motorcycle"));
    assert_eq!(reported("pedal_bicycle", of(&classes)).as_deref(), Some("bicycle"));
    assert_eq!(reported("e_bike", of(&["bicycle"])).as_deref(), Some("bicycle"));
    assert_eq!(reported("pedal_bicycle", of(&["motorcycle"])), None);
    assert_eq!(reported("e_bike", of(&["car"])), None);
}

#[test]
fn whatever_stands_in_a_passage_may_be_a_two_wheeler() {
    let kind = || {
        let limit = ObstructionLimit::Share(0.05);
        RuleKind::from(ObstructionSettings::new(limit, Duration::from_secs(30)))
    };
    assert!(matches!(kind().classes(), Wanted::All));
    assert_eq!(reported("e_bike", kind()).as_deref(), Some("motorcycle"));
    assert_eq!(reported("pedal_bicycle", kind()).as_deref(), Some("bicycle"));
}

/// Whether a lift's rule reports a weak box (0.25) that is called so in pictures of two seconds.
fn is_reported_in_lift(names: [&str; 10]) -> bool {
    let classes = ["e_bike", "motorcycle", "bicycle"].map(Class::new);
    let low = |thresholds: Thresholds, class: &Class| thresholds.with(class.clone(), 0.2);
    let usual = ProhibitedSettings::new(classes.to_vec());
    let mut rule = standing();
    rule.kind = ProhibitedSettings {
        presence: Presence::Overlap(0.5),
        min_score: low(usual.min_score.clone(), &classes[0]),
        ..usual
    }
    .into();
    let mut assessor = Assessor::new(profile(), vec![rule]).unwrap();
    // As the gateway follows two-wheelers then: under any name from the lowest score on.
    let strong = classes.iter().fold(Thresholds::default(), low);
    let mut tracker = Tracker::new(TrackerSettings { strong, ..TrackerSettings::default() });
    let bbox = BoundingBox { left: 0.10, top: 0.30, right: 0.40, bottom: 0.70 };
    (0_u64..).zip(names).any(|(number, name)| {
        let captured_at = START.after(Duration::from_millis(200 * number));
        let observation =
            shows(captured_at, vec![Detection { class: Class::new(name), score: 0.25, bbox }]);
        !assessor.assess(Input::Picture(&observation, tracker.update(&observation))).is_empty()
    })
}

#[test]
fn in_a_lift_a_weak_box_counts_if_two_looks_are_sure_of_a_motor() {
    let (bike, pedal, unsure) = ("e_bike", "pedal_bicycle", "motorcycle");
    assert!(is_reported_in_lift([bike; 10]));
    let mut names = [unsure; 10];
    assert!(!is_reported_in_lift(names), "nobody was sure");
    names[2] = bike;
    assert!(!is_reported_in_lift(names), "one look may be wrong");
    names[5] = bike;
    assert!(is_reported_in_lift(names));
    (names[3], names[4], names[6]) = (pedal, pedal, pedal);
    assert!(!is_reported_in_lift(names), "more looks are sure of pedals");
}
