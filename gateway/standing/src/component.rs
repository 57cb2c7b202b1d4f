//! Blocks that differ and hang together, and what speaks for their being one thing.

use crate::change::{Change, Texture};
use crate::cue::Cue;
use crate::findings::Why;
use crate::raster::{Raster, floor_index};

/// Blocks: less is smaller than a bag at the far end of a zone.
const FEWEST_BLOCKS: usize = 20;
/// Blocks of what is long and thin: a plank, a pole.
const FEWEST_OF_A_LINE: usize = 10;
/// Blocks along the longer side of what counts as long and thin.
const LEAST_LENGTH: usize = 9;
/// Pixels of a block that lie on an edge, of 16, so that the block does.
const EDGE_PIXELS: u8 = 2;
/// Of the border of a thing, the share that must have new edges.
const LEAST_NEW_EDGES: f32 = 0.5;
/// Of the border, how much more must be new than lost: what only sways has as much of both.
const LEAST_SURPLUS: f32 = 0.15;
/// Steps of chroma: a border of so strange a colour needs no edge in brightness.
const STRANGE_COLOUR: f32 = 12.0;

/// Blocks of a mask, and what speaks for a thing.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    pub(crate) blocks: Vec<usize>,
    pub(crate) why: Why,
}

/// How often each block begins to differ. Leaves, flags and barrier tape do so again and again; a
/// thing that is put down, once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unrest {
    score: Raster<u8>,
    before: Raster<bool>,
}

/// What one begin adds to the score of a block, and what it may hold.
const BEGIN: u8 = 40;
const MOST_UNREST: u8 = 200;
/// The mean score of a restless part: more than two begins.
const RESTLESS: usize = 75;

impl Unrest {
    /// Takes in where a look differs. The score falls by one a look.
    pub(crate) fn follow(&mut self, changed: &Raster<bool>) {
        if !self.before.same_size(changed) {
            self.score = Raster::filled(changed.width, changed.height, 0);
            self.before.clone_from(changed);
        }
        let pairs = self.before.cells.iter().zip(&changed.cells);
        for (score, (before, now)) in self.score.cells.iter_mut().zip(pairs) {
            let begins = *now && !before;
            let more = if begins { BEGIN } else { 0 };
            *score = score.saturating_sub(1).saturating_add(more).min(MOST_UNREST);
        }
        self.before.clone_from(changed);
    }

    fn holds(&self, blocks: &[usize]) -> bool {
        let score = |block: &usize| self.score.cells.get(*block).map_or(0, |s| usize::from(*s));
        blocks.iter().map(score).sum::<usize>() > RESTLESS * blocks.len()
    }
}

/// What differs in a look.
pub(crate) struct Differences {
    /// Something stands there.
    pub(crate) here: Vec<Component>,
    /// Something that the reference shows has left.
    pub(crate) gone: Raster<bool>,
    /// Differs, for whatever reason.
    pub(crate) changed: Raster<bool>,
    /// Share of the zone's visible blocks that differ, and the same at the rim of its rectangle.
    pub(crate) share: f32,
    pub(crate) share_at_rim: f32,
}

impl Differences {
    /// Where `watched` blocks differ: those of the zone that are seen and that no person hides.
    /// `unrest` is how restless each block is, see [`Unrest`].
    pub(crate) fn of(change: &Change, watched: &Raster<bool>, unrest: &Unrest) -> Self {
        let (width, height) = (watched.width, watched.height);
        let mut changed = Raster::filled(width, height, false);
        let (mut all, mut at_rim) = (Share::default(), Share::default());
        for i in 0..changed.cells.len() {
            if watched.cells[i] {
                changed.cells[i] = change.at(i);
                all.count(!change.blind.cells[i], changed.cells[i]);
                if is_at_rim((i % width, i / width), (width, height)) {
                    at_rim.count(!change.blind.cells[i], changed.cells[i]);
                }
            }
        }
        let mut gone = Raster::filled(width, height, false);
        let mut here = Vec::new();
        for blocks in components(&closed(&changed)) {
            if !is_large_enough(&blocks, width) || change.shows_ground(&blocks) {
                continue;
            }
            let why = why(&blocks, change);
            if why.has_left() {
                for block in &blocks {
                    gone.cells[*block] = true;
                }
            } else if (is_a_thing(&why) || !change.cues.hold(Cue::NewEdges))
                && !(change.cues.hold(Cue::Unrest) && unrest.holds(&blocks))
            {
                here.push(Component { blocks, why });
            }
        }
        Self { here, gone, changed, share: all.value(), share_at_rim: at_rim.value() }
    }
}

/// Of the blocks that are seen, the share that differs.
#[derive(Default)]
struct Share {
    seen: usize,
    differ: usize,
}

impl Share {
    fn count(&mut self, is_seen: bool, differs: bool) {
        self.seen += usize::from(is_seen);
        self.differ += usize::from(differs);
    }

