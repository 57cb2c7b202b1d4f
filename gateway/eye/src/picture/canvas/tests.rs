//! Areas of a picture, changed and left alone.

use proptest::prelude::*;

use super::*;

fn noise(width: u32, height: u32) -> Canvas {
    let pixels: Vec<u8> = (0..width * height * 3).map(|at| (at * 7919 % 251) as u8).collect();
    Canvas::copy_of(Rgb { width, height, stride: width as usize * 3, pixels: &pixels })
}

#[test]
fn draws_inside_the_box_and_nowhere_else() {
    let pixels = vec![0_u8; 40 * 3 * 20];
    let picture = Rgb { width: 36, height: 20, stride: 40 * 3, pixels: &pixels };
    let mut canvas = Canvas::copy_of(picture);
    canvas.outline(&BoundingBox { left: 0.25, top: 0.5, right: 0.75, bottom: 2.0 });
    let red: Vec<usize> = (0..36 * 20).filter(|at| canvas.pixels[at * 3] == 255).collect();
    assert!(red.iter().all(|at| (9..27).contains(&(at % 36)) && at / 36 >= 10));
    // Two rows of 18 above and below, two columns of 6 between them on either side.
    assert_eq!(red.len(), 2 * 2 * 18 + 2 * 2 * 6);
}

#[test]
fn a_filled_zone_hides_what_is_in_it_and_nothing_else() {
    let mut canvas = noise(40, 40);
    let before = canvas.clone();
    let corner = |x, y| Point { x, y };
    let zone =
        Polygon::new(vec![corner(0.25, 0.25), corner(0.75, 0.25), corner(0.25, 0.75)]).unwrap();
    canvas.fill_zone(&zone);
    let changed = |x: usize, y: usize| {
        let at = (y * 40 + x) * 3;
        canvas.pixels[at..at + 3] == NO_SIGNAL && before.pixels[at..at + 3] != NO_SIGNAL
    };
    assert!(changed(11, 11) && changed(28, 10) && !changed(28, 28) && !changed(9, 12));
}

proptest! {
    /// Whatever was there: a mosaic holds no more than one colour of few shades for each tile,
    /// so two pictures with the same averages cannot be told apart, and the rest is untouched.
    #[test]
    fn a_mosaic_keeps_one_shade_a_tile(
        (left, top) in (0.0_f32..0.9, 0.0_f32..0.9),
        (width, height) in (0.01_f32..0.9, 0.01_f32..0.9),
        tile_px in 1_usize..20,
    ) {
        let bbox = BoundingBox { left, top, right: left + width, bottom: top + height };
        let before = noise(64, 48);
        let mut canvas = before.clone();
        canvas.make_mosaic(&bbox, tile_px);
        let area = canvas.area(&bbox);
        for (index, pixel) in canvas.pixels.chunks_exact(3).enumerate() {
            let (x, y) = (index % 64, index / 64);
            if !area.columns.contains(&x) || !area.rows.contains(&y) {
                prop_assert_eq!(pixel, &before.pixels[index * 3..index * 3 + 3]);
                continue;
            }
            let tile_x = (x - area.columns.start) / tile_px * tile_px + area.columns.start;
            let tile_y = (y - area.rows.start) / tile_px * tile_px + area.rows.start;
            let first = (tile_y * 64 + tile_x) * 3;
            prop_assert_eq!(pixel, &canvas.pixels[first..first + 3]);
            prop_assert!(pixel.iter().all(|value| value % SHADE == SHADE / 2));
        }
    }
}

#[test]
fn an_outline_is_drawn_along_its_edges_and_nowhere_else() {
    let pixels = vec![0_u8; 40 * 3 * 40];
    let mut canvas = Canvas::copy_of(Rgb { width: 40, height: 40, stride: 120, pixels: &pixels });
    // A step: the upper right quarter of its box is no part of it.
    let corner = |x, y| Point { x, y };
    canvas.trace(&[
        corner(0.25, 0.25),
        corner(0.5, 0.25),
        corner(0.5, 0.5),
        corner(0.75, 0.5),
        corner(0.75, 0.75),
        corner(0.25, 0.75),
    ]);
    let is_red = |x: usize, y: usize| canvas.pixels()[3 * (y * 40 + x)] == ALERT_RED[0];
    for (x, y) in [(10, 10), (15, 10), (20, 15), (25, 20), (30, 25), (15, 30), (10, 20)] {
        assert!(is_red(x, y), "{x} {y}");
    }
    for (x, y) in [(26, 13), (15, 15), (25, 26), (5, 5), (35, 35)] {
        assert!(!is_red(x, y), "{x} {y}");
    }
}

#[test]
fn a_way_is_drawn_from_end_to_end_and_not_back() {
    let pixels = vec![0_u8; 40 * 3 * 40];
    let mut canvas = Canvas::copy_of(Rgb { width: 40, height: 40, stride: 120, pixels: &pixels });
    let point = |x, y| Point { x, y };
    canvas.draw_way(&[point(0.1, 0.1), point(0.5, 0.5), point(0.9, 0.1)]);
    let is_red = |x: usize, y: usize| canvas.pixels[3 * (y * 40 + x)] == 255;
    assert!(is_red(4, 4) && is_red(12, 12) && is_red(20, 20) && is_red(28, 12) && is_red(36, 4));
    assert!(!is_red(20, 4) && !is_red(4, 20), "neither closed nor filled");
    canvas.draw_way(&[point(0.0, 0.0), point(1.0, 1.0)]);
    canvas.draw_way(&[]);
}
