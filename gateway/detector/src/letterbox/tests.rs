//! Letterbox geometry by a table and by properties.

use expect_test::expect;
use proptest::prelude::*;

use super::*;
use crate::manifest::format::Channels;

fn input(width_px: u32, height_px: u32) -> InputFormat {
    InputFormat { width_px, height_px, channels: Channels::Rgb, range: 1.0, pad: 114 }
}

#[test]
fn common_cameras_in_the_default_model() {
    let mut table = String::new();
    for (width, height) in [
        (1920, 1080),
        (768, 576),
        (640, 480),
        (2560, 1440),
        (1080, 1920),
        (4096, 1),
        (1, 1),
        (0, 0),
    ] {
        let l = Letterbox::fit(width, height, &input(736, 416));
        table += &format!(
            "{width}x{height}: {}x{} at ({}, {})\n",
            l.inner_width, l.inner_height, l.left, l.top
        );
    }
    expect![[r#"
        1920x1080: 736x414 at (0, 1)
        768x576: 554x416 at (91, 0)
        640x480: 554x416 at (91, 0)
        2560x1440: 736x414 at (0, 1)
        1080x1920: 234x416 at (251, 0)
        4096x1: 736x2 at (0, 207)
        1x1: 416x416 at (160, 0)
        0x0: 416x416 at (160, 0)
    "#]]
    .assert_eq(&table);
}

#[test]
fn boxes_in_the_padding_are_no_boxes() {
    let letterbox = Letterbox::fit(768, 576, &input(736, 416));
    assert_eq!(letterbox.to_source([40.0, 200.0, 60.0, 60.0]), None);
    assert_eq!(letterbox.to_source([f32::NAN, 200.0, 60.0, 60.0]), None);
    assert_eq!(letterbox.to_source([300.0, 200.0, f32::NAN, 60.0]), None);
    assert_eq!(letterbox.to_source([300.0, 200.0, -5.0, 60.0]), None);
    let whole = letterbox.to_source([300.0, 200.0, f32::INFINITY, f32::INFINITY]);
    assert_eq!(whole, Some(BoundingBox { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 }));
}

proptest! {
    #[test]
    fn the_picture_lies_inside_and_touches_two_sides(
        source in (1u32..10_000, 1u32..10_000),
        cells in (1u32..64, 1u32..64),
    ) {
        let input = input(cells.0 * 32, cells.1 * 32);
        let l = Letterbox::fit(source.0, source.1, &input);
        prop_assert!(l.inner_width >= 2 && l.inner_width.is_multiple_of(2));
        prop_assert!(l.inner_height >= 2 && l.inner_height.is_multiple_of(2));
        prop_assert!(l.left + l.inner_width <= input.width());
        prop_assert!(l.top + l.inner_height <= input.height());
        prop_assert!(l.inner_width == input.width() || l.inner_height == input.height());
        // The proportions are kept to the two pixels that even sides cost.
        let (width, height) = (f64::from(source.0), f64::from(source.1));
        let scale = (input.width() as f64 / width).min(input.height() as f64 / height);
        prop_assert!((l.inner_width as f64 - (width * scale).max(2.0)).abs() <= 2.0);
        prop_assert!((l.inner_height as f64 - (height * scale).max(2.0)).abs() <= 2.0);
    }

    #[test]
    fn a_box_of_the_source_comes_back(
        source in (16u32..5000, 16u32..5000),
        left in 0.0f32..0.9, top in 0.0f32..0.9, width in 0.02f32..0.1, height in 0.02f32..0.1,
    ) {
        let l = Letterbox::fit(source.0, source.1, &input(736, 416));
        let (w, h) = (l.inner_width as f32, l.inner_height as f32);
        let found = l.to_source([
            (left + width / 2.0) * w + l.left as f32,
            (top + height / 2.0) * h + l.top as f32,
            width * w,
            height * h,
        ]);
        let found = found.expect("inside the picture");
        let close = |a: f32, b: f32| (a - b).abs() < 1e-3;
        prop_assert!(close(found.left, left) && close(found.right, left + width), "{found:?}");
        prop_assert!(close(found.top, top) && close(found.bottom, top + height), "{found:?}");
    }
}
