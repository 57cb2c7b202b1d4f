//! Entries for fuzzers: messages of sensors.

use crate::mqtt::settings::Point;
use crate::mqtt::{onvif_ej, plain_reading};

/// What a message to `{prefix}/in/{device}` comes to: readings, faults, parts that mean nothing.
#[must_use]
pub fn understand_plain(payload: &[u8], points: &[Point]) -> (usize, Vec<String>, u64) {
    let it = plain_reading::understand(payload, points, false);
    (it.said.len(), it.faults.iter().map(ToString::to_string).collect(), it.ignored)
}

/// What an ONVIF event comes to; `topic` is what follows `onvif-ej/`.
#[must_use]
pub fn understand_onvif(
    topic: &str,
    payload: &[u8],
    points: &[Point],
) -> (usize, Vec<String>, u64) {
    let it = onvif_ej::understand(topic, payload, points, false);
    (it.said.len(), it.faults.iter().map(ToString::to_string).collect(), it.ignored)
}