    fn value(&self) -> f32 {
        self.differ as f32 / self.seen.max(1) as f32
    }
}

/// One part of the width and height belongs to the rim on each side.
const RIM: usize = 8;

/// Whether a block lies at the rim.
fn is_at_rim((x, y): (usize, usize), (width, height): (usize, usize)) -> bool {
    let is_rim = |at: usize, side: usize| at.min(side - 1 - at) < (side / RIM).max(1);
    is_rim(x, width) || is_rim(y, height)
}

/// Whether blocks that hang together are large or long enough to be a thing.
pub(crate) fn is_large_enough(blocks: &[usize], width: usize) -> bool {
    let (columns, rows) = extent(blocks, width);
    let long = columns.len().max(rows.len());
    blocks.len() >= FEWEST_BLOCKS || blocks.len() >= FEWEST_OF_A_LINE && long >= LEAST_LENGTH
}

/// The columns and rows that blocks lie in.
pub(crate) fn extent(
    blocks: &[usize],
    width: usize,
) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
    let span = |place: &dyn Fn(usize) -> usize| {
        let least = blocks.iter().map(|block| place(*block)).min().unwrap_or(0);
        let most = blocks.iter().map(|block| place(*block) + 1).max().unwrap_or(0);
        least..most
    };
    (span(&|block| block % width), span(&|block| block / width))
}

fn is_a_thing(why: &Why) -> bool {
    let surplus = why.new_edges - why.lost_edges;
    let plain = why.colour < 0.3 && why.inner_edges < 0.3;
    let outlined = why.new_edges >= LEAST_NEW_EDGES && (surplus > LEAST_SURPLUS || !plain);
    // On rough ground few edges are steeper than those of the ground.
    let stands_out = why.stands_out > 0.3 && why.structure > 0.6 && why.new_edges >= 0.3;
    outlined && why.stands_out > -0.5 || stands_out
}

impl Why {
    /// Whether the reference shows a thing, and the look the ground on which it stood.
    fn has_left(&self) -> bool {
        let edges = (self.came - self.left) / (self.came + self.left + 1.0);
        edges + 1.5 * self.stands_out < -0.15
    }
}

/// How much the inside of a mask differs from what lies around it: 1 is clearly.
fn distance(texture: &Raster<Texture>, inside: &[usize], outside: &[usize]) -> f32 {
    let mean = |blocks: &[usize]| {
        let mut sum = [0.0; 4];
        for block in blocks {
            sum = [0, 1, 2, 3].map(|i| sum[i] + texture.cells[*block][i]);
        }
        sum.map(|value| value / blocks.len().max(1) as f32)
    };
    let (inside, outside) = (mean(inside), mean(outside));
    let luma = (inside[0] - outside[0]) / (8.0 + 0.12 * outside[0]);
    let colour = (inside[1] - outside[1]).hypot(inside[2] - outside[2]) / 6.0;
    let varies = (inside[3] - outside[3]) / 0.35;
    (luma * luma + colour * colour + varies * varies).sqrt()
}

/// The value below which this share of the values lies.
fn quantile(values: &mut [f32], share: f32) -> f32 {
    let last = values.len().saturating_sub(1);
    let place = floor_index(share * last as f32).min(last);
    *values.select_nth_unstable_by(place, f32::total_cmp).1
}

/// Sums over the border blocks of a mask.
#[derive(Default)]
struct Border {
    blocks: f32,
    new: f32,
    lost: f32,
    came: f32,
    left: f32,
    /// Blocks inside, more than three from the border, and those of them with new edges.
    inner: f32,
    inner_new: f32,
    /// Blocks a little outside.
    outside: Vec<usize>,
}

/// Blocks between the border and where the ground around a thing is looked at: its shadow's rim
/// lies between.
const OUTSIDE: usize = 4;

