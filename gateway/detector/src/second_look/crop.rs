//! A square cut out of a picture and brought to the size that a model expects.

use scene::BoundingBox;

use crate::input_tensor::RgbPicture;
use crate::manifest::format::Channels;
use crate::manifest::second_look::CropFormat;

/// What is shown around an object on each side, as a share of its longer side: the model was trained on
/// photographs with something around what they show.
const MARGIN: f32 = 0.15;

/// A square of a picture, in its pixels. It may reach beyond the edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square {
    /// Its left edge.
    pub left: f32,
    /// Its upper edge.
    pub top: f32,
    /// How long each of its sides is.
    pub side: f32,
}

/// The square around a box of a picture of this size, with a margin: no longer than the picture's
/// longer side.
#[must_use]
pub fn square_around(bbox: &BoundingBox, (width, height): (u32, u32)) -> Square {
    let (width, height) = (width as f32, height as f32);
    let [left, right] = [bbox.left, bbox.right].map(|x| x * width);
    let [top, bottom] = [bbox.top, bbox.bottom].map(|y| y * height);
    let longer = (right - left).max(bottom - top);
    let side = (longer * (1.0 + 2.0 * MARGIN)).clamp(1.0, width.max(height).max(1.0));
    let middle = |low: f32, high: f32| f32::midpoint(low, high) - side / 2.0;
    Square { left: middle(left, right), top: middle(top, bottom), side }
}

/// Fills `values`, three planes, with this square of the picture. What lies outside is grey. A square
/// that is larger than the model's input is averaged over, so that no pattern comes of fine lines: by the
/// triangle filter of the libraries with which such models are trained.
pub(crate) fn fill(
    values: &mut [f32],
    format: &CropFormat,
    picture: &RgbPicture<'_>,
    square: &Square,
) {
    let side = format.side_px as usize;
    let step = square.side / format.side_px as f32;
    let columns = taps(square.left, step, side);
    let rows = taps(square.top, step, side);
    let scale = format.range / 255.0;
    let pad = [f32::from(format.pad); 3];
    let plane = side * side;
    for (row, down) in rows.iter().enumerate() {
        for (column, across) in columns.iter().enumerate() {
            let mixed = mixed(picture, (across, down), pad);
            for (number, value) in mixed.into_iter().enumerate() {
                let place = match format.channels {
                    Channels::Rgb => number,
                    Channels::Bgr => 2 - number,
                };
                if let Some(to) = values.get_mut(place * plane + row * side + column) {
                    *to = value * scale;
                }
            }
        }
    }
}

/// The pixels along one side of the picture that one value is made of.
struct Taps {
    /// The number of the first; it may lie outside.
    first: i64,
    /// How much of each there is; together one.
    weights: Vec<f32>,
}

/// What `count` values are made of that follow each other from `start` on, a `step` of pixels each.
#[expect(clippy::cast_possible_truncation, reason = "pixels of a picture")]
fn taps(start: f32, step: f32, count: usize) -> Vec<Taps> {
    let reach = step.max(1.0);
    let of = |index: usize| {
        let middle = start + step * (index as f32 + 0.5);
        let [first, end] = [middle - reach, middle + reach].map(|it| (it + 0.5).floor() as i64);
        let weight = |pixel: i64| (1.0 - ((pixel as f32 + 0.5 - middle) / reach).abs()).max(0.0);
        let weights: Vec<f32> = (first..end).map(weight).collect();
        let all: f32 = weights.iter().sum();
        Taps { first, weights: weights.into_iter().map(|weight| weight / all).collect() }
    };
    (0..count).map(of).collect()
}

/// The colour of these columns and rows together. Pixels outside the picture have the colour `pad`.
fn mixed(picture: &RgbPicture<'_>, (columns, rows): (&Taps, &Taps), pad: [f32; 3]) -> [f32; 3] {
    let mut sums = [0.0; 3];
    for (row, down) in (rows.first..).zip(&rows.weights) {
        for (column, across) in (columns.first..).zip(&columns.weights) {
            let colour = pixel(picture, (column, row)).unwrap_or(pad);
            sums.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value * across * down);
        }
    }
    sums
}

fn pixel(picture: &RgbPicture<'_>, (column, row): (i64, i64)) -> Option<[f32; 3]> {
    let column = usize::try_from(column).ok().filter(|it| *it < picture.width)?;
    let row = usize::try_from(row).ok().filter(|it| *it < picture.height)?;
    let first = row * picture.stride + 3 * column;
    let colour = <[u8; 3]>::try_from(picture.pixels.get(first..first + 3)?).ok()?;
    Some(colour.map(f32::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(channels: Channels) -> CropFormat {
        CropFormat { side_px: 2, channels, range: 255.0, pad: 127 }
    }

    fn filled(format: &CropFormat, pixels: &[[u8; 3]], width: usize, square: Square) -> Vec<f32> {
        let bytes: Vec<u8> = pixels.concat();
        let height = pixels.len() / width;
        let picture = RgbPicture { width, height, stride: 3 * width, pixels: &bytes };
        let mut values = vec![0.0; 12];
        fill(&mut values, format, &picture, &square);
        values
    }

    #[test]
    fn a_square_lies_around_its_box_with_a_margin() {
        let bbox = BoundingBox { left: 0.25, top: 0.5, right: 0.5, bottom: 0.75 };
        let Square { left, top, side } = square_around(&bbox, (400, 200));
        assert!((side - 130.0).abs() < 1e-3 && (left - 85.0).abs() < 1e-3);
        assert!((top - 60.0).abs() < 1e-3);
        let all = BoundingBox { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };
        let Square { left, top, side } = square_around(&all, (400, 200));
        assert_eq!([left, top, side].map(|it| it.to_string()), ["0", "-100", "400"]);
    }

    #[test]
    fn planes_are_filled_in_their_order_and_grey_outside() {
        let red = [[200, 10, 20]; 4];
        let square = Square { left: 0.0, top: 0.0, side: 2.0 };
        let rgb = filled(&format(Channels::Rgb), &red, 2, square);
        let bgr = filled(&format(Channels::Bgr), &red, 2, square);
        assert_eq!([rgb[0], rgb[4], rgb[8]].map(|it| it.round().to_string()), ["200", "10", "20"]);
        assert_eq!([bgr[0], bgr[4], bgr[8]].map(|it| it.round().to_string()), ["20", "10", "200"]);
        let outside = Square { left: 2.0, top: 0.0, side: 2.0 };
        assert!(
            filled(&format(Channels::Rgb), &red, 2, outside)
                .iter()
                .all(|it| (it - 127.0).abs() < 1e-3)
        );
    }

    #[test]
    fn fine_lines_become_grey() {
        let lines: Vec<[u8; 3]> =
            (0..64).map(|at| if at % 2 == 0 { [0; 3] } else { [254; 3] }).collect();
        let square = Square { left: 0.0, top: 0.0, side: 8.0 };
        let values = filled(&format(Channels::Rgb), &lines, 8, square);
        assert!(values.iter().all(|it| (it - 127.0).abs() < 16.0), "{values:?}");
    }
}
