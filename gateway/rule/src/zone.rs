//! A named part of one camera's picture.

use scene::Polygon;

use crate::slug::Slug;

/// A part of one camera's picture to which rules apply.
#[derive(Debug, Clone, PartialEq)]
pub struct Zone {
    /// Unique within the gateway, by convention `camera.zone`: `cam-01.shutter`.
    pub id: Slug,
    /// Its outline, normalised.
    pub polygon: Polygon,
}
