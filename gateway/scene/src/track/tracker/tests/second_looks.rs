//! A two-wheeler under the names of a detector and of a second look.

use super::script::{VAN, picture, seen, tracker};

/// What the one object of these pictures is called in the end: one is shown a second.
fn called(names: &[&str]) -> String {
    let mut tracker = tracker();
    for (second, name) in (0_u32..).zip(names) {
        tracker.update(&picture(second.into(), vec![seen(name, 0.5, VAN)]));
    }
    let names: Vec<&str> = tracker.tracks().iter().map(|track| track.class.as_str()).collect();
    names.join(", ")
}

#[test]
fn sure_looks_outvote_each_other_and_unsure_ones_say_nothing() {
    // Two sure looks among many that were not made or not sure.
    assert_eq!(called(&["bicycle", "bicycle", "e_bike", "bicycle", "e_bike"]), "e_bike");
    assert_eq!(called(&["motorcycle", "pedal_bicycle", "pedal_bicycle"]), "pedal_bicycle");
    assert_eq!(called(&["e_bike", "pedal_bicycle", "e_bike"]), "e_bike");
    assert_eq!(called(&["pedal_bicycle", "e_bike", "pedal_bicycle", "bicycle"]), "pedal_bicycle");
    // As much speaks for the one as for the other: what the detector said most, or what was said first.
    let as_much = ["bicycle", "e_bike", "pedal_bicycle", "e_bike", "pedal_bicycle"];
    assert_eq!(called(&as_much), "bicycle");
    assert_eq!(called(&["e_bike", "pedal_bicycle"]), "e_bike");
}

#[test]
fn a_sure_look_now_and_then_decides_nothing() {
    assert_eq!(called(&["bicycle", "e_bike", "bicycle"]), "bicycle");
    assert_eq!(called(&["pedal_bicycle", "motorcycle"]), "motorcycle");
    // A bicycle that stands for long is mistaken once in a while.
    let mut names = vec!["bicycle"; 30];
    (names[7], names[20]) = ("e_bike", "e_bike");
    assert_eq!(called(&names), "bicycle");
    names[25] = "e_bike";
    assert_eq!(called(&names), "e_bike", "three of thirty");
}

#[test]
fn without_second_looks_the_detector_decides_as_ever() {
    assert_eq!(called(&["bicycle", "motorcycle", "motorcycle"]), "motorcycle");
}
