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

    /// Draws along the level and upright edges of a normalised polygon.
    pub fn trace(&mut self, corners: &[Point]) {
        let line = (self.height / LINE_SHARE).max(2);
        for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
            let edge = BoundingBox {
                left: from.x.min(to.x),
                top: from.y.min(to.y),
                right: from.x.max(to.x),
                bottom: from.y.max(to.y),
            };
            let PixelArea { columns, rows } = self.area(&edge);
            let wide = columns.start..columns.end.max(columns.start + line).min(self.width);
            let high = rows.start..rows.end.max(rows.start + line).min(self.height);
            self.fill(wide, high, ALERT_RED);
        }
    }

    /// Draws along a normalised way from one end to the other.
    pub fn draw_way(&mut self, points: &[Point]) {
        let line = (self.height / LINE_SHARE).max(2);
        let place = |point: &Point| (floor(point.x, self.width), floor(point.y, self.height));
        let places: Vec<(usize, usize)> = points.iter().map(place).collect();
        for (from, to) in places.iter().zip(places.iter().skip(1)) {
            let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1)).max(1);
            for step in 0..=steps {
                let between = |from: usize, to: usize| (from * (steps - step) + to * step) / steps;
                let corner = |at: usize| at.saturating_sub(line / 2);
                let (left, top) = (corner(between(from.0, to.0)), corner(between(from.1, to.1)));
                self.fill(left..left + line, top..top + line, ALERT_RED);
            }
        }
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
mod tests;
