//! How a zone is watched, and what is shown of it.

use scene::{BoundingBox, CaptureTime};

use crate::picture::Picture;

/// How a zone is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Looks in which a thing must be seen at one place before it is told.
    pub looks: u32,
    /// What leaves is told for as long as it is gone. Else its place becomes a part of the empty zone.
    pub keeps_what_leaves: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { looks: 8, keeps_what_leaves: false }
    }
}

/// One look at a zone.
#[derive(Debug, Clone, Copy)]
pub struct ZoneLook<'a> {
    /// The pixels of the zone's rectangle.
    pub picture: Picture<'a>,
    /// When the camera took it.
    pub time: CaptureTime,
    /// Persons and vehicles, in shares of the zone's rectangle; they may reach beyond it.
    pub moving: &'a [BoundingBox],
}
