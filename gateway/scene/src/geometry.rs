//! Points, boxes and polygons in the unit square of a picture: x grows right, y grows down.

/// A point of the picture, normalised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// 0 at the left edge, 1 at the right edge.
    pub x: f32,
    /// 0 at the top edge, 1 at the bottom edge.
    pub y: f32,
}

/// An axis-aligned box, normalised; `left <= right`, `top <= bottom`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// x of the left edge.
    pub left: f32,
    /// y of the top edge.
    pub top: f32,
    /// x of the right edge.
    pub right: f32,
    /// y of the bottom edge.
    pub bottom: f32,
}

impl BoundingBox {
    /// Width, 0..=1.
    #[must_use]
    pub fn width(&self) -> f32 {
        (self.right - self.left).max(0.0)
    }

    /// Height, 0..=1.
    #[must_use]
    pub fn height(&self) -> f32 {
        (self.bottom - self.top).max(0.0)
    }

    /// Area as a share of the picture.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The middle of the lower edge: where the object stands on the ground.
    #[must_use]
    pub fn foot(&self) -> Point {
        Point { x: f32::midpoint(self.left, self.right), y: self.bottom }
    }

    /// The middle of the box.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point {
            x: f32::midpoint(self.left, self.right),
            y: f32::midpoint(self.top, self.bottom),
        }
    }

    /// Intersection over union with `other`, 0..=1; 0 if either is empty.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let width = (self.right.min(other.right) - self.left.max(other.left)).max(0.0);
        let height = (self.bottom.min(other.bottom) - self.top.max(other.top)).max(0.0);
        let intersection = width * height;
        let union = self.area() + other.area() - intersection;
        if union > 0.0 { intersection / union } else { 0.0 }
    }
}

/// A simple polygon of at least three corners, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon(Vec<Point>);

/// Why a list of points is no polygon.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidPolygon {
    /// Fewer than three corners.
    #[error("a polygon needs at least 3 corners, found {0}")]
    TooFewCorners(usize),
    /// A corner lies outside the picture or is not a number.
    #[error("corner {0} lies outside the picture")]
    OutsidePicture(usize),
    /// All corners on one line, or the edges cancel out.
    #[error("the polygon encloses no area")]
    NoArea,
    /// Two edges cross.
    #[error("edges {0} and {1} cross")]
    SelfIntersecting(usize, usize),
}
