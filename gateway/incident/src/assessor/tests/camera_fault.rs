//! An alert about the camera itself: nothing in it is an object, and the message is still valid.

use std::time::Duration;

use expect_test::expect;
use scene::{Appearance, Observation};

use super::script::{START, incident_type, profile, published, shows, standing};
use crate::alert::Action;
use crate::{Assessor, Input, RuleSettings};
use rule::kind::view_fault::{ViewFault, ViewFaultSettings};

fn covered() -> RuleSettings {
    let settings = ViewFaultSettings {
        dwell: Duration::from_secs(30),
        ..ViewFaultSettings::new(ViewFault::Covered)
    };
    let incident = incident_type("fire_passage_blocked");
    RuleSettings { kind: settings.into(), incident, ..standing() }
}

/// A plane of one luma, or of fine stripes.
fn look(covered: bool) -> Option<Appearance> {
    let luma = |i: usize| if covered || i % 4 < 2 { 90 } else { 190 };
    let plane: Vec<u8> = (0..128 * 72).map(luma).collect();
    Appearance::of_luma(&plane, 128, 72, 128)
}

#[test]
fn opens_and_clears_with_valid_messages_that_name_no_object() {
    let mut assessor = Assessor::new(profile(), vec![covered()]).unwrap();
    let mut log = String::new();
    for picture in 0..30_u32 {
        if picture == 4 {
            let memory = assessor.memory().unwrap();
            assessor = Assessor::new(profile(), vec![covered()]).unwrap();
            assessor.restore(&memory).unwrap();
        }
        let captured_at = START.after(Duration::from_secs(5) * picture);
        let appearance = look(picture < 10);
        let observation = Observation { appearance, ..shows(captured_at, Vec::new()) };
        for event in assessor.assess(Input::Picture(&observation, &[])) {
            let json = event.alert.to_json(captured_at).unwrap();
            let json: serde_json::Value = serde_json::from_str(&json).unwrap();
            published().check(&json).unwrap();
            let action = if event.alert.action == Action::Open { "open" } else { "other" };
            let (objects, count) = (&json["detection"]["objects"], &json["detection"]["count"]);
            let (sure, text) = (&json["confidence"], &json["description"]);
            log += &format!("{}s {action}: {objects} {count} {sure} {text}\n", picture * 5);
        }
    }
    // The five seconds between the two runs are a gap.
    expect![[r#"
        35s open: [] 0 1.0 "金海小区东侧卷帘门前(示例)：镜头被遮挡超过30秒"
        65s other: [] 0 1.0 "金海小区东侧卷帘门前(示例)：镜头被遮挡超过30秒，现已消除"
        130s other: [] 0 1.0 "金海小区东侧卷帘门前(示例)：镜头被遮挡超过30秒，现已消除"
    "#]]
    .assert_eq(&log);
}

#[test]
fn only_such_rules_need_the_appearance() {
    let needs = |rules| Assessor::new(profile(), rules).unwrap().needs_appearance();
    assert!(needs(vec![covered()]));
    assert!(!needs(vec![standing()]));
}
