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
/// that is larger than the model's input is averaged over, so that no pattern comes of fine lines.
pub(crate) fn fill(
    values: &mut [f32],
    format: &CropFormat,
    picture: &RgbPicture<'_>,
    square: &Square,
) {
    let side = format.side_px as usize;
    let step = square.side / format.side_px as f32;
    let samples = Samples::of(step);
    let scale = format.range / 255.0;
    let pad = [f32::from(format.pad); 3];
    let plane = side * side;
    for row in 0..side {
        let y = square.top + step * row as f32;
        for column in 0..side {
            let x = square.left + step * column as f32;
            let mean = samples.mean((x, y), |x, y| pixel(picture, x, y).unwrap_or(pad));
            for (number, value) in mean.into_iter().enumerate() {
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

/// Where within a step the picture is read.
struct Samples {
    step: f32,
    count: u16,
}

impl Samples {
    /// As many as the step has pixels, no more than a picture of 4K needs.
    fn of(step: f32) -> Self {
        const MOST: f32 = 16.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 16")]
        let count = step.ceil().clamp(1.0, MOST) as u16;
        Self { step, count }
    }

    fn mean(&self, (x, y): (f32, f32), read: impl Fn(f32, f32) -> [f32; 3]) -> [f32; 3] {
        let count = f32::from(self.count);
        let at = |index: u16| self.step * (f32::from(index) + 0.5) / count;
        let mut sums = [0.0; 3];
        for down in 0..self.count {
            for across in 0..self.count {
                let found = read(x + at(across), y + at(down));
                sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
            }
        }
        sums.map(|sum| sum / (count * count))
    }
}

/// The colour at a place, between the middles of its four pixels; none outside the picture.
fn pixel(picture: &RgbPicture<'_>, x: f32, y: f32) -> Option<[f32; 3]> {
    let inside = x >= 0.0 && y >= 0.0 && x < picture.width as f32 && y < picture.height as f32;
    if !inside {
        return None;
    }
    let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in the picture")]
    let (left, top) = (x as usize, y as usize);
    let (right, below) = ((left + 1).min(picture.width - 1), (top + 1).min(picture.height - 1));
    let at = |column: usize, row: usize| {
        let first = row * picture.stride + 3 * column;
        let bytes = picture.pixels.get(first..first + 3)?;
        <[u8; 3]>::try_from(bytes).ok().map(|colour| colour.map(f32::from))
    };
    let corners = [at(left, top)?, at(right, top)?, at(left, below)?, at(right, below)?];
    let (across, down) = (x - left as f32, y - top as f32);
    let [a, b, c, d] = corners;
    let mut mixed = [0.0; 3];
    for (to, (((a, b), c), d)) in mixed.iter_mut().zip(a.into_iter().zip(b).zip(c).zip(d)) {
        let upper = a + (b - a) * across;
        let lower = c + (d - c) * across;
        *to = upper + (lower - upper) * down;
    }
    Some(mixed)
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
