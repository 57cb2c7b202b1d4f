//! What is as dark as a shadow, and what is coloured as by a lamp: only the grain of the ground tells.

use crate::street::{PATIENCE, Rect, Street, grey, share};

const PLACE: Rect = (120, 90, 64, 64);

fn is_in((left, top, width, height): Rect, x: usize, y: usize) -> bool {
    (left..left + width).contains(&x) && (top..top + height).contains(&y)
}

/// Asphalt: a tenth of the ground's contrast, but for the joints around the place.
fn flat(x: usize, y: usize, ground: f32) -> f32 {
    let around = (PLACE.0 - 12, PLACE.1 - 12, PLACE.2 + 24, PLACE.3 + 24);
    let is_joint = ground < 70.0 && !is_in(around, x, y);
    if is_joint { ground } else { 105.0 + 0.1 * (ground - 105.0) }
}

#[test]
fn a_dull_grey_thing_is_told_and_a_shadow_of_the_same_shape_and_depth_is_not() {
    for depth in [0.5, 0.65, 0.8] {
        let learned = || {
            let mut street = Street::new(1.0);
            street.looks(14, |x, y, g| grey(flat(x, y, g)));
            street
        };
        let shadow = |x: usize, y: usize, g: f32| {
            let ground = flat(x, y, g);
            grey(if is_in(PLACE, x, y) { depth * ground } else { ground })
        };
        let (told, _) = learned().looks(60, shadow);
        assert_eq!(told, 0, "a shadow of {depth}");
        // Its brightness varies as slowly as that of a boulder.
        let slope = |x: usize, y: usize| 0.05 * (x as f32 - 152.0) - 0.08 * (y as f32 - 122.0);
        let thing = |x: usize, y: usize, g: f32| {
            let ground = flat(x, y, g);
            grey(if is_in(PLACE, x, y) { 105.0 * depth + slope(x, y) } else { ground })
        };
        let (_, last) = learned().looks(PATIENCE, thing);
        assert_eq!(last.standing.len(), 1, "a thing of {depth}: {last:?}");
        let found = &last.standing[0].bounds;
        assert!(found.iou(&share(PLACE)) > 0.6, "{depth}: {found:?}");
    }
}

#[test]
fn a_warm_lamp_tells_nothing_and_hides_nothing() {
    let lit = |x: usize, y: usize| {
        let far = (x as f32 - 220.0).hypot(y as f32 - 60.0) / 90.0;
        let light = 0.9 / (1.0 + far * far);
        [0.6 + 1.1 * light, 0.6 + light, 0.6 + 0.75 * light]
    };
    let mut street = Street::new(2.0);
    street.looks(14, |_, _, g| grey(0.6 * g));
    let (told, _) = street.looks(60, |x, y, g| lit(x, y).map(|light| g * light));
    assert_eq!(told, 0, "the lamp");
    let (_, last) = street.looks(PATIENCE, |x, y, g| {
        let paint = crate::street::carton(PLACE, x, y, g);
        let lit = lit(x, y);
        [0, 1, 2].map(|channel| paint[channel] * lit[channel])
    });
    assert_eq!(last.standing.len(), 1, "a carton beneath it: {last:?}");
}
