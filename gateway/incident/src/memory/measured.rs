//! What was measured, as JSON.

use std::time::Duration;

use rule::micros;
use rule::signal::{Limit, Measurement};
use scene::{DoorEvent, SignalKind, SignalValue};
use serde::{Deserialize, Serialize};

use crate::alert::measurement::Measured;

#[derive(Serialize, Deserialize)]
pub(super) struct MeasuredV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    point: Option<String>,
    kind: String,
    value: Option<ValueV1>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    above: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below: Option<f64>,
    /// How many within how many microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    counted: Option<(u32, u64)>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ValueV1 {
    Flag(bool),
    Number(f64),
    Code(String),
}

impl MeasuredV1 {
    pub(super) fn of(measured: &Measured) -> Self {
        let Measurement { kind, value, limit, counted } = measured.measurement;
        let (above, below) = match limit {
            Some(Limit::Above(limit)) => (Some(limit), None),
            Some(Limit::Below(limit)) => (None, Some(limit)),
            None => (None, None),
        };
        Self {
            point: measured.point.clone(),
            kind: kind.word().to_owned(),
            value: value.map(|value| match value {
                SignalValue::Flag(flag) => ValueV1::Flag(flag),
                SignalValue::Number(number) => ValueV1::Number(number),
                SignalValue::Code(event) => ValueV1::Code(event.word().to_owned()),
            }),
            above,
            below,
            counted: counted.map(|(count, within)| (count, micros(within))),
        }
    }

    pub(super) fn measured(self) -> Result<Measured, serde_json::Error> {
        let unknown = |word: &str| {
            serde::de::Error::custom(format!("`{word}` is no signal that this version knows"))
        };
        let kind = SignalKind::of_word(&self.kind).ok_or_else(|| unknown(&self.kind))?;
        let value = match self.value {
            None => None,
            Some(ValueV1::Flag(flag)) => Some(SignalValue::Flag(flag)),
            Some(ValueV1::Number(number)) => Some(SignalValue::Number(number)),
            Some(ValueV1::Code(word)) => {
                Some(SignalValue::Code(DoorEvent::of_word(&word).ok_or_else(|| unknown(&word))?))
            }
        };
        let limit = self.above.map(Limit::Above).or(self.below.map(Limit::Below));
        let counted = self.counted.map(|(count, within)| (count, Duration::from_micros(within)));
        let measurement = Measurement { kind, value, limit, counted };
        Ok(Measured { point: self.point, measurement })
    }
}
