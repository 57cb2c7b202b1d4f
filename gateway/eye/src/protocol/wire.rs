//! The words of the scene as they travel: the scene itself knows no format.
//!
//! What comes up from an eye may be anything, if the eye has fallen to a hostile camera. So each
//! word is checked on its way back.

use scene::{BoundingBox, CaptureTime, Point, Polygon};
use serde::{Deserialize, Serialize};

/// A value that the gateway does not take from an eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the eye reports an impossible {0}")]
pub struct ImpossibleError(pub(super) &'static str);

/// Microseconds since 1970, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Micros(i64);

/// Left, top, right, bottom; normalised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct WireBox(pub(super) [f32; 4]);

/// Corners, normalised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WirePolygon(Vec<(f32, f32)>);

impl From<CaptureTime> for Micros {
    fn from(at: CaptureTime) -> Self {
        Self(at.unix_micros())
    }
}

impl From<Micros> for CaptureTime {
    fn from(Micros(micros): Micros) -> Self {
        Self::from_unix_micros(micros)
    }
}

impl From<&BoundingBox> for WireBox {
    fn from(it: &BoundingBox) -> Self {
        Self([it.left, it.top, it.right, it.bottom])
    }
}

impl WireBox {
    /// The part of it that lies within the picture: an object that is followed may have moved out.
    pub(crate) fn within_the_picture(self) -> BoundingBox {
        let Self(sides) = self;
        let [left, top, right, bottom] = sides.map(|side| side.clamp(0.0, 1.0));
        BoundingBox { left, top, right, bottom }
    }
}

impl TryFrom<WireBox> for BoundingBox {
    type Error = ImpossibleError;

    fn try_from(WireBox(sides): WireBox) -> Result<Self, ImpossibleError> {
        let [left, top, right, bottom] = sides;
        let is_within = sides.iter().all(|side| (0.0..=1.0).contains(side));
        if !is_within || left > right || top > bottom {
            return Err(ImpossibleError("box"));
        }
        Ok(Self { left, top, right, bottom })
    }
}

impl From<&Polygon> for WirePolygon {
    fn from(it: &Polygon) -> Self {
        Self(it.corners().iter().map(|corner| (corner.x, corner.y)).collect())
    }
}

impl TryFrom<WirePolygon> for Polygon {
    type Error = ImpossibleError;

    fn try_from(WirePolygon(corners): WirePolygon) -> Result<Self, ImpossibleError> {
        let corners = corners.into_iter().map(|(x, y)| Point { x, y }).collect();
        Self::new(corners).map_err(|_| ImpossibleError("zone"))
    }
}
