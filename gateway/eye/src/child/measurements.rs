//! The metrics of an eye: counted here, shown by the gateway.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::registry::{AtomicStorage, Registry};

use crate::protocol::{Sample, SampleValue};

/// Values of one histogram in one second; more are left out.
const MOST_VALUES: usize = 1024;

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
        let registry = Arc::new(Registry::atomic());
        // Only a second call could fail, and a process is one eye.
        drop(metrics::set_global_recorder(Counting(Arc::clone(&registry))));
        Self { registry, counters: BTreeMap::new(), gauges: BTreeMap::new() }
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
        for (key, histogram) in self.registry.get_histogram_handles() {
            let mut values = Vec::new();
            histogram.clear_with(|more| {
                let room = MOST_VALUES.saturating_sub(values.len());
                values.extend(more.iter().take(room));
            });
            if !values.is_empty() {
                changes.push(sample(&key, SampleValue::Histogram(values)));
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

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.0.get_or_create_histogram(key, |histogram| histogram.clone().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_changed_is_told() {
        let mut measurements = Measurements::install();
        runtime::metrics::rtp_packets_lost("cam-1", 3);
        runtime::metrics::clip_ring("cam-1", 5);
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
        runtime::metrics::rtp_packets_lost("cam-1", 4);
        assert_eq!(measurements.changes(), [lost(4)]);
    }
}
