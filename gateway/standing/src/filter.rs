//! Loops over whole planes, written so that the compiler makes vectors of them: rows are slices of
//! one length, values are narrow, and nothing branches.

use crate::raster::Raster;

/// Weights 1, 2, 1 in both directions; the border repeats.
pub(crate) fn blurred(plane: &Raster<u8>) -> Raster<u8> {
    let (width, height) = (plane.width, plane.height);
    let mut out = Raster::filled(width, height, 0_u8);
    let mut line = vec![0_u16; width + 2];
    for y in 0..height {
        let above = plane.row(y.saturating_sub(1));
        let middle = plane.row(y);
        let below = plane.row((y + 1).min(height - 1));
        for (((sum, a), b), c) in line[1..=width].iter_mut().zip(above).zip(middle).zip(below) {
            *sum = u16::from(*a) + 2 * u16::from(*b) + u16::from(*c);
        }
        (line[0], line[width + 1]) = (line[1], line[width]);
        let three = line.iter().zip(&line[1..]).zip(&line[2..]);
        for (out, ((a, b), c)) in out.row_mut(y).iter_mut().zip(three) {
            // The sum is at most 16 times 255.
            *out = ((a + 2 * b + c + 8) >> 4).to_le_bytes()[0];
        }
    }
    out
}

/// Pixel by pixel the median of the planes. Of an even number the first is left out; of more than
/// nine, all but the last nine.
pub(crate) fn median(planes: &[&Raster<u8>]) -> Raster<u8> {
    let count = match planes.len() {
        0 => return Raster::default(),
        1 | 2 => 1,
        3 | 4 => 3,
        5 | 6 => 5,
        7 | 8 => 7,
        _ => 9,
    };
    let planes = &planes[planes.len() - count..];
    let mut out = Raster::filled(planes[0].width, planes[0].height, 0_u8);
    match count {
        1 => out.cells.copy_from_slice(&planes[0].cells),
        3 => median_of::<3>(planes, &THREE, &mut out.cells),
        5 => median_of::<5>(planes, &FIVE, &mut out.cells),
        7 => median_of::<7>(planes, &SEVEN, &mut out.cells),
        _ => median_of::<9>(planes, &NINE, &mut out.cells),
    }
    out
}

/// Networks that bring the median to the middle: pairs that are put in order, one after the other.
const THREE: [(usize, usize); 3] = [(0, 1), (1, 2), (0, 1)];
const FIVE: [(usize, usize); 7] = [(0, 1), (3, 4), (0, 3), (1, 4), (1, 2), (2, 3), (1, 2)];
const SEVEN: [(usize, usize); 13] = [
    (0, 5),
    (0, 3),
    (1, 6),
    (2, 4),
    (0, 1),
    (3, 5),
    (2, 6),
    (2, 3),
    (3, 6),
    (4, 5),
    (1, 4),
    (1, 3),
    (3, 4),
];
const NINE: [(usize, usize); 19] = [
    (1, 2),
    (4, 5),
    (7, 8),
    (0, 1),
    (3, 4),
    (6, 7),
    (1, 2),
    (4, 5),
    (7, 8),
    (0, 3),
    (5, 8),
    (4, 7),
    (3, 6),
    (1, 4),
    (2, 5),
    (4, 7),
    (4, 2),
    (6, 4),
    (4, 2),
];

/// Pixels that go through a network together: they stay in the nearest cache.
const STRIP: usize = 256;

fn median_of<const N: usize>(planes: &[&Raster<u8>], network: &[(usize, usize)], out: &mut [u8]) {
    let mut lines = [[0_u8; STRIP]; N];
    for (strip, out) in out.chunks_mut(STRIP).enumerate() {
        let from = strip * STRIP;
        for (line, plane) in lines.iter_mut().zip(planes) {
            line[..out.len()].copy_from_slice(&plane.cells[from..from + out.len()]);
        }
        for (low, high) in network {
            let Ok([a, b]) = lines.get_disjoint_mut([*low, *high]) else { continue };
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = ((*a).min(*b), (*a).max(*b));
            }
        }
        out.copy_from_slice(&lines[N / 2][..out.len()]);
    }
}

/// The largest value within two cells in each direction.
pub(crate) fn largest_of_25(plane: &Raster<i16>, between: &mut Raster<i16>, out: &mut Raster<i16>) {
    let (width, height) = (plane.width, plane.height);
    between.reshape(width, height);
    out.reshape(width, height);
    let mut line = vec![0_i16; width + 4];
    for y in 0..height {
        line[2..width + 2].copy_from_slice(plane.row(y));
        let five = line.iter().zip(&line[1..]).zip(&line[2..]).zip(&line[3..]).zip(&line[4..]);
        for (out, ((((a, b), c), d), e)) in between.row_mut(y).iter_mut().zip(five) {
            *out = (*a).max(*b).max((*c).max(*d)).max(*e);
        }
    }
    for y in 0..height {
        let rows = [-2_isize, -1, 0, 1, 2]
            .map(|step| between.row(y.saturating_add_signed(step).min(height - 1)));
        let five = rows[0].iter().zip(rows[1]).zip(rows[2]).zip(rows[3]).zip(rows[4]);
        for (out, ((((a, b), c), d), e)) in out.row_mut(y).iter_mut().zip(five) {
            *out = (*a).max(*b).max((*c).max(*d)).max(*e);
        }
    }
}

