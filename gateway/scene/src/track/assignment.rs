//! Which detection belongs to which track.
//!
//! Greedy: the best overlapping pair first. On a street's boxes it gives the same pairs as the
//! optimal (Hungarian) assignment almost always, and where it differs it is right to: the optimum
//! may take the right box from a standing car in order to give a passer-by any box at all.

/// A track and a detection, by index, that could belong together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pair {
    pub(super) track: usize,
    pub(super) detection: usize,
    /// How well they overlap, 0..=1.
    pub(super) overlap: f32,
}

/// Chooses pairs, the best first, such that each track and each detection comes once at most.
/// Equal overlaps go to the older track, then to the stronger detection: both come first by index.
pub(super) fn assign(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_by(|a, b| {
        let order = b.overlap.total_cmp(&a.overlap);
        order.then(a.track.cmp(&b.track)).then(a.detection.cmp(&b.detection))
    });
    let mut chosen: Vec<Pair> = Vec::new();
    for pair in pairs {
        let taken = |c: &Pair| c.track == pair.track || c.detection == pair.detection;
        if !chosen.iter().any(taken) {
            chosen.push(pair);
        }
    }
    chosen
}
