//! Rules that no device can have.

use std::time::Duration;

use super::super::script::{profile, slug};
use super::script::{held, rule};
use crate::{Assessor, LifecycleSettings, SignalRuleSettings};

fn refused(rules: Vec<SignalRuleSettings>) -> String {
    let assessor = Assessor::new(profile(), Vec::new()).unwrap();
    assessor.with_signal_rules(rules).map(drop).unwrap_err().to_string()
}

fn named(id: &str, settings: SignalRuleSettings) -> SignalRuleSettings {
    SignalRuleSettings { id: slug(id), ..settings }
}

#[test]
fn a_setting_out_of_range_is_named() {
    let silence = SignalRuleSettings { silence: Duration::from_secs(1), ..held() };
    assert_eq!(
        refused(vec![silence]),
        "rule `door_held_open-1` in zone `cam-01`: silence must be 5 seconds or more"
    );
    let smoke = rule("smoke_alarm", "flag", r#"{"signal": "temperature"}"#);
    let at_door = SignalRuleSettings { point: Some(slug("input-4")), ..smoke };
    assert_eq!(
        refused(vec![at_door]),
        "rule `smoke_alarm-1` in zone `cam-01.input-4`: signal must be door_contact, lock, tamper or \
         smoke: a point that says yes or no"
    );
    let hasty = LifecycleSettings { clear_after: Duration::ZERO, ..LifecycleSettings::default() };
    let hasty = SignalRuleSettings { lifecycle: hasty, ..held() };
    assert!(refused(vec![hasty]).contains("clear_after must be 1 second or more"));
}

#[test]
fn two_rules_that_would_raise_the_same_alert_are_refused() {
    let at = |point: &str| SignalRuleSettings { point: Some(slug(point)), ..held() };
    let accepts = |rules: Vec<SignalRuleSettings>| {
        Assessor::new(profile(), Vec::new()).unwrap().with_signal_rules(rules).is_ok()
    };
    assert!(refused(vec![held(), held()]).contains("is set twice"));
    assert!(refused(vec![held(), named("b", at("door-2"))]).contains("two rules raise"));
    assert!(refused(vec![at("door-2"), named("b", at("door-2"))]).contains("two rules raise"));
    assert!(accepts(vec![at("door-1"), named("b", at("door-2"))]));
    let silent = rule("sensor_offline", "silent", "{}");
    let of_point =
        named("b", SignalRuleSettings { point: Some(slug("reader-1")), ..silent.clone() });
    assert!(accepts(vec![silent.clone(), of_point]));
    assert!(refused(vec![silent.clone(), named("b", silent)]).contains("two rules raise"));
}