/// How much brightness changes from pixel to pixel: the longer of the two differences across a
/// pixel and half the shorter. 0 at the border.
pub(crate) fn gradient(plane: &Raster<i16>, out: &mut Raster<i16>) {
    let (width, height) = (plane.width, plane.height);
    out.reshape(width, height);
    out.row_mut(0).fill(0);
    out.row_mut(height - 1).fill(0);
    for y in 1..height - 1 {
        let (above, here, below) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        let out = out.row_mut(y);
        (out[0], out[width - 1]) = (0, 0);
        let across = here.iter().zip(&here[2..]);
        let down = above[1..].iter().zip(&below[1..]);
        for ((out, (left, right)), (above, below)) in
            out[1..width - 1].iter_mut().zip(across).zip(down)
        {
            let (dx, dy) = (right.saturating_sub(*left), below.saturating_sub(*above));
            let (dx, dy) = (dx.max(dx.wrapping_neg()), dy.max(dy.wrapping_neg()));
            *out = dx.max(dy).saturating_add(dx.min(dy) >> 1);
        }
    }
}

/// Mean over a square of `2 * reach + 1` cells; at the border over the part that exists.
pub(crate) fn mean(grid: &Raster<f32>, reach: usize) -> Raster<f32> {
    let (width, height) = (grid.width, grid.height);
    let mut across = Raster::filled(width, height, 0.0_f32);
    for y in 0..height {
        running_mean(grid.row(y), reach, across.row_mut(y));
    }
    let mut out = Raster::filled(width, height, 0.0_f32);
    for y in 0..height {
        let (first, end) = (y.saturating_sub(reach), (y + reach + 1).min(height));
        let share = 1.0 / (end - first) as f32;
        for from in first..end {
            for (sum, value) in out.row_mut(y).iter_mut().zip(across.row(from)) {
                *sum += value * share;
            }
        }
    }
    out
}

fn running_mean(row: &[f32], reach: usize, out: &mut [f32]) {
    for (x, out) in out.iter_mut().enumerate() {
        let part = &row[x.saturating_sub(reach)..(x + reach + 1).min(row.len())];
        *out = part.iter().sum::<f32>() / part.len() as f32;
    }
}

/// The median along each row and then along each column of the result, `2 * reach + 1` cells. What
/// is narrower than half of that goes; straight borders of what is wider stay where they are.
pub(crate) fn median_cross(grid: &Raster<u16>, reach: usize) -> Raster<u16> {
    let across = median_of_rows(grid, reach);
    let turned = median_of_rows(&transposed(&across), reach);
    transposed(&turned)
}

fn median_of_rows(grid: &Raster<u16>, reach: usize) -> Raster<u16> {
    let mut out = grid.clone();
    let last = grid.width.saturating_sub(1);
    let mut window = Vec::with_capacity(2 * reach + 1);
    for y in 0..grid.height {
        let row = grid.row(y);
        for (x, out) in out.row_mut(y).iter_mut().enumerate() {
            window.clear();
            // The border repeats.
            window.extend((x..=x + 2 * reach).map(|i| row[i.saturating_sub(reach).min(last)]));
            let (_, middle, _) = window.select_nth_unstable(reach);
            *out = *middle;
        }
    }
    out
}

fn transposed<T: Copy + Default>(grid: &Raster<T>) -> Raster<T> {
    let mut out = Raster::filled(grid.height, grid.width, T::default());
    for y in 0..grid.height {
        for (x, value) in grid.row(y).iter().enumerate() {
            out.cells[x * grid.height + y] = *value;
        }
    }
    out
}

/// Smallest and largest value of the cell and its eight neighbours.
pub(crate) fn range_of_9(grid: &Raster<f32>) -> (Raster<f32>, Raster<f32>) {
    let mut low = grid.clone();
    let mut high = grid.clone();
    for y in 0..grid.height {
        for x in 0..grid.width {
            let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
            for near in y.saturating_sub(1)..(y + 2).min(grid.height) {
                for value in &grid.row(near)[x.saturating_sub(1)..(x + 2).min(grid.width)] {
                    (least, most) = (least.min(*value), most.max(*value));
                }
            }
            low.row_mut(y)[x] = least;
            high.row_mut(y)[x] = most;
        }
    }
    (low, high)
}
