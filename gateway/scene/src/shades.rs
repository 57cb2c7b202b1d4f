//! How bright each small part of a picture is: enough to see that nothing has changed in a zone.
//!
//! Sums whole cells of the luma plane, so noise of single pixels cancels out, and costs a millisecond of a picture
//! of 1920x1080.

use crate::geometry::BoundingBox;

/// Cells in one row. One of a picture of 1920 pixels is eight of them wide.
const COLUMNS: usize = 240;
/// Cells in one column.
const ROWS: usize = 135;

/// A cell that differs by less, in steps of luma, shows nothing new, however little noise there is: coding a still
/// picture again changes this much.
const LEAST_STEP: f32 = 2.5;
/// So many standard deviations of what all cells differ by are no noise: one cell of 32,400 by chance in a
/// thousand pictures.
const BEYOND_NOISE: f32 = 6.0;
/// From the median of absolute differences to the standard deviation of noise.
const DEVIATION_OF_MEDIAN: f32 = 1.4826;
/// If all of the picture grew lighter or darker by so much, the light has changed: nothing is compared.
const MOST_LIGHT: f32 = 6.0;

/// The mean luma of each cell of one picture, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq)]
pub struct Shades(Vec<f32>);

/// Where a picture looks other than an earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Of each cell, row by row; none if the light has changed, or the two do not compare.
    cells: Option<Vec<bool>>,
}

impl Shades {
    /// Looks at a luma plane of `width` x `height` pixels, whose rows begin `stride` bytes apart.
    ///
    /// None if the picture has fewer pixels than there are cells in a row or a column, or if the plane is shorter
    /// than the picture.
    #[must_use]
    pub fn of_luma(plane: &[u8], width: usize, height: usize, stride: usize) -> Option<Self> {
        let needed = height.checked_sub(1)?.checked_mul(stride)?.checked_add(width)?;
        if width < COLUMNS || height < ROWS || stride < width || plane.len() < needed {
            return None;
        }
        let mut sums = vec![0_u32; COLUMNS];
        let mut cells = Vec::with_capacity(COLUMNS * ROWS);
        let edge = |index: usize, of: usize, length: usize| index * length / of;
        for row in 0..ROWS {
            let (top, bottom) = (edge(row, ROWS, height), edge(row + 1, ROWS, height));
            sums.fill(0);
            for y in top..bottom {
                let pixels = plane.get(y * stride..)?.get(..width)?;
                for (column, sum) in sums.iter_mut().enumerate() {
                    let cell = pixels
                        .get(edge(column, COLUMNS, width)..edge(column + 1, COLUMNS, width))?;
                    *sum += cell.iter().map(|luma| u32::from(*luma)).sum::<u32>();
                }
            }
            for (column, sum) in sums.iter().enumerate() {
                let across = edge(column + 1, COLUMNS, width) - edge(column, COLUMNS, width);
                cells.push(mean(*sum, across * (bottom - top)));
            }
        }
        Some(Self(cells))
    }

    /// Where it looks other than `earlier`. A little more or less light on all of it is no change.
    #[must_use]
    pub fn change_since(&self, earlier: &Self) -> Change {
        let steps: Vec<f32> = self.0.iter().zip(&earlier.0).map(|(now, then)| now - then).collect();
        let light = median(steps.clone());
        if light.abs() > MOST_LIGHT {
            return Change { cells: None };
        }
        let strays: Vec<f32> = steps.iter().map(|step| (step - light).abs()).collect();
        let noise = DEVIATION_OF_MEDIAN * median(strays.clone());
        let most = LEAST_STEP.max(BEYOND_NOISE * noise);
        Change { cells: Some(strays.into_iter().map(|stray| stray > most).collect()) }
    }
}

impl Change {
    /// Whether something has changed in this part of the picture, or may have.
    #[must_use]
    pub fn touches(&self, part: &BoundingBox) -> bool {
        let Some(cells) = &self.cells else { return true };
        let first = |side: f32, of: usize| floor(side * pixels_of(of)).min(of - 1);
        let (left, right) = (first(part.left, COLUMNS), first(part.right, COLUMNS));
        let (top, bottom) = (first(part.top, ROWS), first(part.bottom, ROWS));
        let rows = cells.chunks_exact(COLUMNS).take(bottom + 1).skip(top);
        rows.flat_map(|row| row.iter().take(right + 1).skip(left)).any(|changed| *changed)
    }
}

/// The upper median; 0 of none.
fn median(mut of: Vec<f32>) -> f32 {
    let middle = of.len() / 2;
    if of.is_empty() {
        return 0.0;
    }
    *of.select_nth_unstable_by(middle, f32::total_cmp).1
}