impl Border {
    fn of(blocks: &[usize], change: &Change) -> Self {
        let (width, height) = (change.factor.width, change.factor.height);
        let mut member = vec![false; width * height];
        for block in blocks {
            member[*block] = true;
        }
        let near = |block: usize, reach: usize| {
            let (x, y) = (block % width, block / width);
            let columns = x.saturating_sub(reach)..(x + reach + 1).min(width);
            let rows = y.saturating_sub(reach)..(y + reach + 1).min(height);
            rows.flat_map(move |y| columns.clone().map(move |x| y * width + x))
        };
        let (came, went) = (&change.edges.came.cells, &change.edges.went.cells);
        let flag = |is: bool| f32::from(u8::from(is));
        let mut border = Self::default();
        for block in blocks {
            if near(*block, 1).any(|near| !member[near]) {
                let strange = |i: usize| change.colour_distance.cells[i] > STRANGE_COLOUR;
                border.blocks += 1.0;
                border.new += flag(near(*block, 2).any(|i| came[i] >= EDGE_PIXELS || strange(i)));
                border.lost += flag(near(*block, 2).any(|i| went[i] >= EDGE_PIXELS));
                border.came += near(*block, 1).map(|i| f32::from(came[i])).sum::<f32>();
                border.left += near(*block, 1).map(|i| f32::from(went[i])).sum::<f32>();
                let (x, y) = (block % width, block / width);
                let around = [
                    (x.saturating_sub(OUTSIDE), y),
                    ((x + OUTSIDE).min(width - 1), y),
                    (x, y.saturating_sub(OUTSIDE)),
                    (x, (y + OUTSIDE).min(height - 1)),
                ];
                let around = around.map(|(x, y)| y * width + x);
                border.outside.extend(around.into_iter().filter(|near| !member[*near]));
            } else if near(*block, 3).all(|near| member[near]) {
                border.inner += 1.0;
                border.inner_new += flag(came[*block] >= EDGE_PIXELS);
            }
        }
        border
    }
}

fn why(blocks: &[usize], change: &Change) -> Why {
    let border = Border::of(blocks, change);
    let width = change.factor.width;
    let share = |grid: &Raster<bool>| {
        blocks.iter().filter(|block| grid.cells[**block]).count() as f32 / blocks.len() as f32
    };
    let mut factors: Vec<f32> = blocks.iter().map(|block| change.factor.cells[*block]).collect();
    let factor = quantile(&mut factors, 0.5);
    let [now, before] = [0, 1].map(|i| distance(&change.texture[i], blocks, &border.outside));
    let stands_out =
        if border.outside.is_empty() { 0.0 } else { (now - before) / (now + before + 0.3) };
    let (columns, rows) = extent(blocks, width);
    let count = |grid: &Raster<u8>| blocks.iter().map(|b| f32::from(grid.cells[*b])).sum::<f32>();
    let (size, length) = (blocks.len() as f32, border.blocks.max(1.0));
    Why {
        edge_density: count(&change.edges.came) / size / 16.0,
        came: border.came / length,
        left: border.left / length,
        solidity: size / (columns.len() * rows.len()) as f32,
        stands_out,
        factor,
        spread: quantile(&mut factors, 0.84) - quantile(&mut factors, 0.16),
        colour_distance: blocks.iter().map(|b| change.colour_distance.cells[*b]).sum::<f32>()
            / size,
        new_edges: border.new / length,
        lost_edges: border.lost / length,
        inner_edges: border.inner_new / border.inner.max(1.0),
        structure: share(&change.structure),
        colour: share(&change.colour),
        brightness: share(&change.brightness),
    }
}

/// Gaps of one block filled.
fn closed(mask: &Raster<bool>) -> Raster<bool> {
    let grown = by_neighbours(mask, false, true);
    by_neighbours(&grown, true, false)
}

/// Each cell becomes `value` if a cell next to it, or itself, is. Outside counts as `outside`.
fn by_neighbours(mask: &Raster<bool>, outside: bool, value: bool) -> Raster<bool> {
    let (width, height) = (mask.width, mask.height);
    let mut across = mask.clone();
    let either = |a: bool, b: bool| if value { a | b } else { a & b };
    for y in 0..height {
        let row = mask.row(y);
        for (x, out) in across.row_mut(y).iter_mut().enumerate() {
            let left = if x > 0 { row[x - 1] } else { outside };
            let right = if x + 1 < width { row[x + 1] } else { outside };
            *out = either(row[x], either(left, right));
        }
    }
    let mut out = across.clone();
    for y in 0..height {
        for x in 0..width {
            let above = if y > 0 { across.at(x, y - 1) } else { outside };
            let below = if y + 1 < height { across.at(x, y + 1) } else { outside };
            out.cells[y * width + x] = either(across.at(x, y), either(above, below));
        }
    }
    out
}

/// The blocks of each part that hangs together by sides.
pub(crate) fn components(mask: &Raster<bool>) -> Vec<Vec<usize>> {
    let (width, height) = (mask.width, mask.height);
    let mut left = mask.cells.clone();
    let mut found = Vec::new();
    for start in 0..left.len() {
        if !left[start] {
            continue;
        }
        left[start] = false;
        let mut blocks = vec![start];
        let mut next = 0;
        while let Some(block) = blocks.get(next).copied() {
            next += 1;
            let (x, y) = (block % width, block / width);
            let sides = [
                (x > 0).then(|| block - 1),
                (x + 1 < width).then_some(block + 1),
                (y > 0).then(|| block - width),
                (y + 1 < height).then_some(block + width),
            ];
            for side in sides.into_iter().flatten() {
                if std::mem::take(&mut left[side]) {
                    blocks.push(side);
                }
            }
        }
        found.push(blocks);
    }
    found
}
