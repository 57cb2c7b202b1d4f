//! What a grid covers: rings of degrees, and the geometry of points and borders.

/// `[longitude, latitude]`.
pub(super) type Position = [f64; 2];

/// Cross products below this are rounding errors: tens of nanometres over a street's length.
const ON_LINE: f64 = f64::EPSILON;
/// A ring that encloses less, in square degrees, is a line: about 0.1 m².
const SMALLEST_AREA: f64 = 1e-11;

/// The rings of one or several polygons, outer borders and holes alike. A point inside an odd
/// number of rings is covered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Outline {
    rings: Vec<Ring>,
    /// In square degrees, holes taken off.
    area: f64,
}

/// A closed line that does not meet itself; the first corner is not repeated at the end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ring(Vec<Position>);

/// Why a list of positions is no ring.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub(super) enum RingError {
    #[error("a ring needs at least 4 positions, the last like the first; found {0}")]
    TooShort(usize),
    #[error("the ring is not closed: its last position must be its first one")]
    Open,
    #[error("the ring encloses no area")]
    NoArea,
    #[error("the ring crosses or touches itself near [{}, {}]", .0[0], .0[1])]
    MeetsItself(Position),
}

impl Ring {
    /// The ring through these positions; the last one repeats the first. A position that repeats
    /// the one before it is dropped.
    pub(super) fn new(mut positions: Vec<Position>) -> Result<Self, RingError> {
        let found = positions.len();
        if found < 4 {
            return Err(RingError::TooShort(found));
        }
        if positions.first() != positions.last() {
            return Err(RingError::Open);
        }
        positions.pop();
        positions.dedup();
        let ring = Self(positions);
        if ring.0.len() < 3 || ring.area() < SMALLEST_AREA {
            return Err(RingError::NoArea);
        }
        match ring.first_meeting() {
            Some(near) => Err(RingError::MeetsItself(near)),
            None => Ok(ring),
        }
    }

    fn edges(&self) -> impl Iterator<Item = (Position, Position)> {
        self.0.iter().copied().zip(self.0.iter().copied().cycle().skip(1))
    }

    fn area(&self) -> f64 {
        // Measured from the first corner: large coordinates would cost precision.
        let Some(&[x0, y0]) = self.0.first() else { return 0.0 };
        let products =
            self.edges().map(|(a, b)| (a[0] - x0) * (b[1] - y0) - (a[1] - y0) * (b[0] - x0));
        (products.sum::<f64>() / 2.0).abs()
    }

    /// A corner of the first edge that meets another edge outside their common corner. Edges are
    /// compared from west to east, each only with those that begin before it ends.
    fn first_meeting(&self) -> Option<Position> {
        let count = self.0.len();
        let mut edges: Vec<(usize, Position, Position)> =
            self.edges().enumerate().map(|(number, (a, b))| (number, a, b)).collect();
        let west = |edge: &(usize, Position, Position)| edge.1[0].min(edge.2[0]);
        edges.sort_unstable_by(|a, b| west(a).total_cmp(&west(b)));
        for (position, &(i, a, b)) in edges.iter().enumerate() {
            let east = a[0].max(b[0]);
            let near = edges.iter().skip(position + 1).take_while(|other| west(other) <= east);
            for &(j, c, d) in near {
                let meets = if (i + 1) % count == j {
                    on_segment(d, a, b) || on_segment(a, c, d)
                } else if (j + 1) % count == i {
                    on_segment(b, c, d) || on_segment(c, a, b)
                } else {
                    segments_meet((a, b), (c, d))
                };
                if meets {
                    return Some(c);
                }
            }
        }
        None
    }

    /// Whether a ray to the east crosses the ring an odd number of times.
    pub(super) fn contains(&self, [x, y]: Position) -> bool {
        let mut inside = false;
        for (a, b) in self.edges() {
            // Edges are half-open in y, so that the ray meets each corner once.
            if (a[1] > y) != (b[1] > y) {
                let (low, high) = if a[1] < b[1] { (a, b) } else { (b, a) };
                inside ^= turn(low, high, [x, y]) > 0.0;
            }
        }
        inside
    }
}

impl Outline {
    /// Each polygon an outer ring, followed by its holes.
    pub(super) fn new(polygons: Vec<Vec<Ring>>) -> Self {
        let area = |polygon: &Vec<Ring>| {
            let mut areas = polygon.iter().map(Ring::area);
            let outer = areas.next().unwrap_or(0.0);
            outer - areas.sum::<f64>()
        };
        let area = polygons.iter().map(area).sum();
        Self { rings: polygons.into_iter().flatten().collect(), area }
    }

    /// In square degrees, holes taken off.
    pub(super) const fn area(&self) -> f64 {
        self.area
    }

    /// South-west and north-east corner of the smallest box around it.
    pub(super) fn bounds(&self) -> (Position, Position) {
        let empty = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        self.rings.iter().flat_map(|ring| &ring.0).fold(empty, |(low, high), at| {
            let low = [low[0].min(at[0]), low[1].min(at[1])];
            (low, [high[0].max(at[0]), high[1].max(at[1])])
        })
    }

    pub(super) fn contains(&self, place: Position) -> bool {
        self.rings.iter().filter(|ring| ring.contains(place)).count() % 2 == 1
    }

    /// Metres to the nearest border, a hole's too; `degree_m` is what a degree of longitude and of
    /// latitude measures there.
    pub(super) fn distance_m(&self, [x, y]: Position, degree_m: [f64; 2]) -> f64 {
        let metres = |at: Position| [(at[0] - x) * degree_m[0], (at[1] - y) * degree_m[1]];
        let edges = self.rings.iter().flat_map(Ring::edges);
        edges.map(|(a, b)| from_origin(metres(a), metres(b))).fold(f64::INFINITY, f64::min)
    }
}

/// Distance of the segment from the origin.
fn from_origin(a: Position, b: Position) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    let share = -(a[0] * along[0] + a[1] * along[1]) / square;
    // A segment of no length has no share; its corner does.
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    (a[0] + share * along[0]).hypot(a[1] + share * along[1])
}

/// Twice the signed area of the triangle: positive if `c` lies to the left of `a` to `b`.
fn turn(a: Position, b: Position, c: Position) -> f64 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

fn on_segment(p: Position, a: Position, b: Position) -> bool {
    let between = |v: f64, from: f64, to: f64| from.min(to) <= v && v <= from.max(to);
    between(p[0], a[0], b[0]) && between(p[1], a[1], b[1]) && turn(a, b, p).abs() <= ON_LINE
}

fn segments_meet((a, b): (Position, Position), (c, d): (Position, Position)) -> bool {
    let apart = |p: f64, q: f64| (p > 0.0 && q < 0.0) || (p < 0.0 && q > 0.0);
    let crossing = apart(turn(a, b, c), turn(a, b, d)) && apart(turn(c, d, a), turn(c, d, b));
    crossing
        || on_segment(c, a, b)
        || on_segment(d, a, b)
        || on_segment(a, c, d)
        || on_segment(b, c, d)
}
