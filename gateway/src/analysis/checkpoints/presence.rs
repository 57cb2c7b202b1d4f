//! What was told last, so that it is told again only if it changes or grows old.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What lasts is told again this often: whoever hears nothing for a minute knows nothing.
const AGAIN: Duration = Duration::from_secs(10);

/// What was told last, by whom and of what.
#[derive(Debug)]
pub(super) struct Told<K, V>(BTreeMap<K, (V, Instant)>);

impl<K, V> Default for Told<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V: PartialEq + Copy> Told<K, V> {
    /// Whether `value` is to be told: it is another, or the latest telling is old.
    pub(super) fn is_due(&mut self, key: K, value: V) -> bool {
        let is_told = |(told, at): &(V, Instant)| *told == value && at.elapsed() < AGAIN;
        if self.0.get(&key).is_some_and(is_told) {
            return false;
        }
        self.0.insert(key, (value, Instant::now()));
        true
    }

    /// Whether `value` is another than what was told.
    pub(super) fn is_news(&mut self, key: K, value: V) -> bool {
        let before = self.0.insert(key, (value, Instant::now()));
        before.is_none_or(|(told, _)| told != value)
    }

    /// All is told anew.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}
