//! Points, boxes and polygons in the unit square of a picture: x grows right, y grows down.
//!
//! Own code, not the `geo` crate, which would bring 19 more crates: here the border belongs to the
//! zone, a refusal names the corner or the edge, and clipping to a box takes thirty lines.

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
        Point { x: f32::midpoint(self.left, self.right), y: f32::midpoint(self.top, self.bottom) }
    }

    /// Intersection over union with `other`, 0..=1; 0 if either is empty.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let intersection = self.common_area(other);
        let union = self.area() + other.area() - intersection;
        if union > 0.0 { intersection / union } else { 0.0 }
    }

    /// The area that lies in both.
    #[must_use]
    pub fn common_area(&self, other: &Self) -> f32 {
        let width = (self.right.min(other.right) - self.left.max(other.left)).max(0.0);
        let height = (self.bottom.min(other.bottom) - self.top.max(other.top)).max(0.0);
        width * height
    }
}

/// A simple polygon of at least three corners, normalised; either orientation.
#[derive(Debug, Clone, PartialEq)]
pub struct Polygon(Vec<Point>);

/// Why a list of points is not a polygon. Corners and edges count from 0; edge n leaves corner n.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolygonError {
    /// Fewer than three corners.
    #[error("a polygon needs at least 3 corners, found {0}")]
    TooFewCorners(usize),
    /// A corner lies outside the picture or is not a number.
    #[error("corner {0} lies outside the picture")]
    OutsidePicture(usize),
    /// A corner is the same point as the one before it.
    #[error("corner {0} repeats the corner before it; name each corner once, also the first")]
    RepeatedCorner(usize),
    /// All corners on one line, or the edges cancel out.
    #[error("the polygon encloses no area")]
    NoArea,
    /// Two edges cross.
    #[error("edges {0} and {1} cross")]
    SelfIntersecting(usize, usize),
}

/// Below this share of the picture (a hundredth of a pixel in 1920x1080) a polygon is a line.
const SMALLEST_AREA: f64 = 5e-9;

impl Polygon {
    /// The polygon with these corners, in order; the last is joined to the first.
    ///
    /// # Errors
    /// If the corners are fewer than three, outside 0..=1, repeated, on one line, or if any two
    /// edges cross or touch elsewhere than in their shared corner.
    pub fn new(corners: Vec<Point>) -> Result<Self, PolygonError> {
        if corners.len() < 3 {
            return Err(PolygonError::TooFewCorners(corners.len()));
        }
        let unit = 0.0..=1.0;
        // NaN lies in no range.
        let outside = |p: &Point| !unit.contains(&p.x) || !unit.contains(&p.y);
        if let Some(corner) = corners.iter().position(outside) {
            return Err(PolygonError::OutsidePicture(corner));
        }
        if ring_area(&corners) < SMALLEST_AREA {
            return Err(PolygonError::NoArea);
        }
        if let Some(edge) = edges(&corners).position(|(a, b)| a == b) {
            return Err(PolygonError::RepeatedCorner((edge + 1) % corners.len()));
        }
        match first_crossing(&corners) {
            Some((a, b)) => Err(PolygonError::SelfIntersecting(a, b)),
            None => Ok(Self(corners)),
        }
    }

    /// The corners, as given.
    #[must_use]
    pub fn corners(&self) -> &[Point] {
        &self.0
    }

    /// Area as a share of the picture.
    #[must_use]
    pub fn area(&self) -> f32 {
        narrow(ring_area(&self.0))
    }

    /// The smallest box around it.
    #[must_use]
    pub fn bounds(&self) -> BoundingBox {
        let empty = BoundingBox { left: 1.0, top: 1.0, right: 0.0, bottom: 0.0 };
        self.0.iter().fold(empty, |b, p| BoundingBox {
            left: b.left.min(p.x),
            top: b.top.min(p.y),
            right: b.right.max(p.x),
            bottom: b.bottom.max(p.y),
        })
    }

