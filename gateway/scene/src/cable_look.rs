//! What a look for new cables round a two-wheeler says.

use crate::geometry::{BoundingBox, Point};

/// In one picture no more two-wheelers are looked round.
pub const MOST_CABLE_LOOKS: usize = 2;

/// Of one look no more cables are told, the longest first.
pub const MOST_CABLES: usize = 4;

/// The way of a cable has no more points.
pub const MOST_CABLE_POINTS: usize = 16;

/// Under this name an alert tells of a cable from which an e-bike is charged. No detector need know it.
pub const CHARGING_WIRE: &str = "charging_wire";

/// One look for new cables round a two-wheeler.
#[derive(Debug, Clone, PartialEq)]
pub struct CableLook {
    /// The two-wheeler that was asked about.
    pub place: BoundingBox,
    /// What the look showed.
    pub sight: CableSight,
}

/// What a look for new cables showed.
#[derive(Debug, Clone, PartialEq)]
pub enum CableSight {
    /// It is not known what the place looks like without a two-wheeler.
    NoReference,
    /// The picture cannot be laid over the one from before: the camera was turned, the light is another, or
    /// there is too little to hold on to.
    Unaligned,
    /// People or vehicles hide too much of the place.
    Hidden,
    /// The place was seen. These cables have come since, the longest first; often none.
    Seen(Vec<Cable>),
}

/// A cable that was not there before.
#[derive(Debug, Clone, PartialEq)]
pub struct Cable {
    /// How sure the net is that the tile shows one, 0..=1.
    pub score: f32,
    /// How long its way is, in pixels of the camera's picture.
    pub length_px: u32,
    /// Its way from one end to the other, normalised: 2 to [`MOST_CABLE_POINTS`] points.
    pub path: Vec<Point>,
}

impl Cable {
    /// The smallest box around its way.
    #[must_use]
    pub fn bounds(&self) -> BoundingBox {
        let empty = BoundingBox { left: 1.0, top: 1.0, right: 0.0, bottom: 0.0 };
        let around = self.path.iter().fold(empty, |it, point| BoundingBox {
            left: it.left.min(point.x),
            top: it.top.min(point.y),
            right: it.right.max(point.x),
            bottom: it.bottom.max(point.y),
        });
        if self.path.is_empty() { BoundingBox { left: 0.0, top: 0.0, ..around } } else { around }
    }
}
