//! What an eye has counted, added to the gateway's metrics.
//!
//! An eye may have fallen to a hostile camera, so it cannot invent metrics: names are those of the
//! gateway, and a camera is one of its own.

use std::collections::BTreeSet;

use eye::{Sample, SampleValue};
use metrics::{Key, Label, Level, Metadata};

/// Different metrics that one eye may have: twenty for each of its cameras, and some more.
const MOST_KEYS: usize = 20 * 128;

/// Labels of one metric.
const MOST_LABELS: usize = 3;

/// Longest name or label.
const MOST_CHARS: usize = 96;

/// The metrics of one eye.
#[derive(Debug, Default)]
pub(super) struct Measured {
    known: BTreeSet<Key>,
}

impl Measured {
    /// Adds `samples` of an eye that has cameras of these names.
    pub(super) fn add(&mut self, samples: Vec<Sample>, is_camera: impl Fn(&str) -> bool) {
        let metadata = Metadata::new("eye", Level::INFO, None);
        for Sample { name, labels, value } in samples {
            if !may_be(&name, &labels, &is_camera) {
                continue;
            }
            let labels: Vec<Label> =
                labels.into_iter().map(|(key, value)| Label::new(key, value)).collect();
            let key = Key::from_parts(name, labels);
            if !self.known.contains(&key) {
                if self.known.len() >= MOST_KEYS {
                    continue;
                }
                self.known.insert(key.clone());
            }
            metrics::with_recorder(|recorder| match value {
                SampleValue::Counter(grown) => {
                    recorder.register_counter(&key, &metadata).increment(grown);
                }
                SampleValue::Gauge(stands_at) => {
                    recorder.register_gauge(&key, &metadata).set(stands_at);
                }
                SampleValue::Histogram(values) => {
                    let histogram = recorder.register_histogram(&key, &metadata);
                    values.into_iter().for_each(|value| histogram.record(value));
                }
            });
        }
    }
}

fn may_be(name: &str, labels: &[(String, String)], is_camera: &impl Fn(&str) -> bool) -> bool {
    let is_word = |text: &str| {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        text.len() <= MOST_CHARS && text.chars().all(word)
    };
    let is_ours = name.starts_with("gridwhistle_") && is_word(name);
    let fits = |(key, value): &(String, String)| {
        if key == "camera" { is_camera(value) } else { is_word(key) && is_word(value) }
    };
    is_ours && labels.len() <= MOST_LABELS && labels.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eye_invents_no_metric() {
        let label = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let may_be = |name: &str, labels: &[(String, String)]| {
            super::may_be(name, labels, &|camera: &str| camera == "Gate 北门")
        };
        let name = "gridwhistle_clips_total";
        assert!(may_be(name, &[label("camera", "Gate 北门"), label("fate", "offered")]));
        assert!(!may_be("process_cpu", &[]));
        assert!(!may_be(&format!("{name}\n# HELP"), &[]));
        assert!(!may_be(name, &[label("camera", "another")]));
        assert!(!may_be(name, &[label("fate", "x\"} 1\nforged")]));
        assert!(!may_be(name, &vec![label("fate", "x"); MOST_LABELS + 1]));
    }
}
