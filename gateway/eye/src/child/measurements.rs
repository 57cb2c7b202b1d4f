//! The metrics of an eye: counted here, shown by the gateway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::registry::{AtomicStorage, Registry};

use crate::protocol::{Sample, SampleValue};

/// What is counted, and what of it the gateway knows.
pub(crate) struct Measurements {
    registry: Arc<Registry<Key, AtomicStorage>>,
    counters: BTreeMap<Key, u64>,
    gauges: BTreeMap<Key, u64>,
}

/// Counts for [`Measurements`].
struct Counting(Arc<Registry<Key, AtomicStorage>>);

impl Measurements {
    /// Counts all metrics of this process from now on.
    pub(crate) fn install() -> Self {
        let (measurements, counting) = Self::new();
        // Only a second call could fail, and a process is one eye.
        drop(metrics::set_global_recorder(counting));
        measurements
    }

    fn new() -> (Self, Counting) {
        let registry = Arc::new(Registry::atomic());
        let counting = Counting(Arc::clone(&registry));
        (Self { registry, counters: BTreeMap::new(), gauges: BTreeMap::new() }, counting)
    }

    /// What has changed since the last time.
    pub(crate) fn changes(&mut self) -> Vec<Sample> {
        let mut changes = Vec::new();
        for (key, counter) in self.registry.get_counter_handles() {
            let total = counter.load(Ordering::Relaxed);
            let known = self.counters.entry(key.clone()).or_default();
            let grown = total.saturating_sub(*known);
            if grown > 0 {
                *known = total;
                changes.push(sample(&key, SampleValue::Counter(grown)));
            }
        }
        for (key, gauge) in self.registry.get_gauge_handles() {
            let bits = gauge.load(Ordering::Relaxed);
            if self.gauges.insert(key.clone(), bits) != Some(bits) {
                changes.push(sample(&key, SampleValue::Gauge(f64::from_bits(bits))));
            }
        }
        changes
    }
}

fn sample(key: &Key, value: SampleValue) -> Sample {
    let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned()));
    Sample { name: key.name().to_owned(), labels: labels.collect(), value }
}

impl Recorder for Counting {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.0.get_or_create_counter(key, |counter| counter.clone().into())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.0.get_or_create_gauge(key, |gauge| gauge.clone().into())
    }

    /// Eyes have none: what it remembers would grow with what a camera sends.
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[cfg(test)]
mod tests {
    use runtime::eye_metrics;

    use super::*;

    #[test]
    fn all_that_an_eye_counts_is_known_to_the_gateway() {
        let (mut measurements, counting) = Measurements::new();
        metrics::with_local_recorder(&counting, || {
            runtime::metrics::camera_session_ended("cam-2");
            runtime::metrics::rtp_packets_lost("cam-2", 1);
            runtime::metrics::pictures_beyond_pace("cam-2");
            runtime::metrics::camera_message_unsaid("cam-2");
            runtime::metrics::decode_failed("cam-2");
            let fates = camera::GateCounts::default().by_fate().map(|(fate, _)| (fate, 1));
            runtime::metrics::access_units("cam-2", fates);
            runtime::metrics::looks_by_activity("cam-2", [("left_out", 1), ("hastened", 1)]);
            runtime::metrics::clip_ring("cam-2", 5);
            for stage in ["decode", "detect", "zones", "crops", "show"] {
                runtime::metrics::looked_for("cam-2", stage, std::time::Duration::from_millis(1));
            }
            for state in ["known", "learning", "adapting", "blind"] {
                runtime::metrics::zone_looked_at("cam-2", state);
            }
            for level in ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"] {
                runtime::metrics::log_line_left_out(level);
            }
        });
        let counted = measurements.changes();
        assert_eq!(counted.len(), 5 + 5 + 2 + 1 + 5 + 4 + 5);
        for Sample { name, labels, .. } in counted {
            let known = eye_metrics::find(&name).unwrap_or_else(|| panic!("{name} is unknown"));
            assert!(known.fits(&labels), "{name} {labels:?}");
        }
    }

    #[test]
    fn only_what_has_changed_is_told() {
        let (mut measurements, counting) = Measurements::new();
        metrics::with_local_recorder(&counting, || {
            runtime::metrics::rtp_packets_lost("cam-1", 3);
            runtime::metrics::clip_ring("cam-1", 5);
        });
        let camera = || vec![("camera".to_owned(), "cam-1".to_owned())];
        let lost = |grown| Sample {
            name: "gridwhistle_rtp_packets_lost_total".to_owned(),
            labels: camera(),
            value: SampleValue::Counter(grown),
        };
        let ring = Sample {
            name: "gridwhistle_clip_ring_bytes".to_owned(),
            labels: camera(),
            value: SampleValue::Gauge(5.0),
        };
        assert_eq!(measurements.changes(), [lost(3), ring]);
        assert!(measurements.changes().is_empty());
        metrics::with_local_recorder(&counting, || runtime::metrics::rtp_packets_lost("cam-1", 4));
        assert_eq!(measurements.changes(), [lost(4)]);
    }
}
