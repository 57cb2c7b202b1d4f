//! Which value fits which kind, and what is said of the rest.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};

use super::{DoorEvent, Reading, Signal, SignalError, SignalKind, SignalSource, SignalValue};
use crate::time::{CaptureTime, Clock, ClockSource};

const AT: CaptureTime = CaptureTime::from_unix_micros(1_784_721_600_000_000);
const CLOCK: Clock = Clock { source: ClockSource::Arrival, error_ms: None };

fn signal(kind: SignalKind, reading: Reading) -> Result<Signal, SignalError> {
    let source = SignalSource { device: "gate-3".into(), point: "door-1".into() };
    Signal::new(source, kind, reading, AT, CLOCK)
}

/// A value of each form, the numbers from small to large.
fn samples() -> Vec<SignalValue> {
    let numbers = [-300.0, -273.15, -1.0, 0.0, 1e6].map(SignalValue::Number);
    let others = [SignalValue::Flag(true), SignalValue::Code(DoorEvent::Duress)];
    numbers.into_iter().chain(others).collect()
}

fn listed(values: impl IntoIterator<Item = SignalValue>) -> String {
    let words: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    words.join(" ")
}

#[test]
fn each_kind_takes_its_own_form_and_range() {
    let mut table = String::new();
    for kind in SignalKind::ALL {
        let fitting =
            samples().into_iter().filter(|value| signal(kind, Reading::Good(*value)).is_ok());
        let unit = kind.unit().unwrap_or("-");
        table += &format!("{kind:16} {unit:4} {}\n", listed(fitting));
    }
    expect![[r#"
        door_contact     -    true
        lock             -    true
        door_event       -    duress
        tamper           -    true
        smoke            -    true
        residual_current mA   0 1000000
        temperature      Cel  -273.15 -1 0 1000000
        water_level      m    -300 -273.15 -1 0 1000000
        heartbeat        -    true
    "#]]
    .assert_eq(&table);
}

fn check(kind: SignalKind, value: SignalValue, expected: Expect) {
    expected.assert_eq(&signal(kind, Reading::Uncertain(value)).unwrap_err().to_string());
}

#[test]
fn a_value_that_does_not_fit_is_named() {
    check(
        SignalKind::Smoke,
        SignalValue::Number(1.0),
        expect!["a signal of kind smoke is true or false, found 1"],
    );
    check(
        SignalKind::ResidualCurrent,
        SignalValue::Number(-0.5),
        expect!["a signal of kind residual_current is a number in mA, at least 0, found -0.5"],
    );
    check(
        SignalKind::WaterLevel,
        SignalValue::Number(f64::NAN),
        expect!["a signal of kind water_level is a number in m, found NaN"],
    );
    check(
        SignalKind::Temperature,
        SignalValue::Number(f64::INFINITY),
        expect!["a signal of kind temperature is a number in Cel, at least -273.15, found inf"],
    );
    check(
        SignalKind::DoorEvent,
        SignalValue::Flag(true),
        expect!["a signal of kind door_event is the code of an event, found true"],
    );
}

#[test]
fn a_bad_reading_has_no_value_and_fits_every_kind() {
    for kind in SignalKind::ALL {
        let signal = signal(kind, Reading::Bad).unwrap();
        assert_eq!((signal.kind(), signal.reading().value()), (kind, None));
        assert_eq!((signal.captured_at(), signal.clock()), (AT, CLOCK));
        assert_eq!(&*signal.source().point, "door-1");
    }
}

#[test]
fn no_word_means_two_things() {
    let words: BTreeSet<&str> = SignalKind::ALL.map(SignalKind::word).into();
    assert_eq!(words.len(), SignalKind::ALL.len());
}
