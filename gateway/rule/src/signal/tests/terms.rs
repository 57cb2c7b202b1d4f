//! What can be written, and what is said of the rest.

use std::fmt::Write;

use expect_test::expect;
use serde_json::{Map, Value};

use super::super::stage::kind;
use super::super::{all, find, terms};

/// Without its description.
fn range(term: &str, schema: Option<&Value>) -> Option<Value> {
    let mut schema = schema?.clone();
    let said = schema.as_object_mut()?.remove("description");
    assert!(said.is_some(), "{term} is not described");
    Some(schema)
}

#[test]
fn a_term_has_one_range_in_all_kinds_that_take_it() {
    for (term, schema) in &terms(false).into_iter().chain(terms(true)).collect::<Map<_, _>>() {
        let takers = all().iter().filter_map(|kind| range(term, kind.term(term)));
        let mut others = takers.filter(|own| Some(own) != range(term, Some(schema)).as_ref());
        assert_eq!(others.next(), None, "{term}");
    }
}

#[test]
fn the_kinds_and_their_terms() {
    let mut table = String::new();
    for kind in all() {
        let terms: Vec<&str> = kind.properties().keys().map(String::as_str).collect();
        writeln!(table, "{} ({}): {}", kind.name(), kind.meaning(), terms.join(", ")).unwrap();
        assert_eq!(find(kind.name()).map(super::super::Kind::name), Some(kind.name()));
    }
    expect![[r#"
        flag (a yes-or-no point has one value for a while): hold_secs, signal, value
        event (so many events at a door within so long): count, events, within_secs
        forced (a door opens although nobody was let in or out): grace_secs, release_points
        limit (a measured number is beyond a limit for a while): above, below, hold_secs, hysteresis, signal
        silent (nothing is heard of a device or a point for a while): after_secs
        absent (nobody signs in for a while): events, signal, value, within_secs
        tailgating (at a checkpoint, more people cross than credentials were accepted): ahead_secs, follow_secs, settle_secs, walk_secs
        unattended (at a checkpoint, the guard is not seen or does not sign in): by, sign_in_secs
    "#]].assert_eq(&table);
}

#[test]
fn faults_say_what_is_missing_or_out_of_range() {
    let cases = [
        ("flag", "{}"),
        ("flag", r#"{"signal": "temperature"}"#),
        ("flag", r#"{"signal": "smoke", "hold_secs": 100000}"#),
        ("event", "{}"),
        ("event", r#"{"events": []}"#),
        ("event", r#"{"events": ["kicked"]}"#),
        ("event", r#"{"events": ["duress"], "count": 0}"#),
        ("event", r#"{"events": ["duress"], "within_secs": 0}"#),
        ("forced", r#"{"grace_secs": 0}"#),
        ("limit", "{}"),
        ("limit", r#"{"signal": "smoke", "above": 1}"#),
        ("limit", r#"{"signal": "temperature", "above": 1, "below": 2}"#),
        ("limit", r#"{"signal": "temperature", "above": 1, "hysteresis": -1}"#),
        ("silent", r#"{"after_secs": 1}"#),
        ("absent", r#"{"value": true}"#),
        ("absent", r#"{"signal": "water_level"}"#),
        ("absent", r#"{"within_secs": 0}"#),
    ];
    let mut table = String::new();
    for (name, written) in cases {
        let terms: Map<String, Value> = serde_json::from_str(written).unwrap();
        let told = match find(name).unwrap().settings(terms) {
            Ok(kind) => format!("{:?}", kind.fault().unwrap()),
            Err(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        };
        writeln!(table, "{name} {written}: {told}").unwrap();
    }
    expect![[r#"
        flag {}: lacks `signal`
        flag {"signal": "temperature"}: ("signal", "door_contact, lock, tamper or smoke: a point that says yes or no")
        flag {"signal": "smoke", "hold_secs": 100000}: ("hold", "24 hours or less")
        event {}: lacks `events`
        event {"events": []}: lacks `events`
        event {"events": ["kicked"]}: unknown variant `kicked`, expected one of `forced_open`, `held_open`, `access_granted`, `exit_request`, `access_denied`, `duress`, `tailgating`, `fire_release`
        event {"events": ["duress"], "count": 0}: ("count", "1 to 1000")
        event {"events": ["duress"], "within_secs": 0}: ("within", "1 second to 24 hours")
        forced {"grace_secs": 0}: ("grace", "1 second to 5 minutes")
        limit {}: lacks `signal`; lacks `above`
        limit {"signal": "smoke", "above": 1}: ("signal", "residual_current, temperature or water_level: a measured number")
        limit {"signal": "temperature", "above": 1, "below": 2}: `below` says nothing beside `above`: leave out one of them
        limit {"signal": "temperature", "above": 1, "hysteresis": -1}: ("hysteresis", "0 or more")
        silent {"after_secs": 1}: ("after", "10 seconds to 7 days")
        absent {"value": true}: lacks `signal`
        absent {"signal": "water_level"}: ("signal", "door_contact, lock, tamper or smoke: a point that says yes or no")
        absent {"within_secs": 0}: ("within", "1 second to 24 hours")
    "#]].assert_eq(&table);
}

#[test]
fn terms_of_other_kinds_are_passed_over_and_kinds_are_compared_by_what_they_say() {
    let one = kind("flag", r#"{"signal": "smoke", "above": 3}"#);
    assert_eq!(one, kind("flag", r#"{"signal": "smoke"}"#));
    assert_ne!(one, kind("flag", r#"{"signal": "tamper"}"#));
    assert_ne!(one, kind("silent", "{}"));
}