    /// Whether `point` lies inside or on the border. A foot on the picture's lower edge is thus in
    /// a zone that reaches down to it.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        let mut inside = false;
        for (a, b) in edges(&self.0) {
            if on_segment(point, a, b) {
                return true;
            }
            // A ray to the right; half-open in y, so that it meets each corner once.
            if (a.y > point.y) != (b.y > point.y) {
                let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
                inside ^= turn(low, high, point) > 0.0;
            }
        }
        inside
    }

    /// Share of the box's area that lies inside the polygon, 0..=1; 0 for an empty box.
    #[must_use]
    pub fn covered_share(&self, bbox: &BoundingBox) -> f32 {
        let area = f64::from(bbox.width()) * f64::from(bbox.height());
        if area > 0.0 { narrow((self.clipped_area(bbox) / area).clamp(0.0, 1.0)) } else { 0.0 }
    }

    /// Area common with the box: Sutherland and Hodgman's clipping against its four sides. Where
    /// the polygon is not convex the result runs along a side twice, which adds no area.
    fn clipped_area(&self, bbox: &BoundingBox) -> f64 {
        let ring: Vec<(f64, f64)> =
            self.0.iter().map(|p| (f64::from(p.x), f64::from(p.y))).collect();
        let swap =
            |ring: Vec<(f64, f64)>| -> Vec<_> { ring.into_iter().map(|(x, y)| (y, x)).collect() };
        let ring = keep_between(&ring, bbox.left, bbox.right);
        let ring = keep_between(&swap(ring), bbox.top, bbox.bottom);
        shoelace(&ring)
    }
}

/// The edges of a closed ring, from each item to the next.
fn edges<T: Copy>(ring: &[T]) -> impl Iterator<Item = (T, T)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

fn ring_area(corners: &[Point]) -> f64 {
    let ring: Vec<_> = corners.iter().map(|p| (f64::from(p.x), f64::from(p.y))).collect();
    shoelace(&ring)
}

fn shoelace(ring: &[(f64, f64)]) -> f64 {
    edges(ring).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>().abs() / 2.0
}

/// The part of a ring that lies between two values of its first coordinate.
fn keep_between(ring: &[(f64, f64)], low: f32, high: f32) -> Vec<(f64, f64)> {
    let (low, high) = (f64::from(low), f64::from(high));
    let ring = keep_side(ring, low, |v| v >= low);
    keep_side(&ring, high, |v| v <= high)
}

fn keep_side(ring: &[(f64, f64)], limit: f64, keep: impl Fn(f64) -> bool) -> Vec<(f64, f64)> {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    for (a, b) in edges(ring) {
        if keep(a.0) {
            kept.push(a);
        }
        if keep(a.0) != keep(b.0) {
            let share = (limit - a.0) / (b.0 - a.0);
            kept.push((limit, a.1 + share * (b.1 - a.1)));
        }
    }
    kept
}

/// Twice the signed area of the triangle: positive if `a`, `b`, `c` turn clockwise on the screen.
fn turn(a: Point, b: Point, c: Point) -> f64 {
    let from_a = |p: Point| (f64::from(p.x) - f64::from(a.x), f64::from(p.y) - f64::from(a.y));
    let (b, c) = (from_a(b), from_a(c));
    b.0 * c.1 - b.1 * c.0
}

fn on_segment(p: Point, a: Point, b: Point) -> bool {
    let between = |v: f32, from: f32, to: f32| from.min(to) <= v && v <= from.max(to);
    between(p.x, a.x, b.x) && between(p.y, a.y, b.y) && turn(a, b, p).abs() <= f64::EPSILON
}

/// The first two edges that share a point other than the corner between neighbours.
fn first_crossing(corners: &[Point]) -> Option<(usize, usize)> {
    let last = corners.len() - 1;
    for (i, (a, b)) in edges(corners).enumerate() {
        for (j, (c, d)) in edges(corners).enumerate().skip(i + 1) {
            let touch = if j == i + 1 {
                on_segment(d, a, b) || on_segment(a, c, d)
            } else if i == 0 && j == last {
                on_segment(c, a, b) || on_segment(b, c, d)
            } else {
                segments_meet((a, b), (c, d))
            };
            if touch {
                return Some((i, j));
            }
        }
    }
    None
}

fn segments_meet((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let apart = |p: f64, q: f64| (p > 0.0 && q < 0.0) || (p < 0.0 && q > 0.0);
    let crossing = apart(turn(a, b, c), turn(a, b, d)) && apart(turn(c, d, a), turn(c, d, b));
    crossing
        || on_segment(c, a, b)
        || on_segment(d, a, b)
        || on_segment(a, c, d)
        || on_segment(b, c, d)
}

#[expect(clippy::cast_possible_truncation, reason = "a share of the picture; f32 holds 7 digits")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests;
