//! A mask of blocks as points: its outline and where it touches the ground.

use scene::{BoundingBox, Point};

use crate::component::extent;
use crate::raster::Raster;

/// The grid that blocks lie in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid {
    pub(crate) width: usize,
    pub(crate) height: usize,
}

/// Steps along the border of a block, clockwise around it: right, down, left, up.
const STEPS: [(isize, isize); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

impl Grid {
    fn point(self, (x, y): (usize, usize)) -> Point {
        Point { x: x as f32 / self.width as f32, y: y as f32 / self.height as f32 }
    }

    /// The smallest box around the blocks.
    pub(crate) fn bounds(self, blocks: &[usize]) -> BoundingBox {
        let (columns, rows) = extent(blocks, self.width);
        let (from, to) =
            (self.point((columns.start, rows.start)), self.point((columns.end, rows.end)));
        BoundingBox { left: from.x, top: from.y, right: to.x, bottom: to.y }
    }

    /// Boxes that hold the blocks of a mask and no others, from the top.
    pub(crate) fn boxes(self, mask: &Raster<bool>) -> Vec<BoundingBox> {
        let mut boxes = Vec::new();
        // From and to in the row, and the row that it began in.
        let mut open: Vec<(usize, usize, usize)> = Vec::new();
        for y in 0..=self.height {
            let runs = if y < self.height { runs(mask.row(y)) } else { Vec::new() };
            let goes_on = |it: &(usize, usize, usize)| runs.contains(&(it.0, it.1));
            let (on, ended): (Vec<_>, Vec<_>) = open.drain(..).partition(goes_on);
            boxes.extend(ended.into_iter().map(|(left, right, top)| {
                let (from, to) = (self.point((left, top)), self.point((right, y)));
                BoundingBox { left: from.x, top: from.y, right: to.x, bottom: to.y }
            }));
            let is_new = |run: &&(usize, usize)| !on.iter().any(|it| (it.0, it.1) == **run);
            let new: Vec<_> = runs.iter().filter(is_new).map(|run| (run.0, run.1, y)).collect();
            open = on;
            open.extend(new);
        }
        boxes
    }

    /// The lowest point of each column of blocks, left to right.
    pub(crate) fn foot(self, blocks: &[usize]) -> Vec<Point> {
        let mut lowest = vec![None; self.width];
        for block in blocks {
            let (x, y) = (block % self.width, block / self.width);
            lowest[x] = lowest[x].max(Some(y));
        }
        let columns = lowest.iter().enumerate().filter_map(|(x, y)| y.map(|y| (x, y)));
        columns
            .map(|(x, y)| Point {
                x: (x as f32 + 0.5) / self.width as f32,
                y: (y + 1) as f32 / self.height as f32,
            })
            .collect()
    }

    /// The outer border of blocks that hang together, clockwise, one point at each turn.
    pub(crate) fn outline(self, blocks: &[usize]) -> Vec<Point> {
        let Some(first) = blocks.iter().min() else { return Vec::new() };
        let mut member = vec![false; self.width * self.height];
        for block in blocks {
            member[*block] = true;
        }
        // Whether the block whose corner towards the top left is this one belongs to the mask.
        let inside = |x: isize, y: isize| {
            let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return false };
            x < self.width && y < self.height && member[y * self.width + x]
        };
        let start = (first % self.width, first / self.width);
        let (mut x, mut y) = (start.0.cast_signed(), start.1.cast_signed());
        let begin = (x, y);
        let mut heading = 0;
        let mut points = vec![self.point(start)];
        loop {
            (x, y) = (x + STEPS[heading].0, y + STEPS[heading].1);
            if (x, y) == begin {
                return points;
            }
            // The blocks ahead, to the right and to the left of the step.
            let ahead =
                [[(0, 0), (0, -1)], [(-1, 0), (0, 0)], [(-1, -1), (-1, 0)], [(0, -1), (-1, -1)]];
            let [right, left] = ahead[heading].map(|(dx, dy)| inside(x + dx, y + dy));
            let turned = match (right, left) {
                (false, _) => (heading + 1) % 4,
                (true, true) => (heading + 3) % 4,
                (true, false) => heading,
            };
            if turned != heading {
                points.push(self.point((x.cast_unsigned(), y.cast_unsigned())));
                heading = turned;
            }
        }
    }
}

/// From and to of everything in a row that hangs together.
fn runs(row: &[bool]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (x, _) in row.iter().enumerate().filter(|(_, is)| **is) {
        match runs.last_mut() {
            Some(run) if run.1 == x => run.1 += 1,
            _ => runs.push((x, x + 1)),
        }
    }
    runs
}
