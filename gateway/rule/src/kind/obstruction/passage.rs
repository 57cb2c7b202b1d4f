//! A passage, cut into stations along its axis, and the width that is free at each.
//!
//! It lies on the ground, in metres, or in the picture, in picture heights.

use scene::{BoundingBox, GroundPlane, GroundPoint, Point, Polygon};

use super::spans::{Span, united, widest_gap};

/// Metres between two stations.
const STATION_EVERY_M: f64 = 0.25;
/// Stations of a passage in the picture.
const STATIONS_IN_PICTURE: f64 = 64.0;
/// No camera sees farther than 1 km: a longer passage comes from a calibration that is wrong.
const MOST_STATIONS: f64 = 4_000.0;
/// Towards its ends a passage drawn at a slant tapers. Ends narrower than this share of its median
/// width are left out: there the drawing ends, not the passage.
const TAPERED: f64 = 0.5;
/// The same in the picture, where what is far is narrow: the far end of a passage is seen at a fifth of
/// its median width.
const TAPERED_IN_PICTURE: f64 = 0.2;
/// Of a picture's width to its height. No rule knows that of its camera; from 4:3 to 16:9 the share of a
/// width that is taken differs little.
const ASPECT: f64 = 1.6;
/// The share of a box's height by which the direction away from the camera is taken.
const STEP_AWAY: f32 = 0.01;

/// A passage.
#[derive(Debug)]
pub(super) struct Passage {
    /// Unit vector of its principal axis, east and north.
    axis: (f64, f64),
    /// From a station to the next.
    step: f64,
    stations: Vec<Station>,
}

/// A cut across a passage.
#[derive(Debug)]
struct Station {
    along: f64,
    /// What of the cut is passage, across it, in order.
    open: Vec<Span>,
}

/// Where something stands in a passage: its corners, in order round it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Footprint([Place; 4]);

/// How far along and across a passage.
#[derive(Debug, Clone, Copy)]
struct Place {
    along: f64,
    across: f64,
}

impl Passage {
    /// The passage that the picture shows as this polygon; none if the polygon reaches the horizon
    /// or is longer than any camera sees.
    pub(super) fn on(ground: &GroundPlane, polygon: &Polygon) -> Option<Self> {
        let corners: Vec<GroundPoint> =
            polygon.corners().iter().map(|p| ground.locate(*p)).collect::<Option<_>>()?;
        Self::along(&corners, |_| STATION_EVERY_M, TAPERED)
    }

    /// The passage as the picture shows it, for which no calibration is needed; none if the polygon has
    /// no area.
    pub(super) fn in_picture(polygon: &Polygon) -> Option<Self> {
        let corners: Vec<GroundPoint> = polygon.corners().iter().map(|p| in_picture(*p)).collect();
        Self::along(&corners, |length| length / STATIONS_IN_PICTURE, TAPERED_IN_PICTURE)
    }

    /// The passage with these corners, cut at steps that follow from its length.
    fn along(corners: &[GroundPoint], step: impl Fn(f64) -> f64, tapered: f64) -> Option<Self> {
        let axis = principal_axis(corners)?;
        let mut passage = Self { axis, step: 0.0, stations: Vec::new() };
        let outline: Vec<Place> = corners.iter().map(|p| passage.place(*p)).collect();
        let alongs = || outline.iter().map(|place| place.along);
        let (first, last) =
            (alongs().fold(f64::INFINITY, f64::min), alongs().fold(f64::NEG_INFINITY, f64::max));
        passage.step = step(last - first);
        if last - first > passage.step * MOST_STATIONS {
            return None;
        }
        let mut along = first + passage.step / 2.0;
        while along < last {
            passage.stations.push(Station { along, open: cut(&outline, along) });
            along += passage.step;
        }
        passage.trim(tapered);
        (!passage.stations.is_empty()).then_some(passage)
    }

