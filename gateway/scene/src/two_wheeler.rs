//! Two-wheelers under the names that a second look gives them.
//!
//! A detector knows bicycles and motorcycles. A second look at the crop may be sure that one has a motor, or
//! that it has none: then it has a name of ours. Where it is not sure, the detector's name stays.

use crate::detection::Class;

/// What a second look is sure has a motor: an e-bike, a scooter, a motorcycle. It cannot tell petrol from
/// electric.
pub const E_BIKE: &str = "e_bike";

/// What a second look is sure has none.
pub const PEDAL_BICYCLE: &str = "pedal_bicycle";

/// The detector's names for them, in the order in which a rule that knows no second look takes an e-bike.
const BY_DETECTOR: [&str; 2] = ["motorcycle", "bicycle"];

/// Whether a second look can tell more of an object of this class.
#[must_use]
pub fn is_looked_at_twice(class: &Class) -> bool {
    BY_DETECTOR.contains(&class.as_str())
}

/// Whether only a second look gives this name.
#[must_use]
pub fn is_of_second_look(class: &Class) -> bool {
    [E_BIKE, PEDAL_BICYCLE].contains(&class.as_str())
}

/// Whether both names may be given to one object, where a second look names it: now sure, now not.
pub(crate) fn are_one(a: &Class, b: &Class) -> bool {
    let is_two_wheeler = |class| is_looked_at_twice(class) || is_of_second_look(class);
    a == b
        || (is_two_wheeler(a)
            && is_two_wheeler(b)
            && (is_of_second_look(a) || is_of_second_look(b)))
}

/// Under which name a rule that counts the classes for which `counts` holds sees an object of this class:
/// a rule that names none of ours sees what a detector would call it. None if the name stays.
pub fn seen_as(class: &Class, counts: impl Fn(&Class) -> bool) -> Option<Class> {
    let ours = [E_BIKE, PEDAL_BICYCLE].map(Class::new);
    if !is_of_second_look(class) || ours.iter().any(&counts) {
        return None;
    }
    let is_pedal = class.as_str() == PEDAL_BICYCLE;
    let names = BY_DETECTOR.iter().filter(|name| !is_pedal || **name == "bicycle");
    names.map(|name| Class::new(name)).find(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(class: &str, counted: &[&str]) -> String {
        let class = Class::new(class);
        let seen = seen_as(&class, |it| counted.contains(&it.as_str()));
        seen.unwrap_or(class).as_str().to_owned()
    }

    #[test]
    fn a_rule_that_names_no_second_look_sees_what_a_detector_would_say() {
        assert_eq!(seen("e_bike", &["bicycle", "motorcycle"]), "motorcycle");
        assert_eq!(seen("e_bike", &["bicycle"]), "bicycle");
        assert_eq!(seen("pedal_bicycle", &["bicycle", "motorcycle"]), "bicycle");
        assert_eq!(seen("pedal_bicycle", &["motorcycle"]), "pedal_bicycle");
        assert_eq!(seen("e_bike", &["person"]), "e_bike");
        assert_eq!(seen("bicycle", &["motorcycle"]), "bicycle");
        // A rule that names one of ours tells them apart.
        assert_eq!(seen("pedal_bicycle", &["e_bike", "bicycle", "motorcycle"]), "pedal_bicycle");
    }

    #[test]
    fn names_of_a_detector_are_one_object_only_beside_ours() {
        let are = |a, b| are_one(&Class::new(a), &Class::new(b));
        assert!(are("bicycle", "bicycle") && are("bicycle", "e_bike"));
        assert!(are("pedal_bicycle", "e_bike"));
        assert!(!are("bicycle", "motorcycle") && !are("e_bike", "person"));
    }
}
