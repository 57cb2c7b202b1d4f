//! What an eye has counted, added to the gateway's metrics.
//!
//! An eye may have fallen to a hostile camera, so it cannot invent metrics: all are on a list, a camera
//! is one of its own, and numbers are such as come from counting.

use eye::{Sample, SampleValue};
use metrics::{Key, Label, Level, Metadata};
use runtime::eye_metrics::{self, CAMERA};

/// Nothing is counted a thousand million times in a second.
const MOST_GROWTH: u64 = 1_000_000_000;

/// No gauge stands higher: a ring of 1 TiB.
const HIGHEST: f64 = 1_099_511_627_776.0;

/// An eye said that it counted what cannot be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it reported a metric that cannot be")]
pub(super) struct UncountableError;

/// Adds `samples` of an eye that has cameras of these names. What it says of others is left out: they
/// were taken from it a moment ago.
pub(super) fn add_up(
    samples: Vec<Sample>,
    is_camera: impl Fn(&str) -> bool,
) -> Result<(), UncountableError> {
    let metadata = Metadata::new("eye", Level::INFO, None);
    for sample in &samples {
        check(sample)?;
    }
    for Sample { name, labels, value } in samples {
        let is_here = |(key, value): &(String, String)| key != CAMERA || is_camera(value);
        if !labels.iter().all(is_here) {
            continue;
        }
        let labels: Vec<Label> =
            labels.into_iter().map(|(key, value)| Label::new(key, value)).collect();
        let key = Key::from_parts(name, labels);
        metrics::with_recorder(|recorder| match value {
            SampleValue::Counter(grown) => {
                recorder.register_counter(&key, &metadata).increment(grown);
            }
            SampleValue::Gauge(stands_at) => {
                recorder.register_gauge(&key, &metadata).set(stands_at);
            }
        });
    }
    Ok(())
}

fn check(sample: &Sample) -> Result<(), UncountableError> {
    let is_known = eye_metrics::find(&sample.name).is_some_and(|it| it.fits(&sample.labels));
    let can_be = match sample.value {
        SampleValue::Counter(grown) => {
            grown <= MOST_GROWTH && sample.name.ends_with(COUNTER_ENDING)
        }
        // Not a number is in no range.
        SampleValue::Gauge(stands_at) => {
            (0.0..=HIGHEST).contains(&stands_at) && !sample.name.ends_with(COUNTER_ENDING)
        }
    };
    if is_known && can_be { Ok(()) } else { Err(UncountableError) }
}

/// By their names counters are told from gauges.
const COUNTER_ENDING: &str = "_total";

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(name: &str, labels: &[(&str, &str)], value: SampleValue) -> Sample {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Sample { name: name.to_owned(), labels: labels.iter().map(own).collect(), value }
    }

    #[test]
    fn an_eye_invents_no_metric_and_no_number() {
        let said = |name, labels: &[(&str, &str)], value| {
            add_up(vec![sample(name, labels, value)], |camera| camera == "Gate 北门").is_ok()
        };
        let counted = || SampleValue::Counter(3);
        let (units, camera) = ("gridwhistle_access_units_total", ("camera", "Gate 北门"));
        assert!(said(units, &[camera, ("fate", "offered")], counted()));
        assert!(said(units, &[("camera", "gone"), ("fate", "offered")], counted()), "left out");
        assert!(!said(units, &[("fate", "offered"), camera], counted()));
        assert!(!said(units, &[camera], counted()));
        assert!(!said(units, &[camera, ("fate", "x\"} 1\nforged")], counted()));
        assert!(!said(units, &[camera, ("fate", "offered"), ("more", "x")], counted()));
        assert!(!said("process_cpu", &[], counted()));
        assert!(!said(
            "gridwhistle_alert_messages_recorded_total",
            &[("action", "open")],
            counted()
        ));
        let lines = "gridwhistle_log_lines_left_out_total";
        assert!(said(lines, &[("level", "WARN")], counted()));
        assert!(!said(lines, &[("level", "WARN")], SampleValue::Counter(u64::MAX)));
        assert!(!said(lines, &[("level", "WARN")], SampleValue::Gauge(1.0)));
        let ring = "gridwhistle_clip_ring_bytes";
        assert!(said(ring, &[camera], SampleValue::Gauge(0.0)));
        assert!(!said(ring, &[camera], counted()));
        for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300] {
            assert!(!said(ring, &[camera], SampleValue::Gauge(wrong)), "{wrong}");
        }
    }
}
