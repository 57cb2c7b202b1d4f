//! What counts say, and how far that can be trusted: intervals that hold the true value in 95 of 100 trials.

use serde::Serialize;

/// Standard deviations of a normal distribution that hold 95 %.
const Z: f64 = 1.959_964;

/// A figure and its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Estimate {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The share of `hits` among `all`, by Wilson's interval; none of none.
pub(crate) fn share(hits: usize, all: usize) -> Option<Estimate> {
    if all == 0 {
        return None;
    }
    let (n, value) = (all as f64, hits as f64 / all as f64);
    let middle = value + Z * Z / (2.0 * n);
    let reach = Z * (value * (1.0 - value) / n + Z * Z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + Z * Z / n;
    let low = ((middle - reach) / whole).max(0.0);
    Some(Estimate { value, low, high: ((middle + reach) / whole).min(1.0) })
}

/// Events in so much time, by the exact interval for a Poisson rate; none in no time.
pub(crate) fn rate(events: usize, time: f64) -> Option<Estimate> {
    if time <= 0.0 {
        return None;
    }
    let high = bisected(|mean| cumulated(events, mean) > 0.025);
    let low = if events == 0 { 0.0 } else { bisected(|mean| cumulated(events - 1, mean) > 0.975) };
    Some(Estimate { value: events as f64 / time, low: low / time, high: high / time })
}

/// The probability of at most so many events where so many are expected.
fn cumulated(events: usize, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut sum = term;
    for count in 1..=events {
        term *= mean / count as f64;
        sum += term;
    }
    sum
}

/// Where a condition that holds for small values ceases to.
fn bisected(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while holds(high) && high < 1e6 {
        (low, high) = (high, 2.0 * high);
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if holds(middle) { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The value below which this share of the values lies; none of none.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((share * last as f64).round() as usize).copied()
}

/// The area under the curve of precision over recall (VOC, all points): of alerts, each with how sure it was
/// and whether it was due; `due` is how many were.
pub(crate) fn average_precision(mut alerts: Vec<(f32, bool)>, due: usize) -> Option<f64> {
    if due == 0 {
        return None;
    }
    alerts.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut points = Vec::with_capacity(alerts.len());
    let mut hits = 0_usize;
    for (index, (_, is_hit)) in alerts.iter().enumerate() {
        hits += usize::from(*is_hit);
        points.push((hits as f64 / due as f64, hits as f64 / (index + 1) as f64));
    }
    let (mut area, mut best, mut after) = (0.0, 0.0_f64, None::<f64>);
    for (recall, precision) in points.iter().rev() {
        area += after.map_or(0.0, |after| (after - recall) * best);
        best = best.max(*precision);
        after = Some(*recall);
    }
    Some(area + after.unwrap_or_default() * best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(value: f64, expected: f64) -> bool {
        (value - expected).abs() < 5e-4
    }

    #[test]
    fn intervals_are_those_of_the_books() {
        // Wilson, 1927, as R's prop.test without correction gives it; exact Poisson as R's poisson.test.
        let found = share(9, 10).unwrap();
        assert!(is_near(found.low, 0.5958) && is_near(found.high, 0.9821), "{found:?}");
        let none = rate(0, 1.0).unwrap();
        assert!(is_near(none.low, 0.0) && is_near(none.high, 3.6889), "{none:?}");
        let three = rate(3, 1.0).unwrap();
        assert!(is_near(three.low, 0.6187) && is_near(three.high, 8.7673), "{three:?}");
        assert_eq!((share(0, 0), rate(3, 0.0)), (None, None));
    }

    #[test]
    fn precision_is_averaged_over_recall() {
        assert_eq!(average_precision(vec![(0.9, true), (0.8, true)], 2), Some(1.0));
        // One of two is found, after a false one: precision is a half up to a recall of a half.
        assert_eq!(average_precision(vec![(0.9, false), (0.8, true)], 2), Some(0.25));
        assert_eq!(average_precision(Vec::new(), 2), Some(0.0));
        assert_eq!(average_precision(vec![(0.9, false)], 0), None);
    }
}
