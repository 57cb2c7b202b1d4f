//! Spans of numbers, from low to high.

/// A span from its lower to its upper end.
pub(crate) type Span = (f64, f64);

/// The same numbers in spans that do not overlap, in order.
pub(crate) fn united(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut united: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match united.last_mut() {
            Some(last) if span.0 <= last.1 => last.1 = last.1.max(span.1),
            _ => united.push(span),
        }
    }
    united
}

/// The length of the longest part of `whole` that none of `taken` covers; `taken` is in order and
/// without overlaps.
pub(crate) fn widest_gap(whole: Span, taken: &[Span]) -> f64 {
    let mut free_from = whole.0;
    let mut widest: f64 = 0.0;
    for span in taken {
        widest = widest.max(span.0.min(whole.1) - free_from);
        free_from = free_from.max(span.1);
    }
    widest.max(whole.1 - free_from)
}
