//! Looks of computed pictures.

use proptest::prelude::*;

use super::{Appearance, GRID_COLUMNS};

const WIDTH: usize = 640;
const HEIGHT: usize = 360;

fn look(luma: impl Fn(usize, usize) -> u8) -> Appearance {
    let plane: Vec<u8> = (0..HEIGHT)
        .flat_map(|y| (0..WIDTH).map(move |x| (x, y)))
        .map(|(x, y)| luma(x, y))
        .collect();
    Appearance::of_luma(&plane, WIDTH, HEIGHT, WIDTH).unwrap()
}

#[test]
fn a_flat_picture_has_a_mean_and_nothing_else() {
    let flat = look(|_, _| 90);
    assert!(flat.grid().iter().all(|luma| *luma == 90));
    assert_eq!((flat.mean(), flat.contrast(), flat.sharpness()), (90.0, 0.0, 0.0));
}

#[test]
fn the_grid_says_where_it_is_bright() {
    let right = look(|x, _| if x >= WIDTH / 2 { 200 } else { 100 });
    let rows: Vec<&[u8]> = right.grid().chunks(GRID_COLUMNS).collect();
    assert!(rows.iter().all(|row| row[..16] == [100; 16] && row[16..] == [200; 16]));
    assert_eq!((right.mean(), right.contrast()), (150.0, 50.0));
}

#[test]
fn stripes_are_sharp_and_a_caption_is_not_counted() {
    let stripes = look(|x, _| if x % 4 < 2 { 90 } else { 110 });
    assert!((stripes.sharpness() - 14.0).abs() < 1.0, "{}", stripes.sharpness());
    let caption = look(|x, y| if y < 18 && x < WIDTH / 2 { 255 * u8::from(x % 4 < 2) } else { 90 });
    assert!(caption.sharpness() < 0.01, "{}", caption.sharpness());
}

#[test]
fn the_padding_between_rows_is_not_seen() {
    let padded: Vec<u8> =
        (0..HEIGHT).flat_map(|_| [vec![70; WIDTH], vec![9; 32]].concat()).collect();
    let padded = Appearance::of_luma(&padded, WIDTH, HEIGHT, WIDTH + 32).unwrap();
    assert_eq!(padded, look(|_, _| 70));
}

proptest! {
    /// Whatever sizes a decoder may name: an answer, never a panic; and none from too little.
    #[test]
    fn any_size_is_safe(width in 0..200_usize, height in 0..100_usize, pad in 0..9_usize, cut in 0..3_usize) {
        let stride = width + pad;
        let plane = vec![100; (stride * height).saturating_sub(pad + cut)];
        let seen = Appearance::of_luma(&plane, width, height, stride);
        prop_assert_eq!(seen.is_some(), width >= 64 && height >= 36 && cut == 0);
    }
}