    /// Where an object with this box stands: one for each of these `parts`, from left to right, that
    /// stands below the horizon. A part is a box as high as the object's foot reaches.
    ///
    /// Its front is the lower edge of each part. It reaches back as far as the part does on the
    /// ground, but no farther than the object is wide: a box is as high as the object, not as deep.
    pub(super) fn footprints(
        &self,
        ground: &GroundPlane,
        bounds: &BoundingBox,
        parts: &[BoundingBox],
    ) -> Vec<Footprint> {
        let width_at = |y| {
            let left = ground.locate(Point { x: bounds.left, y })?;
            Some(distance_m(left, ground.locate(Point { x: bounds.right, y })?))
        };
        let footprint = |part: &BoundingBox| {
            let width_m = width_at(part.bottom)?;
            self.footprint(ground, (part, bounds.height()), width_m)
        };
        parts.iter().filter_map(footprint).collect()
    }

    fn footprint(
        &self,
        ground: &GroundPlane,
        (part, height): (&BoundingBox, f32),
        width_m: f64,
    ) -> Option<Footprint> {
        let foot = part.foot();
        let up = |by: f32| ground.locate(Point { x: foot.x, y: foot.y - by });
        let left = ground.locate(Point { x: part.left, y: part.bottom })?;
        let right = ground.locate(Point { x: part.right, y: part.bottom })?;
        let (front, away) = (up(0.0)?, up(STEP_AWAY * height)?);
        let reach_m = up(part.height()).map_or(width_m, |back| distance_m(front, back));
        let step_m = distance_m(front, away).max(f64::EPSILON);
        let share = reach_m.min(width_m) / step_m;
        let back_of = |p: GroundPoint| GroundPoint {
            east_m: p.east_m + share * (away.east_m - front.east_m),
            north_m: p.north_m + share * (away.north_m - front.north_m),
        };
        Some(Footprint([left, right, back_of(right), back_of(left)].map(|p| self.place(p))))
    }

    /// Where these parts of an object stand in the picture.
    pub(super) fn footprints_in_picture<'a>(
        &self,
        parts: impl Iterator<Item = &'a BoundingBox>,
    ) -> Vec<Footprint> {
        let footprint = |part: &BoundingBox| {
            let BoundingBox { left, top, right, bottom } = *part;
            let corners = [(left, bottom), (right, bottom), (right, top), (left, top)];
            Footprint(corners.map(|(x, y)| self.place(in_picture(Point { x, y }))))
        };
        parts.map(footprint).collect()
    }

    /// The widest way through at the narrowest station where something stands; none if nothing stands
    /// in the passage.
    pub(super) fn clear_width(&self, footprints: &[Footprint]) -> Option<f64> {
        self.free(footprints).map(|(free, _)| free).min_by(f64::total_cmp)
    }

    /// The largest share of the width at one station that does not belong to the widest way through,
    /// 0..=1; none if nothing stands in the passage.
    pub(super) fn share_taken(&self, footprints: &[Footprint]) -> Option<f64> {
        self.free(footprints).map(|(free, width)| 1.0 - free / width).max_by(f64::total_cmp)
    }

    /// The widest way through and the whole width, at each station where something stands.
    fn free(&self, footprints: &[Footprint]) -> impl Iterator<Item = (f64, f64)> {
        self.stations.iter().filter_map(move |station| {
            let free = station.clear_width(footprints, self.step)?;
            Some((free, station.width()))
        })
    }

    fn place(&self, p: GroundPoint) -> Place {
        let (east, north) = self.axis;
        Place {
            along: p.east_m * east + p.north_m * north,
            across: p.north_m * east - p.east_m * north,
        }
    }

    fn trim(&mut self, tapered: f64) {
        let mut widths: Vec<f64> = self.stations.iter().map(Station::width).collect();
        widths.sort_by(f64::total_cmp);
        let least = tapered * widths.get(widths.len() / 2).copied().unwrap_or(0.0);
        let is_full = |station: &Station| station.width() >= least;
        let first = self.stations.iter().position(is_full).unwrap_or(0);
        let last = self.stations.iter().rposition(is_full).unwrap_or(0);
        self.stations.truncate(last + 1);
        self.stations.drain(..first);
    }
}

impl Station {
    fn width(&self) -> f64 {
        self.open.iter().map(|(low, high)| high - low).fold(0.0, f64::max)
    }

