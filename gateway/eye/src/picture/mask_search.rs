//! The picture of an alert: searched once more for people and vehicles, masked, encoded.
//!
//! What the rules saw is not enough for a mask. They know only the classes that they asked for, at
//! scores that avoid false alarms, in the picture as a whole. A mask must rather hide too much.
//! Evidence is rare, so the detector looks again: for all people and vehicles, at low scores, in the
//! whole picture and in tiles of it, where small people are large enough to be found.

use std::ops::Range;
use std::time::Instant;

use camera::{Picture, Rgb, ScaleError};
use detector::{DetectError, DetectSettings, InputFormat, Letterbox, Manifest, RgbPicture};
use scene::{BoundingBox, Detection, Polygon};

use super::canvas::{Canvas, PixelArea};
use super::lane_context::LaneContext;
use super::mask::{Mask, Searched};
use super::outline::Outline;
use super::snapshot::{SnapshotError, encode, mask_and_encode};
use crate::protocol::{Shot, ShotRequest};

/// The least score, 0..=1, at which somebody may be there.
const LEAST_SCORE: f32 = 0.18;

/// A tile is smaller than the detector's input by this factor, so that what it shows is enlarged.
const ENLARGED: f32 = 1.1;

/// Neighbouring tiles share this part of their length, so that nobody is cut in two in both.
const OVERLAP: f32 = 0.25;

/// More tiles than this would keep other cameras waiting: larger pictures get larger tiles.
const MOST_TILES: usize = 12;

