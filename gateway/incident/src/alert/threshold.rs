//! The least score that counts, as an alert tells it.

use std::collections::BTreeMap;

use rule::{Rule, RuleKind, Wanted};
use scene::{Class, UNKNOWN_OBJECT};

/// The least score that counts, 0..=1.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// For classes that are not named below; of a rule that reports a share of the pictures, that
    /// share.
    pub usual: f32,
    /// The score from which on a detection counts, of each class where that is another one.
    pub by_class: BTreeMap<String, f32>,
}

impl Threshold {
    /// Of a rule on signals, which knows no score.
    pub(crate) const fn none() -> Self {
        Self { usual: 0.0, by_class: BTreeMap::new() }
    }

    /// Of a rule and its settings.
    pub(crate) fn of(rule: &dyn Rule, settings: &RuleKind) -> Self {
        let usual = rule.threshold();
        let mut by_class: BTreeMap<String, f32> = BTreeMap::new();
        if let Some(thresholds) = settings.thresholds() {
            if let Wanted::Only(classes) = settings.classes() {
                let begins = |class: &Class| (class.to_string(), thresholds.begins(class));
                by_class.extend(classes.iter().map(begins));
            }
            let own = |(class, score): (&Class, f32)| (class.to_string(), score);
            by_class.extend(thresholds.by_class().map(own));
            if settings.needs_standing() {
                // How sure it is of a thing is another measure: see `Thresholds::begins`.
                let begins = thresholds.begins(&Class::new(UNKNOWN_OBJECT));
                by_class.insert(UNKNOWN_OBJECT.to_owned(), begins);
            }
        }
        by_class.retain(|_, score| score.total_cmp(&usual).is_ne());
        Self { usual, by_class }
    }
}