    fn clear_width(&self, footprints: &[Footprint], step: f64) -> Option<f64> {
        let taken: Vec<Span> = footprints
            .iter()
            .filter_map(|footprint| footprint.extent(self.along, step))
            .filter(|span| self.open.iter().any(|open| span.0 < open.1 && span.1 > open.0))
            .collect();
        if taken.is_empty() {
            return None;
        }
        let taken = united(taken);
        Some(self.open.iter().map(|open| widest_gap(*open, &taken)).fold(0.0, f64::max))
    }
}

impl Footprint {
    /// From where to where it reaches across the strip around a station; none if it is elsewhere.
    fn extent(&self, along: f64, step: f64) -> Option<Span> {
        let (low, high) = (along - step / 2.0, along + step / 2.0);
        let mut extent: Option<Span> = None;
        for (a, b) in edges(&self.0) {
            let (near, far) = if a.along <= b.along { (a, b) } else { (b, a) };
            if far.along < low || near.along > high {
                continue;
            }
            for limit in [low.max(near.along), high.min(far.along)] {
                let across = across_at(near, far, limit);
                let (least, most) = extent.unwrap_or((across, across));
                extent = Some((least.min(across), most.max(across)));
            }
            // An edge straight across has both its ends at one place along.
            if (far.along - near.along).abs() < f64::EPSILON {
                let (least, most) = extent.unwrap_or((far.across, far.across));
                extent = Some((least.min(far.across), most.max(far.across)));
            }
        }
        extent
    }
}

/// How far across the edge between two places is at a place along, whichever of them comes first.
fn across_at(near: Place, far: Place, along: f64) -> f64 {
    let length = far.along - near.along;
    let share = if length.abs() < f64::EPSILON { 0.0 } else { (along - near.along) / length };
    near.across + share * (far.across - near.across)
}

/// What of the line across at this place lies inside the outline.
fn cut(outline: &[Place], along: f64) -> Vec<Span> {
    let mut meets: Vec<f64> = edges(outline)
        // Half-open, so that the line meets each corner once.
        .filter(|(a, b)| (a.along > along) != (b.along > along))
        .map(|(a, b)| across_at(a, b, along))
        .collect();
    meets.sort_by(f64::total_cmp);
    meets.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect()
}

/// Unit vector, east and north, along which the area reaches farthest; none if there is no area.
fn principal_axis(corners: &[GroundPoint]) -> Option<(f64, f64)> {
    let origin = corners.first()?;
    let ring: Vec<(f64, f64)> =
        corners.iter().map(|p| (p.east_m - origin.east_m, p.north_m - origin.north_m)).collect();
    // Moments of a polygon by Green's theorem, summed over its edges.
    let (mut area, mut x, mut y) = (0.0, 0.0, 0.0);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for ((x0, y0), (x1, y1)) in edges(&ring) {
        let turn = x0 * y1 - x1 * y0;
        area += turn / 2.0;
        x += (x0 + x1) * turn / 6.0;
        y += (y0 + y1) * turn / 6.0;
        xx += (x0 * x0 + x0 * x1 + x1 * x1) * turn / 12.0;
        yy += (y0 * y0 + y0 * y1 + y1 * y1) * turn / 12.0;
        xy += (x0 * y1 + 2.0 * x0 * y0 + 2.0 * x1 * y1 + x1 * y0) * turn / 24.0;
    }
    let (x, y) = (x / area, y / area);
    let (xx, yy, xy) = (xx / area - x * x, yy / area - y * y, xy / area - x * y);
    let angle = f64::atan2(2.0 * xy, xx - yy) / 2.0;
    angle.is_finite().then(|| (angle.cos(), angle.sin()))
}

/// A place in the picture, as the stations take it.
fn in_picture(p: Point) -> GroundPoint {
    GroundPoint { east_m: f64::from(p.x) * ASPECT, north_m: f64::from(p.y) }
}

fn distance_m(a: GroundPoint, b: GroundPoint) -> f64 {
    (b.east_m - a.east_m).hypot(b.north_m - a.north_m)
}

/// The edges of a closed ring, from each item to the next.
fn edges<T: Copy>(ring: &[T]) -> impl Iterator<Item = (T, T)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}
