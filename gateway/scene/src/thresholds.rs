//! From which score on a detection counts, by class.

use std::collections::BTreeMap;

use crate::detection::Class;
use crate::standing::UNKNOWN_OBJECT;

/// The threshold of a detector of which nothing else is known.
const USUAL: f32 = 0.4;

/// The share of a threshold from which on a detection shows an object that reached the threshold
/// before. Detectors waver: a parked car is found with 0.45 in one picture and with 0.3 in the next.
const KNOWN_FROM: f32 = 0.625;

/// From which score on a detection counts, 0..=1, by class.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    usual: f32,
    by_class: BTreeMap<Class, f32>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::of(USUAL)
    }
}

impl Thresholds {
    /// The same for every class.
    #[must_use]
    pub const fn of(usual: f32) -> Self {
        Self { usual, by_class: BTreeMap::new() }
    }

    /// The same, but for one class.
    #[must_use]
    pub fn with(mut self, class: Class, score: f32) -> Self {
        self.by_class.insert(class, score);
        self
    }

    /// For classes without one of their own.
    #[must_use]
    pub const fn usual(&self) -> f32 {
        self.usual
    }

    /// Of classes with one of their own.
    pub fn by_class(&self) -> impl Iterator<Item = (&Class, f32)> {
        self.by_class.iter().map(|(class, score)| (class, *score))
    }

    /// The score that a detection of this class must reach to show an object. How sure it is that a thing
    /// of no class stands somewhere is no score of a detector: it is only held against a threshold of
    /// its own.
    #[must_use]
    pub fn begins(&self, class: &Class) -> f32 {
        let usual = if is_of_detector(class) { self.usual } else { 0.0 };
        self.by_class.get(class).copied().unwrap_or(usual)
    }

    /// The score that suffices once the object has reached [`Thresholds::begins`]. It has two
    /// decimals, as the scores that are stored for replays keep their side of such a threshold.
    #[must_use]
    pub fn goes_on(&self, class: &Class) -> f32 {
        known_from(self.begins(class))
    }

    /// Whether an object of this class counts now: its best score until now, and that of now.
    #[must_use]
    pub fn count(&self, class: &Class, best: f32, now: f32) -> bool {
        best >= self.begins(class) && now >= self.goes_on(class)
    }

    /// The lowest score at which a detection can count.
    #[must_use]
    pub fn lowest(&self) -> f32 {
        let of_detector = self.by_class.iter().filter(|(class, _)| is_of_detector(class));
        known_from(of_detector.map(|(_, score)| *score).fold(self.usual, f32::min))
    }

    /// The scores themselves, for checks.
    pub fn scores(&self) -> impl Iterator<Item = f32> {
        std::iter::once(self.usual).chain(self.by_class.values().copied())
    }
}

fn is_of_detector(class: &Class) -> bool {
    class.as_str() != UNKNOWN_OBJECT
}

fn known_from(threshold: f32) -> f32 {
    (threshold * KNOWN_FROM * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_has_its_own_threshold_or_the_usual_one() {
        let [car, bike] = ["car", "bicycle"].map(Class::new);
        let thresholds = Thresholds::of(0.4).with(bike.clone(), 0.15);
        let told = |scores: [f32; 2]| scores.map(|score| score.to_string());
        assert_eq!(told([thresholds.begins(&car), thresholds.begins(&bike)]), ["0.4", "0.15"]);
        assert_eq!(told([thresholds.goes_on(&car), thresholds.goes_on(&bike)]), ["0.25", "0.09"]);
        assert_eq!(told([thresholds.lowest(), Thresholds::default().lowest()]), ["0.09", "0.25"]);
    }

    #[test]
    fn a_thing_of_no_class_is_held_against_its_own_threshold_alone() {
        let thing = Class::new(UNKNOWN_OBJECT);
        let told = |thresholds: &Thresholds| {
            let scores =
                [thresholds.begins(&thing), thresholds.goes_on(&thing), thresholds.lowest()];
            scores.map(|score| score.to_string())
        };
        assert_eq!(told(&Thresholds::of(0.4)), ["0", "0", "0.25"]);
        assert_eq!(told(&Thresholds::of(0.4).with(thing.clone(), 0.2)), ["0.2", "0.13", "0.25"]);
    }

    #[test]
    fn what_reached_the_threshold_may_waver_and_what_did_not_never_counts() {
        let car = Class::new("car");
        let counts = |best, now| Thresholds::default().count(&car, best, now);
        assert!(counts(0.4, 0.4) && counts(0.4, 0.25));
        assert!(!counts(0.39, 0.39) && !counts(0.9, 0.24));
        assert!(!counts(f32::NAN, 0.9) && !counts(0.9, f32::NAN));
    }
}