#[expect(clippy::cast_precision_loss, reason = "a cell has few pixels")]
fn mean(sum: u32, pixels: usize) -> f32 {
    sum as f32 / pixels.max(1) as f32
}

#[expect(clippy::cast_precision_loss, reason = "there are few cells")]
fn pixels_of(count: usize) -> f32 {
    count as f32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn floor(value: f32) -> usize {
    value as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: (usize, usize) = (960, 540);

    /// A picture whose pixels are these, by column and row.
    fn shades(luma: impl Fn(usize, usize) -> f32) -> Shades {
        let (width, height) = SIZE;
        let pixel = |at: usize| luma(at % width, at / width).round().clamp(0.0, 255.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let plane: Vec<u8> = (0..width * height).map(|at| pixel(at) as u8).collect();
        Shades::of_luma(&plane, width, height, width).unwrap()
    }

    /// Noise of this standard deviation, roughly normal, the same for the same `dice`.
    fn noise(dice: u32, x: usize, y: usize, deviation: f32) -> f32 {
        let mut state = dice ^ (u32::try_from(y * 7919 + x).unwrap().wrapping_mul(2_654_435_761));
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            f32::from(u16::try_from(state >> 16).unwrap()) / 65_536.0 - 0.5
        };
        (0..4).map(|_| next()).sum::<f32>() * deviation * 1.73
    }

    fn ground(x: usize, y: usize) -> f32 {
        100.0 + f32::from(u8::try_from((x / 30 + y / 30) % 3).unwrap()) * 20.0
    }

    const ALL: BoundingBox = BoundingBox { left: 0.0, top: 0.0, right: 1.0, bottom: 1.0 };

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

        #[test]
        fn noise_and_a_little_light_are_no_change(dice in any::<u32>(), deviation in 0.0_f32..20.0, light in -5.0_f32..5.0) {
            let noisy = |dice, light| shades(move |x, y| ground(x, y) + light + noise(dice, x, y, deviation));
            let change = noisy(dice, light).change_since(&noisy(!dice, 0.0));
            prop_assert!(!change.touches(&ALL));
        }

        #[test]
        fn a_small_thing_of_little_contrast_is_a_change_where_it_is_and_nowhere_else(
            dice in any::<u32>(),
            at in (0_usize..900, 0_usize..480),
            contrast in prop_oneof![-60.0_f32..-8.0, 8.0_f32..60.0],
        ) {
            // 24 pixels of 960: 48 of 1920.
            let is_thing = |x: usize, y: usize| (at.0..at.0 + 24).contains(&x) && (at.1..at.1 + 24).contains(&y);
            let before = shades(|x, y| ground(x, y) + noise(dice, x, y, 3.0));
            let after = shades(|x, y| {
                ground(x, y) + noise(!dice, x, y, 3.0) + if is_thing(x, y) { contrast } else { 0.0 }
            });
            let part = |left: usize, top: usize, right: usize, bottom: usize| {
                let share = |px: usize, of: usize| pixels_of(px) / pixels_of(of);
                BoundingBox {
                    left: share(left, SIZE.0),
                    top: share(top, SIZE.1),
                    right: share(right, SIZE.0),
                    bottom: share(bottom, SIZE.1),
                }
            };
            let change = after.change_since(&before);
            prop_assert!(change.touches(&part(at.0, at.1, at.0 + 24, at.1 + 24)));
            // A cell is four pixels wide here.
            prop_assert!(at.0 < 8 || !change.touches(&part(0, 0, at.0 - 5, SIZE.1 - 1)));
            prop_assert!(!change.touches(&part(at.0 + 29, 0, SIZE.0 - 1, SIZE.1 - 1)));
        }
    }

    #[test]
    fn other_light_is_a_change_everywhere() {
        let change = shades(|x, y| ground(x, y) + 10.0).change_since(&shades(ground));
        assert!(change.touches(&BoundingBox { left: 0.9, top: 0.9, right: 0.95, bottom: 0.95 }));
    }

    #[test]
    fn a_picture_with_fewer_pixels_than_cells_and_a_plane_that_is_too_short_give_none() {
        assert_eq!(Shades::of_luma(&[0; 239 * 135], 239, 135, 239), None);
        assert_eq!(Shades::of_luma(&[0; 240 * 135 - 1], 240, 135, 240), None);
        assert!(Shades::of_luma(&[0; 240 * 135], 240, 135, 240).is_some());
        assert_eq!(Shades::of_luma(&[], 240, 0, 240), None);
    }
}
