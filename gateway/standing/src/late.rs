//! Blocks that were blank when a reference was read. What stood there by then is learned in their place.

use std::time::Duration;

use scene::CaptureTime;

use crate::raster::{BLOCK, Planes, Raster};

/// Of luma and chroma alike: no brightness, no colour.
pub(crate) const BLANK: u8 = 128;

/// For so long nobody can tell that something has left such a block. By then rules have forgotten of what
/// nothing told.
const LATE: Duration = Duration::from_hours(25);

/// The blocks, and when the first look came after the reference was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Late {
    pub(crate) blocks: Raster<bool>,
    since: Option<CaptureTime>,
}

impl Late {
    /// The blank ones of what was read; none if there are none.
    pub(crate) fn of(planes: &Planes, known: &Raster<bool>) -> Self {
        let luma = &planes.luma;
        let rows = |y: usize| (BLOCK * y..BLOCK * (y + 1)).map(|y| luma.row(y));
        let is_blank = |x: usize, y: usize| {
            let mut parts = rows(y).map(|row| &row[BLOCK * x..BLOCK * (x + 1)]);
            !known.at(x, y) && parts.all(|part| part.iter().all(|pixel| *pixel == BLANK))
        };
        let places = (0..known.height).flat_map(|y| (0..known.width).map(move |x| (x, y)));
        let cells: Vec<bool> = places.map(|(x, y)| is_blank(x, y)).collect();
        if !cells.contains(&true) {
            return Self::default();
        }
        let blocks = Raster { width: known.width, height: known.height, cells };
        Self { blocks, since: None }
    }

    /// A look came. After a day the blocks are like all others.
    pub(crate) fn pass(&mut self, time: CaptureTime) {
        // The clock may have been set back; then the day begins again.
        let since = self.since.filter(|since| *since <= time).unwrap_or(time);
        self.since = Some(since);
        if time.since(since) >= LATE {
            *self = Self::default();
        }
    }
}
