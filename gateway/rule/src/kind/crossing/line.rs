//! A directed line in the picture, its two sides, and what it means to be clear of it.

use scene::{BoundingBox, Point};
use serde::{Deserialize, Serialize};

use crate::ranges::Fault;

/// Nearer to the line than this share of the picture, a foot is on neither side.
const CLEARANCE: f32 = 0.02;
/// The same as a share of the object's height: the nearer an object, the more its box trembles.
const CLEARANCE_OF_HEIGHT: f32 = 0.1;
/// A shorter line, as a share of the picture, is a slip of the pen.
const SHORTEST: f32 = 0.01;

/// A side of the line, for someone who stands at its first point and looks towards its second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Left,
    Right,
}

/// A directed line between two points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Line {
    from: Point,
    to: Point,
}

impl Line {
    pub(super) const fn new([from, to]: [Point; 2]) -> Self {
        Self { from, to }
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        let unit = 0.0..=1.0;
        let is_inside = |p: Point| unit.contains(&p.x) && unit.contains(&p.y);
        if !is_inside(self.from) || !is_inside(self.to) {
            Some(("line", "two points of the picture"))
        } else if self.length() < SHORTEST {
            Some(("line", "two points at least a hundredth of the picture apart"))
        } else {
            None
        }
    }

    /// The side of which an object stands clear; none near the line.
    pub(super) fn clear_side(&self, bbox: &BoundingBox) -> Option<Side> {
        let clearance = CLEARANCE.max(CLEARANCE_OF_HEIGHT * bbox.height());
        let distance = self.distance(bbox.foot());
        if distance.abs() < clearance {
            None
        } else if distance < 0.0 {
            Some(Side::Left)
        } else {
            Some(Side::Right)
        }
    }

    /// If a foot goes over to the right on this step, the point at which it does so, or none if
    /// that lies beyond the line's ends.
    pub(super) fn met(&self, before: Point, after: Point) -> Option<Option<Point>> {
        let (near, far) = (self.distance(before), self.distance(after));
        if near > 0.0 || far <= 0.0 {
            return None;
        }
        let share = near / (near - far);
        let point = Point {
            x: before.x + share * (after.x - before.x),
            y: before.y + share * (after.y - before.y),
        };
        let along = self.along(point);
        Some((0.0..=self.length()).contains(&along).then_some(point))
    }

    /// Distance from the endless line as a share of the picture: positive on the right.
    fn distance(&self, p: Point) -> f32 {
        let (x, y) = self.direction();
        x * (p.y - self.from.y) - y * (p.x - self.from.x)
    }

    /// How far along the line a point lies, from its beginning.
    fn along(&self, p: Point) -> f32 {
        let (x, y) = self.direction();
        x * (p.x - self.from.x) + y * (p.y - self.from.y)
    }

    fn direction(&self) -> (f32, f32) {
        let length = self.length().max(f32::EPSILON);
        ((self.to.x - self.from.x) / length, (self.to.y - self.from.y) / length)
    }

    fn length(&self) -> f32 {
        (self.to.x - self.from.x).hypot(self.to.y - self.from.y)
    }
}
