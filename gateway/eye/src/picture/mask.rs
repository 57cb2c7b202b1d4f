//! Where heads and number plates are, guessed from the boxes of people and vehicles.
//!
//! The detector knows people and vehicles, not faces or plates. Where those are follows from the
//! shape of both: a head is at the top of a person, a plate at the lower front or rear of a vehicle.
//! The guess is generous, because a hidden shoulder costs little and a visible face costs much.

use scene::{BoundingBox, Detection, Polygon};

use super::canvas::Canvas;
use crate::protocol::{Masked, Masking};

/// A person that is smaller is hidden whole: the box is too coarse to say where the head is.
const SMALL_PERSON_PX: f32 = 64.0;

/// Added on every side, as a share of the box's longer side: boxes may be a little tight.
const MARGIN: f32 = 0.06;

/// Tiles across a person: a head is a third to a half of that wide, so one or two tiles.
const TILES_ACROSS_PERSON: f32 = 4.0;

/// Tiles across a vehicle. A plate is a quarter of a car's width, so about two tiles for seven
/// characters.
const TILES_ACROSS_VEHICLE: f32 = 8.0;

/// The least tile: below it a mosaic is only a coarse picture.
const LEAST_TILE_PX: f32 = 6.0;

/// What an alert's picture must not show.
#[derive(Debug, Clone, Default)]
pub struct Mask {
    heads: Vec<Patch>,
    plates: Vec<Patch>,
    zones: Vec<Polygon>,
    searched: Searched,
}

/// What was looked for: a model that knows no people cannot say where none are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Searched {
    /// People.
    pub heads: bool,
    /// Vehicles.
    pub plates: bool,
}

/// One area to be made unreadable, normalised.
#[derive(Debug, Clone, PartialEq)]
struct Patch {
    bbox: BoundingBox,
    tile_px: f32,
}

impl Mask {
    /// The class whose heads are hidden.
    pub const PERSON: &str = "person";
    /// Vehicles with a plate, as the shipped detector names them.
    pub const VEHICLES: [&str; 5] = ["car", "motorcycle", "bus", "train", "truck"];

    /// For a picture of `size` (width and height in pixels) that shows `detections`.
    pub fn of(
        detections: &[Detection],
        (width, height): (usize, usize),
        searched: Searched,
        zones: Vec<Polygon>,
    ) -> Self {
        let size = Size { width: pixels(width), height: pixels(height) };
        let mut mask = Self { zones, searched, ..Self::default() };
        for detection in detections {
            let class = detection.class.as_str();
            if class == Self::PERSON {
                mask.heads.push(size.head(&detection.bbox));
            } else if Self::VEHICLES.contains(&class) {
                mask.plates.push(size.plate(&detection.bbox, class));
            }
        }
        mask
    }

    /// What the alert says of it.
    pub fn summary(&self) -> Masked {
        let word = |searched, patches: &[Patch]| match (searched, patches) {
            (false, _) => Masking::NotSearched,
            (true, []) => Masking::NoneFound,
            (true, _) => Masking::Blurred,
        };
        Masked {
            faces: word(self.searched.heads, &self.heads),
            plates: word(self.searched.plates, &self.plates),
            zones: !self.zones.is_empty(),
        }
    }

    /// Paints the mosaic over all that is to be hidden.
    pub fn apply(&self, canvas: &mut Canvas) {
        for patch in self.plates.iter().chain(&self.heads) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "at least 6, and no picture has sides of more than 65,535"
            )]
            let tile_px = patch.tile_px.ceil() as usize;
            canvas.make_mosaic(&patch.bbox, tile_px);
        }
        for zone in &self.zones {
            canvas.fill_zone(zone);
        }
    }

    /// Whether a point, normalised, lies where a head was taken to be.
    #[cfg(test)]
    pub fn hides_head(&self, x: f32, y: f32) -> bool {
        self.heads.iter().any(|patch| patch.holds(x, y))
    }

    /// Whether a point, normalised, lies where a plate was taken to be.
    #[cfg(test)]
    pub fn hides_plate(&self, x: f32, y: f32) -> bool {
        self.plates.iter().any(|patch| patch.holds(x, y))
    }
}

#[cfg(test)]
impl Patch {
    fn holds(&self, x: f32, y: f32) -> bool {
        let BoundingBox { left, top, right, bottom } = self.bbox;
        (left..=right).contains(&x) && (top..=bottom).contains(&y)
    }
}

/// A picture's size in pixels.
#[derive(Debug, Clone, Copy)]
struct Size {
    width: f32,
    height: f32,
}

#[expect(clippy::cast_precision_loss, reason = "a picture's side is far below 2^24")]
fn pixels(side: usize) -> f32 {
    side as f32
}

impl Size {
    fn head(self, bbox: &BoundingBox) -> Patch {
        let (width_px, height_px) = (bbox.width() * self.width, bbox.height() * self.height);
        // An upright person is two and a half to four times as high as wide, a seventh to an eighth
        // of it head. Somebody who sits, bends, rides or is cut off below has a larger share of head.
        let slimness = height_px / width_px.max(1.0);
        let is_cut_below = bbox.bottom * self.height > self.height - 3.0;
        let share = match slimness {
            _ if height_px < SMALL_PERSON_PX => 1.0,
            2.2.. if !is_cut_below => 0.3,
            1.5.. => 0.5,
            _ => 1.0,
        };
        let bottom = bbox.top + bbox.height() * share;
        let tile_px = (width_px.min(height_px) / TILES_ACROSS_PERSON).max(LEAST_TILE_PX);
        self.patch(&BoundingBox { bottom, ..*bbox }, tile_px, width_px.min(height_px))
    }

    fn plate(self, bbox: &BoundingBox, class: &str) -> Patch {
        let (width_px, height_px) = (bbox.width() * self.width, bbox.height() * self.height);
        // A motorcycle's plate sits high under its seat; a lorry's bumper may be half way up.
        let from = if class == "motorcycle" { 0.2 } else { 0.4 };
        let top = bbox.top + bbox.height() * from;
        // Seen from the side a vehicle is long, and a plate is no wider for that.
        let face_px = width_px.min(height_px * 1.3);
        let tile_px = (face_px / TILES_ACROSS_VEHICLE).max(LEAST_TILE_PX);
        self.patch(&BoundingBox { top, ..*bbox }, tile_px, width_px.min(height_px))
    }

    fn patch(self, bbox: &BoundingBox, tile_px: f32, scale_px: f32) -> Patch {
        let margin_px = (scale_px * MARGIN).max(2.0);
        let (x, y) = (margin_px / self.width, margin_px / self.height);
        let bbox = BoundingBox {
            left: (bbox.left - x).max(0.0),
            top: (bbox.top - y).max(0.0),
            right: (bbox.right + x).min(1.0),
            bottom: (bbox.bottom + y).min(1.0),
        };
        Patch { bbox, tile_px }
    }
}
