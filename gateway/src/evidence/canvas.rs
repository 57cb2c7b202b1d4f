//! Pixels that may be changed: outlines drawn, areas made unreadable for good.

use std::ops::Range;

use scene::{BoundingBox, Point, Polygon};

use camera::Rgb;

/// Line width as a share of the picture's height: visible on a phone, not hiding the object.
const LINE_SHARE: usize = 200;

const ALERT_RED: [u8; 3] = [255, 32, 32];

/// The fill of a privacy zone: the grey of a lost signal, so that it is not mistaken for an object.
const NO_SIGNAL: [u8; 3] = [96, 96, 96];

/// The steps between a mosaic's colours. Finer shades of a tile would still tell a little of what
/// was averaged into it.
const SHADE: u8 = 16;

/// A copy of a picture, RGB without gaps between rows.
#[derive(Debug, Clone)]
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PixelArea {
    /// From the left edge.
    pub columns: Range<usize>,
    /// From the upper edge.
    pub rows: Range<usize>,
}

impl Canvas {
    /// A copy that can be painted on.
    pub fn copy_of(picture: Rgb<'_>) -> Self {
        let (width, height) = (picture.width as usize, picture.height as usize);
        let rows = picture.pixels.chunks(picture.stride.max(1)).take(height);
        let mut pixels = Vec::with_capacity(width * height * 3);
        for row in rows {
            pixels.extend_from_slice(row.get(..width * 3).unwrap_or(row));
        }
        pixels.resize(width * height * 3, 0);
        Self { width, height, pixels }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Rows from top to bottom, each pixel red, green, blue.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The rows of an area, from top to bottom; what lies outside the picture is left out.
    pub fn rows_of(&self, area: &PixelArea) -> impl Iterator<Item = &[u8]> {
        let bytes = area.columns.start * 3..area.columns.end.min(self.width) * 3;
        let rows = self.pixels.chunks_exact((self.width * 3).max(1));
        rows.take(area.rows.end).skip(area.rows.start).filter_map(move |row| row.get(bytes.clone()))
    }

    /// Draws the outline of a normalised box, its line lying inside the box.
    pub fn outline(&mut self, bbox: &BoundingBox) {
        let line = (self.height / LINE_SHARE).max(2);
        let PixelArea { columns: Range { start: left, end: right }, rows } = self.area(bbox);
        let (top, bottom) = (rows.start, rows.end);
        self.fill(left..right, top..(top + line).min(bottom), ALERT_RED);
        self.fill(left..right, bottom.saturating_sub(line).max(top)..bottom, ALERT_RED);
        self.fill(left..(left + line).min(right), top..bottom, ALERT_RED);
        self.fill(right.saturating_sub(line).max(left)..right, top..bottom, ALERT_RED);
    }

    /// Replaces a normalised box by tiles of one colour each, at most `tile_px` wide and high: the
    /// average of what was there, rounded to few shades. Nothing finer than a tile is left.
    pub fn make_mosaic(&mut self, bbox: &BoundingBox, tile_px: usize) {
        let tile_px = tile_px.max(1);
        let PixelArea { columns, rows } = self.area(bbox);
        for top in rows.clone().step_by(tile_px) {
            for left in columns.clone().step_by(tile_px) {
                let tile = PixelArea {
                    columns: left..(left + tile_px).min(columns.end),
                    rows: top..(top + tile_px).min(rows.end),
                };
                let colour = self.average(&tile);
                self.fill(tile.columns, tile.rows, colour);
            }
        }
    }

    /// Fills a zone that nobody may look into.
    pub fn fill_zone(&mut self, zone: &Polygon) {
        let PixelArea { columns, rows } = self.area(&zone.bounds());
        let (width, height) = (self.width, self.height);
        for row in rows {
            for column in columns.clone() {
                let middle = Point { x: middle(column, width), y: middle(row, height) };
                if zone.contains(middle) {
                    self.fill(column..column + 1, row..row + 1, NO_SIGNAL);
                }
            }
        }
    }

    /// The pixels of a normalised box; a pixel that it only touches belongs to it.
    pub fn area(&self, bbox: &BoundingBox) -> PixelArea {
        let columns = floor(bbox.left, self.width)..ceiling(bbox.right, self.width);
        let rows = floor(bbox.top, self.height)..ceiling(bbox.bottom, self.height);
        PixelArea { columns, rows }
    }

    fn average(&self, tile: &PixelArea) -> [u8; 3] {
        let (mut sums, mut count) = ([0_u64; 3], 0_u64);
        for pixel in self.rows_of(tile).flat_map(|row| row.chunks_exact(3)) {
            for (sum, value) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(*value);
            }
            count += 1;
        }
        sums.map(|sum| {
            let mean = u8::try_from(sum / count.max(1)).unwrap_or(u8::MAX);
            mean / SHADE * SHADE + SHADE / 2
        })
    }

    fn fill(&mut self, columns: Range<usize>, rows: Range<usize>, colour: [u8; 3]) {
        let width = self.width.max(1);
        for row in self.pixels.chunks_exact_mut(width * 3).take(rows.end).skip(rows.start) {
            for pixel in row.chunks_exact_mut(3).take(columns.end).skip(columns.start) {
                pixel.copy_from_slice(&colour);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to 0..=1 first; a picture's side is far below 2^24"
)]
fn floor(share: f32, length: usize) -> usize {
    // A hair's breadth: 0.3 of 10 pixels is 3.0000001 in binary.
    (share.clamp(0.0, 1.0) * length as f32 + 1e-3).floor() as usize
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "clamped to 0..=1 first; a picture's side is far below 2^24"
)]
fn ceiling(share: f32, length: usize) -> usize {
    ((share.clamp(0.0, 1.0) * length as f32 - 1e-3).ceil() as usize).min(length)
}

#[expect(clippy::cast_precision_loss, reason = "a picture's side is far below 2^24")]
fn middle(index: usize, length: usize) -> f32 {
    (index as f32 + 0.5) / length as f32
}

#[cfg(test)]
mod tests {
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
}
