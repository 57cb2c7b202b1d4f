//! The best score of each object until now: a rule counts an object from its threshold on, and goes on
//! counting it when the detector wavers.

use std::collections::BTreeMap;

use scene::Thresholds;
use scene::track::{Track, TrackId};

/// The best scores of this many objects are known: the latest ones, by number. A street has some tens at
/// a time. What is forgotten counts again once it reaches the threshold again.
const MOST_KNOWN: usize = 4_096;

/// The best score of each object until now. It knows only what pictures showed, so that a replay of
/// what was stored knows the same.
#[derive(Debug, Default)]
pub(super) struct BestScores(BTreeMap<TrackId, f32>);

impl BestScores {
    /// Track numbers mean nothing any more.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// Takes in the objects of one picture.
    pub(super) fn see(&mut self, visible: &[&Track]) {
        for track in visible {
            let best = self.0.entry(track.id).or_insert(track.score);
            *best = best.max(track.score);
        }
        while self.0.len() > MOST_KNOWN {
            self.0.pop_first();
        }
    }

    /// Whether an object of this picture counts for a rule with these thresholds.
    pub(super) fn count(&self, track: &Track, thresholds: &Thresholds) -> bool {
        let best = self.0.get(&track.id).copied().unwrap_or(track.score);
        thresholds.count(&track.class, best, track.score)
    }
}
