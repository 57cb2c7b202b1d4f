//! A city's grid map (网格图): which grid a place belongs to.
//!
//! The geometry is our own and not the `geo` crate's: a place on a border that grids share must belong
//! to exactly one of them (`geo` puts it in none), and a faulty ring must be refused with its place.

mod cell;
mod geojson;
mod outline;
#[cfg(test)]
mod tests;

use std::fmt;

use rstar::RTree;
use rstar::primitives::{GeomWithData, Rectangle};
use scene::{GeoPoint, GroundPoint, LocalFrame};

use cell::Cell;
pub use geojson::{GridMapError, GridMapFault};

use crate::place::Grid;

/// The polygons of a city's grids, indexed: a lookup takes microseconds on ten thousand of them.
pub struct GridMap {
    cells: Vec<Cell>,
    /// The bounds of each cell and its position in `cells`.
    index: RTree<GeomWithData<Rectangle<[f64; 2]>, usize>>,
}

/// Which grid is responsible for a place, and why.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Assignment<'a> {
    /// The grid whose polygon holds the whole circle of 95 % certainty.
    Mapped {
        /// That grid.
        grid: &'a Grid,
        /// Metres from the place to its border.
        border_m: f64,
    },
    /// The circle crosses the border of the polygon, so the camera's own grid is responsible.
    NearBorder {
        /// The camera's grid.
        duty: &'a Grid,
        /// The grid whose polygon holds the middle of the circle.
        nearest: &'a Grid,
        /// Metres from the place to its border.
        border_m: f64,
    },
    /// No polygon holds the place, so the camera's own grid is responsible.
    OffMap {
        /// The camera's grid.
        duty: &'a Grid,
    },
}

impl<'a> Assignment<'a> {
    /// The grid that is responsible.
    #[must_use]
    pub const fn grid(&self) -> &'a Grid {
        match self {
            Self::Mapped { grid, .. } => grid,
            Self::NearBorder { duty, .. } | Self::OffMap { duty } => duty,
        }
    }
}

impl GridMap {
    /// The map of a GeoJSON `FeatureCollection` (RFC 7946, WGS-84): each feature a `Polygon` or
    /// `MultiPolygon` with the properties `path` (`[{level, code, name}]`, from the top down), and,
    /// if known, `unit_code`, `division_code` and `map_version`. Other properties are ignored.
    ///
    /// # Errors
    /// [`GridMapError`] lists every fault with its feature and place.
    pub fn parse(text: &str) -> Result<Self, GridMapError> {
        Ok(Self::of(geojson::cells(text)?))
    }

    fn of(cells: Vec<Cell>) -> Self {
        let boxes = cells.iter().enumerate().map(|(position, cell)| {
            let (low, high) = cell.outline.bounds();
            GeomWithData::new(Rectangle::from_corners(low, high), position)
        });
        Self { index: RTree::bulk_load(boxes.collect()), cells }
    }

    /// How many grids it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Every grid, in the file's order.
    pub fn grids(&self) -> impl Iterator<Item = &Grid> {
        self.cells.iter().map(|cell| &cell.grid)
    }

    /// The grid whose polygon holds `place`. Polygons may overlap, as those of a street and of its
    /// grids do: the grid with the longest path comes first, then the smallest one.
    #[must_use]
    pub fn grid_at(&self, place: GeoPoint) -> Option<&Grid> {
        self.cell_at(place).map(|cell| &cell.grid)
    }

    fn cell_at(&self, place: GeoPoint) -> Option<&Cell> {
        let point = [place.longitude, place.latitude];
        let holding = self
            .index
            .locate_all_at_point(&point)
            .filter_map(|bounds| self.cells.get(bounds.data))
            .filter(|cell| cell.outline.contains(point));
        let depth = |cell: &Cell| cell.grid.path().len();
        holding.min_by(|a, b| {
            depth(b).cmp(&depth(a)).then(a.outline.area().total_cmp(&b.outline.area()))
        })
    }

    /// The grid that is responsible for `place`, which is known to `accuracy_m` metres (95 %). The
    /// camera's `duty` grid is, if that circle crosses the polygon's border, and off the map.
    #[must_use]
    pub fn assign<'a>(
        &'a self,
        place: GeoPoint,
        accuracy_m: f64,
        duty: &'a Grid,
    ) -> Assignment<'a> {
        let Some(Cell { grid, outline }) = self.cell_at(place) else {
            return Assignment::OffMap { duty };
        };
        let border_m = outline.distance_m([place.longitude, place.latitude], degree_m(place));
        if border_m < accuracy_m {
            Assignment::NearBorder { duty, nearest: grid, border_m }
        } else {
            Assignment::Mapped { grid, border_m }
        }
    }
}

/// Metres in a degree of longitude and of latitude at `place`.
fn degree_m(place: GeoPoint) -> [f64; 2] {
    let GeoPoint { longitude, latitude } = place;
    let near = GeoPoint { longitude: longitude + 1e-3, latitude: latitude + 1e-3 };
    let GroundPoint { east_m, north_m } = LocalFrame::at(place).metres(near);
    [east_m / 1e-3, north_m / 1e-3]
}

impl PartialEq for GridMap {
    fn eq(&self, other: &Self) -> bool {
        // The index is made from the cells.
        self.cells == other.cells
    }
}

impl fmt::Debug for GridMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ten thousand polygons would not be readable.
        f.debug_struct("GridMap").field("grids", &self.cells.len()).finish_non_exhaustive()
    }
}
