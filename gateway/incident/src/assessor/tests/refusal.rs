//! Settings and saved states that are refused, and what is said about them.

use std::time::Duration;

use expect_test::expect;

use super::script::{incident_type, profile, slug, standing};
use crate::Assessor;
use rule::kind::standing::StandingSettings;

#[test]
fn faulty_rules_are_refused_by_name() {
    let refuse = |rules| Assessor::new(profile(), rules).err().unwrap().to_string();
    let mut slow = standing();
    slow.lifecycle.clear_after = Duration::ZERO;
    expect!["rule `standing-v1` in zone `cam-01.shutter`: clear_after must be 1 second or more"]
        .assert_eq(&refuse(vec![slow]));
    let mut blind = standing();
    let settings = blind.kind.settings::<StandingSettings>().unwrap();
    blind.kind = StandingSettings { classes: Vec::new(), ..settings.clone() }.into();
    expect!["rule `standing-v1` in zone `cam-01.shutter`: classes must be at least one class of the model"].assert_eq(&refuse(vec![blind]));
    expect!["rule `standing-v1` is set twice in zone `cam-01.shutter`: give one of them another id or zone"].assert_eq(&refuse(vec![standing(), standing()]));
    let mut twin = standing();
    twin.id = slug("other");
    expect!["two rules raise `fire_passage_blocked` in zone `cam-01.shutter`, but there is one open alert per type and zone: give one of them another type or zone"].assert_eq(&refuse(vec![standing(), twin.clone()]));
    twin.incident = incident_type("vehicle_illegal_parking");
    assert!(Assessor::new(profile(), vec![standing(), twin]).is_ok());
}

#[test]
fn damaged_memories_are_refused() {
    let mut assessor = Assessor::new(profile(), vec![standing()]).unwrap();
    let damaged = assessor.restore(b"{").unwrap_err().to_string();
    assert!(damaged.starts_with("the saved state of camera `cam-01` is damaged: "), "{damaged}");
    let newer = assessor.restore(br#"{"version":2}"#).unwrap_err();
    expect!["the saved state of camera `cam-01` has format 2; this version reads 1"]
        .assert_eq(&newer.to_string());
}
