//! Smoke and leaking current beside an e-bike: one incident that names both.

use std::time::Duration;

use scene::{Reading, Signal, SignalKind, SignalSource, SignalValue};

use super::super::script::{Stage, incident_type, standing};
use super::script::{CLOCK, at, door, rule};
use crate::alert::{Action, CloseReason};
use crate::{Assessor, EbikeSeen, IncidentEvent, Input, RuleSettings, Seen};

const SMOKE: &str = "smoke";
const CAMERA: &str = "cam-01";

fn detector() -> Assessor {
    let smoke = rule("smoke_alarm", "flag", r#"{"signal": "smoke"}"#);
    let terms = r#"{"signal": "residual_current", "above": 300.0}"#;
    let leakage = rule("residual_current_high", "limit", terms);
    let held = rule("door_held_open", "flag", r#"{"signal": "door_contact"}"#);
    let rules = vec![smoke, leakage, held];
    Assessor::new(door(), Vec::new()).unwrap().with_signal_rules(rules).unwrap()
}

fn hear(
    assessor: &mut Assessor,
    (point, kind): (&str, SignalKind),
    value: SignalValue,
    secs: u64,
) -> Vec<IncidentEvent> {
    let source = SignalSource { device: "door-b3-u2".into(), point: point.into() };
    let signal = Signal::new(source, kind, Reading::Good(value), at(secs), CLOCK).unwrap();
    assessor.assess(Input::Signal(&signal))
}

fn flag(assessor: &mut Assessor, kind: SignalKind, value: bool, secs: u64) -> Vec<IncidentEvent> {
    let point = match kind {
        SignalKind::Ebike | SignalKind::ChargingWire => CAMERA,
        _ => SMOKE,
    };
    hear(assessor, (point, kind), SignalValue::Flag(value), secs)
}

use SignalKind::{ChargingWire, DoorContact, Ebike, ResidualCurrent, Smoke};

#[test]
fn smoke_beside_an_e_bike_with_a_wire_names_both_from_the_first_word() {
    let mut assessor = detector();
    assert!(flag(&mut assessor, ChargingWire, true, 0).is_empty());
    assert!(flag(&mut assessor, Ebike, true, 1).is_empty());
    assert_eq!(assessor.open_hazard(), None);
    let [opened] = flag(&mut assessor, Smoke, true, 5).try_into().unwrap();
    assert_eq!(opened.alert.action, Action::Open);
    assert_eq!(opened.alert.incident.priority, 1, "there is nothing more urgent");
    let told = &opened.alert.description;
    let named = "；摄像机cam-01画面中旁有电动自行车停放并有飞线充电，两起并为本条";
    assert!(told.ends_with(named), "{told}");
    assert_eq!(assessor.open_hazard(), Some(opened.alert.alert_id));
}

#[test]
fn an_alert_that_is_open_is_updated_and_gets_no_second() {
    let mut assessor = detector();
    let leak = |assessor: &mut Assessor, milliamps, secs| {
        let value = SignalValue::Number(milliamps);
        hear(assessor, ("leakage", ResidualCurrent), value, secs)
    };
    let [opened] = leak(&mut assessor, 400.0, 0).try_into().unwrap();
    assert_eq!(opened.alert.incident.priority, 2);
    let [joined] = flag(&mut assessor, Ebike, true, 10).try_into().unwrap();
    assert_eq!((joined.alert.action, joined.alert.seq), (Action::Update, 2));
    assert_eq!(joined.alert.alert_id, opened.alert.alert_id);
    assert_eq!(joined.alert.incident.priority, 1, "more urgent than either");
    assert!(joined.alert.description.contains("电动自行车停放，"), "{}", joined.alert.description);
    assert!(flag(&mut assessor, Ebike, true, 20).is_empty(), "the same again is no news");
    let [wired] = flag(&mut assessor, ChargingWire, true, 21).try_into().unwrap();
    assert!(wired.alert.description.contains("飞线充电"), "{}", wired.alert.description);
    // It stays joint after the e-bike has gone, over a restart too.
    assert!(flag(&mut assessor, Ebike, false, 30).is_empty());
    let memory = assessor.memory().unwrap();
    let mut next = detector();
    next.restore(&memory).unwrap();
    assert_eq!(next.open_hazard(), Some(opened.alert.alert_id));
    leak(&mut next, 10.0, 31);
    let cleared = next.pass_time(at(80));
    let [cleared] = cleared.try_into().unwrap();
    assert_eq!((cleared.alert.action, cleared.alert.incident.priority), (Action::Clear, 1));
    assert!(cleared.alert.description.contains("电动自行车"), "{}", cleared.alert.description);
    assert_eq!(next.open_hazard(), None, "nothing is open any more");
}

#[test]
fn other_incidents_and_a_camera_that_is_silent_join_nothing() {
    let mut assessor = detector();
    flag(&mut assessor, Ebike, true, 0);
    let [held] = flag(&mut assessor, DoorContact, true, 1).try_into().unwrap();
    assert!(!held.alert.description.contains("电动自行车"), "{}", held.alert.description);
    let [smoke] = flag(&mut assessor, Smoke, true, 90).try_into().unwrap();
    assert!(!smoke.alert.description.contains("电动自行车"), "{}", smoke.alert.description);
}

fn ebikes() -> Stage {
    let incident = incident_type("ebike_flying_wire");
    Stage::new(vec![RuleSettings { incident, ..standing() }])
}

#[test]
fn an_e_bike_s_own_alert_gives_way_and_comes_back_by_itself() {
    let mut stage = ebikes();
    assert_eq!(stage.assessor.seen().ebike, Some(EbikeSeen::default()));
    stage.play("A8");
    let standing = EbikeSeen { stands: true, has_wire: true };
    assert_eq!(stage.assessor.seen(), Seen { ebike: Some(standing), ..Seen::default() });
    let own = stage.messages[0].alert_id;
    let into = flag(&mut detector(), Smoke, true, 5)[0].alert.alert_id;
    stage.assessor.give_way_to(Some(into));
    stage.play("A4");
    let closed = stage.messages.last().unwrap();
    assert_eq!((closed.alert_id, closed.action), (own, Action::Close(CloseReason::Merged)));
    assert_eq!(closed.dedupe.merged_into, Some(into));
    let told = stage.messages.len();
    stage.play("A8");
    assert_eq!(stage.messages.len(), told, "none opens meanwhile");
    assert_eq!(stage.assessor.seen().ebike, Some(standing), "and it is still seen");
    stage.assessor.give_way_to(None);
    stage.play("A1");
    let again = stage.messages.last().unwrap();
    assert_eq!(again.action, Action::Open);
    assert_eq!(again.dedupe.previous_alert_id, Some(own));
}

#[test]
fn no_alert_of_an_e_bike_opens_beside_one_that_is_open_already() {
    let mut stage = ebikes();
    let into = flag(&mut detector(), Smoke, true, 5)[0].alert.alert_id;
    stage.assessor.give_way_to(Some(into));
    stage.play("A12");
    assert!(stage.messages.is_empty(), "{}", stage.log);
    assert!(stage.assessor.seen().ebike.unwrap().stands, "others are told of it");
    let mut other = Stage::new(vec![standing()]);
    other.assessor.give_way_to(Some(into));
    other.play("A12");
    assert_eq!(other.messages.len(), 1, "what is no e-bike gives way to nothing");
}

#[test]
fn what_was_told_long_ago_names_no_e_bike_when_time_alone_opens() {
    let mut assessor = detector();
    flag(&mut assessor, Ebike, true, 0);
    assessor.pass_time(at(0).after(Duration::from_secs(61)));
    let [smoke] = flag(&mut assessor, Smoke, true, 62).try_into().unwrap();
    assert_eq!(smoke.alert.description.matches("电动自行车").count(), 0);
}
