//! What a camera and readers told of a guard, and what must be concluded from it.

use std::time::Duration;

use scene::{
    CaptureTime, Clock, ClockSource, DoorEvent, Reading, Signal, SignalKind, SignalSource,
    SignalValue,
};

use super::{By, UnattendedSettings};
use crate::signal::{CheckpointFacts, SignalRule, SignalSettings, SignalVerdict};

const START: CaptureTime = CaptureTime::from_unix_micros(1_795_338_000_000_000);
const READER: &str = "acs-1/guard";

fn at(secs: u64) -> CaptureTime {
    START.after(Duration::from_secs(secs))
}

fn signal(point: &str, kind: SignalKind, value: SignalValue, secs: u64) -> Signal {
    let source = SignalSource { device: "kk-1".into(), point: point.into() };
    let clock = Clock { source: ClockSource::SenderReport, error_ms: None };
    Signal::new(source, kind, Reading::Good(value), at(secs), clock).unwrap()
}

fn guard(is_there: bool, secs: u64) -> Signal {
    signal("cam-1", SignalKind::Guard, SignalValue::Flag(is_there), secs)
}

fn rule(by: By, has_guard: bool, signs_in: bool) -> SignalRule {
    let within = Duration::from_secs(600);
    let (sign_in, roles) = (Vec::new(), Vec::new());
    let settings = UnattendedSettings { by, within, sign_in, has_guard: false, roles };
    let sign_in = if signs_in { vec![READER.into()] } else { Vec::new() };
    let facts = CheckpointFacts { sign_in, has_guard, ..CheckpointFacts::default() };
    let kind = settings.at_checkpoint(&facts).unwrap();
    SignalRule::new(&kind, None, Duration::from_mins(5))
}

/// Whether it is met at `until` if the guard is there or not, and signs in every five minutes or not.
fn is_met(rule: &mut SignalRule, (is_there, signs): (bool, bool), until: u64) -> bool {
    for secs in (0..until).step_by(20) {
        rule.hear(&guard(is_there, secs));
        if signs && secs % 300 == 0 {
            let granted = SignalValue::Code(DoorEvent::AccessGranted);
            rule.hear(&signal(READER, SignalKind::DoorEvent, granted, secs));
        }
    }
    matches!(rule.pass_time(at(until)), SignalVerdict::Met(_))
}

#[test]
fn camera_and_sign_ins_are_joined_as_the_rule_says() {
    for (by, there_signs, there_only, signs_only, neither) in [
        (By::Either, false, true, true, true),
        (By::Both, false, false, false, true),
        (By::Camera, false, false, true, true),
        (By::SignIn, false, true, false, true),
    ] {
        let met = |what| is_met(&mut rule(by, true, true), what, 700);
        assert_eq!(met((true, true)), there_signs, "{by:?}, there and signs");
        assert_eq!(met((true, false)), there_only, "{by:?}, there");
        assert_eq!(met((false, true)), signs_only, "{by:?}, signs");
        assert_eq!(met((false, false)), neither, "{by:?}, neither");
    }
}

#[test]
fn a_checkpoint_with_one_of_the_two_goes_by_that() {
    assert!(is_met(&mut rule(By::Both, true, false), (false, false), 100));
    assert!(!is_met(&mut rule(By::Both, true, false), (true, false), 700));
    assert!(is_met(&mut rule(By::Both, false, true), (true, false), 700));
    assert!(!is_met(&mut rule(By::Both, false, true), (false, true), 700));
}

#[test]
fn a_camera_that_falls_silent_tells_nothing() {
    let mut rule = rule(By::Camera, true, false);
    assert!(is_met(&mut rule, (false, false), 100));
    assert_eq!(rule.pass_time(at(200)), SignalVerdict::Unknown);
}

#[test]
fn time_in_which_the_controller_is_gone_is_not_held_against_the_guard() {
    let mut rule = rule(By::SignIn, false, true);
    let beat = |is_there, secs| {
        signal("acs-1/device", SignalKind::Heartbeat, SignalValue::Flag(is_there), secs)
    };
    rule.hear(&beat(true, 0));
    rule.hear(&beat(false, 10));
    assert_eq!(rule.pass_time(at(900)), SignalVerdict::Unknown);
    rule.hear(&beat(true, 1_000));
    assert_eq!(rule.pass_time(at(1_500)), SignalVerdict::Clear);
    assert!(matches!(rule.pass_time(at(1_601)), SignalVerdict::Met(_)));
}
