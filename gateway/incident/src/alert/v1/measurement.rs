//! The wire form of what was measured.

use rule::signal::Limit;
use scene::{DoorEvent, SignalKind, SignalValue};
use serde::Serialize;

use crate::alert::content::Alert;
use crate::alert::measurement::Measured;

#[derive(Serialize)]
pub(super) struct Measurement<'a> {
    quantity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<&'static str>,
    duration_s: f64,
    /// Events that were counted; only of rules that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    within_s: Option<f64>,
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    point: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Flag(bool),
    Number(f64),
    Word(&'static str),
}

impl<'a> Measurement<'a> {
    pub(super) fn of(alert: &'a Alert, measured: &'a Measured) -> Self {
        let rule::signal::Measurement { kind, value, limit, counted } = measured.measurement;
        let finding = &alert.detection.finding;
        let thousandths = |value: f64| (value * 1e3).round() / 1e3;
        Self {
            quantity: quantity(kind, value),
            value: value.map(|value| match value {
                SignalValue::Flag(flag) => Value::Flag(flag),
                SignalValue::Number(number) => Value::Number(thousandths(number)),
                SignalValue::Code(event) => Value::Word(event.word()),
            }),
            unit: kind.unit(),
            threshold: limit.map(Limit::value),
            comparison: limit.map(|limit| match limit {
                Limit::Above(_) => "gt",
                Limit::Below(_) => "lt",
            }),
            duration_s: thousandths(finding.dwell.as_secs_f64()),
            count: counted.map(|_| finding.count),
            within_s: counted.map(|(_, within)| within.as_secs_f64()),
            rule_id: alert.detection.rule.as_str(),
            point: measured.point.as_deref(),
        }
    }
}

/// What is measured. An event at a door is told as what it is an event of.
fn quantity(kind: SignalKind, value: Option<SignalValue>) -> &'static str {
    match (kind, value) {
        (SignalKind::DoorEvent, Some(SignalValue::Code(event))) => match event {
            DoorEvent::ForcedOpen | DoorEvent::HeldOpen => "door_contact",
            DoorEvent::FireRelease => "lock",
            _ => "credential",
        },
        (SignalKind::DoorEvent, _) => "credential",
        (kind, _) => kind.word(),
    }
}