/// Why there is no masked picture. The picture as the camera took it never replaces it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MaskError {
    /// Its size or pixel format.
    #[error(transparent)]
    Scale(#[from] ScaleError),
    /// It could not be searched, so it cannot be masked.
    #[error("cannot search the picture for people: {0}")]
    Search(#[from] DetectError),
    /// A privacy zone cannot be filled.
    #[error("a privacy zone is no polygon")]
    Zones,
    /// It could not be encoded.
    #[error(transparent)]
    Encode(#[from] SnapshotError),
}

/// What the detector looks for before a picture may leave.
#[derive(Debug)]
pub struct MaskSearch {
    detect: DetectSettings,
    searched: Searched,
}

impl MaskSearch {
    /// For a model's classes. A model that knows no people or no vehicles cannot find them.
    pub fn of(manifest: &Manifest) -> Self {
        let known: Vec<&str> = manifest.classes.iter().map(scene::Class::as_str).collect();
        let wanted = [Mask::PERSON].into_iter().chain(Mask::VEHICLES);
        let names: Vec<&str> = wanted.filter(|name| known.contains(name)).collect();
        let searched = Searched {
            heads: names.contains(&Mask::PERSON),
            plates: names.iter().any(|name| Mask::VEHICLES.contains(name)),
        };
        let classes = manifest.class_filter(names).unwrap_or_else(|_| manifest.every_class());
        Self { detect: DetectSettings { min_score: LEAST_SCORE, classes, input: 0 }, searched }
    }

    /// What the model can find, and so what can be masked.
    pub fn searched(&self) -> Searched {
        self.searched
    }

    /// Searches, masks and encodes `picture`. Calls `go_on` between two steps.
    ///
    /// # Errors
    /// If it cannot be searched or encoded.
    pub(crate) fn make(
        &self,
        (picture, outlines): (&Picture, &[Outline]),
        request: &ShotRequest,
        context: &mut LaneContext,
        go_on: &dyn Fn(),
    ) -> Result<Shot, MaskError> {
        let started = Instant::now();
        let zones = request.zones().ok_or(MaskError::Zones)?;
        let size_px = (picture.width(), picture.height());
        let canvas = Canvas::copy_of(context.scaler.scale(picture, size_px)?);
        go_on();
        let mask = self.mask((picture, &canvas), zones, context, go_on)?;
        let masked = mask.summary();
        let original = request.with_original.then(|| encode(&canvas)).transpose()?;
        go_on();
        let jpeg = mask_and_encode(canvas, &mask, (&request.boxes(), outlines))?;
        Ok(Shot { jpeg, masked, original, size_px, took: started.elapsed() })
    }

    fn mask(
        &self,
        (picture, canvas): (&Picture, &Canvas),
        zones: Vec<Polygon>,
        context: &mut LaneContext,
        go_on: &dyn Fn(),
    ) -> Result<Mask, MaskError> {
        let mut found = self.search(picture, context)?;
        let (width, height) = canvas.size();
        for tile in tiles((width, height), context.detector.input()) {
            let size = (side(&tile.columns), side(&tile.rows));
            let part = Picture::of_rgb(size, canvas.rows_of(&tile), picture.captured_at);
            go_on();
            let in_tile = self.search(&part, context)?;
            found.extend(in_tile.into_iter().map(|detection| Detection {
                bbox: in_whole(&detection.bbox, &tile, (width, height)),
                ..detection
            }));
        }
        go_on();
        Ok(Mask::of(&found, canvas.size(), self.searched, zones))
    }

    fn search(
        &self,
        picture: &Picture,
        context: &mut LaneContext,
    ) -> Result<Vec<Detection>, MaskError> {
        let LaneContext { detector, scaler, .. } = context;
        let letterbox = Letterbox::fit(picture.width(), picture.height(), detector.input());
        let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
        let inner = (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
        let Rgb { stride, pixels, .. } = scaler.scale(picture, inner)?;
        let rgb = RgbPicture { width, height, stride, pixels };
        Ok(detector.detect(&rgb, &letterbox, &self.detect)?)
    }
}

/// Overlapping parts of a picture of `size` pixels that together show all of it; none if it is so
/// small that the detector sees it enlarged anyway.
fn tiles((width, height): (usize, usize), input: &InputFormat) -> Vec<PixelArea> {
    let mut enlarged = ENLARGED;
    loop {
        let columns = spans(width, scaled(input.width(), 1.0 / enlarged));
        let rows = spans(height, scaled(input.height(), 1.0 / enlarged));
        let count = columns.len() * rows.len();
        if count <= 1 {
            return Vec::new();
        }
        if count <= MOST_TILES {
            let row = |rows: &Range<usize>| {
                let rows = rows.clone();
                let area = move |columns: Range<usize>| PixelArea { columns, rows: rows.clone() };
                columns.clone().into_iter().map(area)
            };
            return rows.iter().flat_map(row).collect();
        }
        enlarged *= 0.9;
    }
}

/// Spans of `span` pixels that cover `0..length` with [`OVERLAP`].
fn spans(length: usize, span: usize) -> Vec<Range<usize>> {
    if length <= span {
        return std::iter::once(0..length).collect();
    }
    let step = scaled(span, 1.0 - OVERLAP).max(1);
    let count = (length - span).div_ceil(step);
    (0..=count).map(|at| (length - span) * at / count).map(|from| from..from + span).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a picture's side is far below 2^24, and the factor is positive"
)]
fn scaled(length: usize, factor: f32) -> usize {
    (length as f32 * factor).round() as usize
}

fn side(range: &Range<usize>) -> u32 {
    u32::try_from(range.len()).unwrap_or(0)
}

/// A box of a part, as a box of the whole picture of `size` pixels.
#[expect(clippy::cast_precision_loss, reason = "a picture's side is far below 2^24")]
fn in_whole(bbox: &BoundingBox, part: &PixelArea, size: (usize, usize)) -> BoundingBox {
    let along = |share: f32, span: &Range<usize>, whole: usize| {
        (span.start as f32 + share * span.len() as f32) / whole as f32
    };
    BoundingBox {
        left: along(bbox.left, &part.columns, size.0),
        top: along(bbox.top, &part.rows, size.1),
        right: along(bbox.right, &part.columns, size.0),
        bottom: along(bbox.bottom, &part.rows, size.1),
    }
}

#[cfg(test)]
mod tests;
