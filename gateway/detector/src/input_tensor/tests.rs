//! Filling the input against the definition, pixel by pixel.

use proptest::prelude::*;

use super::*;

fn format(channels: Channels, range: f32) -> InputFormat {
    InputFormat { width_px: 64, height_px: 32, channels, range, pad: 114 }
}

/// The value that the definition gives at plane `channel`, column `x`, row `y`.
fn defined(
    picture: &RgbPicture<'_>,
    letterbox: &Letterbox,
    format: &InputFormat,
    [channel, x, y]: [usize; 3],
) -> f32 {
    let inside = (letterbox.left()..letterbox.left() + picture.width).contains(&x)
        && (letterbox.top()..letterbox.top() + picture.height).contains(&y);
    let byte = if inside {
        let colour = match format.channels {
            Channels::Rgb => channel,
            Channels::Bgr => 2 - channel,
        };
        let (column, row) = (x - letterbox.left(), y - letterbox.top());
        picture.pixels[row * picture.stride + column * 3 + colour]
    } else {
        format.pad
    };
    f32::from(byte) / 255.0 * format.range
}

proptest! {
    #[test]
    fn every_value_is_as_defined_also_after_another_geometry(
        sources in prop::collection::vec((1u32..200, 1u32..200), 1..4),
        bgr: bool,
        bytes: bool,
        spare in 0usize..9,
        seed: u8,
    ) {
        let channels = if bgr { Channels::Bgr } else { Channels::Rgb };
        let format = format(channels, if bytes { 255.0 } else { 1.0 });
        let mut tensor = InputTensor::new(format);
        for (width, height) in sources {
            let letterbox = Letterbox::fit(width, height, &format);
            let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
            let stride = width * 3 + spare;
            let pixels: Vec<u8> = (0..=250)
                .map(|value: u8| seed.wrapping_add(value))
                .cycle()
                .take(stride * height - spare)
                .collect();
            let picture = RgbPicture { width, height, stride, pixels: &pixels };
            tensor.fill(&picture, &letterbox).unwrap();
            for (index, value) in tensor.values().iter().enumerate() {
                let place = [index / (64 * 32), index % 64, index / 64 % 32];
                let expected = defined(&picture, &letterbox, &format, place);
                prop_assert!((value - expected).abs() <= expected * 1e-6, "{place:?}: {value}");
            }
        }
    }
}

#[test]
fn a_letterbox_of_another_model_is_refused() {
    let mut tensor = InputTensor::new(format(Channels::Rgb, 1.0));
    let other = InputFormat { width_px: 32, ..format(Channels::Rgb, 1.0) };
    let letterbox = Letterbox::fit(32, 32, &other);
    let picture = RgbPicture { width: 32, height: 32, stride: 96, pixels: &[0; 32 * 32 * 3] };
    let error = tensor.fill(&picture, &letterbox).unwrap_err().to_string();
    assert!(error.contains("for an input of 64x32 px"), "{error}");
}
