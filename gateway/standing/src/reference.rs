//! What the zone looks like when nothing newly stands in it.

use scene::CaptureTime;

use crate::late::{BLANK, Late};
use crate::raster::{BLOCK, CHROMA_BLOCK, Planes, Raster};

/// What an operator calls free holds nothing, whenever that came.
pub(crate) const ALWAYS: CaptureTime = CaptureTime::from_unix_micros(0);

/// The reference of one zone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reference {
    pub(crate) planes: Planes,
    /// Blocks that have been seen without anybody in front.
    pub(crate) known: Raster<bool>,
    /// Noise of the looks that it was made of, a standard deviation.
    pub(crate) noise: f32,
    /// When it was made: what came earlier may be in it.
    pub(crate) since: CaptureTime,
    /// An operator has said that nothing stood there.
    pub(crate) free: bool,
    /// Blocks that were blank when it was read.
    pub(crate) late: Late,
}

impl Reference {
    /// Pixels of luma in a row, and rows.
    pub(crate) const fn size(&self) -> (usize, usize) {
        (self.planes.luma.width, self.planes.luma.height)
    }

    /// Moves each pixel by one step towards the look, but not in blocks that are held. Single steps keep out what passes by: a strange picture
    /// counts no more than a slightly brighter one.
    pub(crate) fn follow(&mut self, now: &Planes, held: &Raster<bool>) {
        let width = now.luma.width;
        let mut open = vec![0_u8; width];
        for row in 0..held.height {
            for (pixels, held) in open.chunks_exact_mut(BLOCK).zip(held.row(row)) {
                pixels.fill(u8::from(!*held));
            }
            for y in BLOCK * row..BLOCK * (row + 1) {
                step_towards(self.planes.luma.row_mut(y), now.luma.row(y), &open);
            }
            let mut chroma = vec![0_u8; width / 2];
            for (pixels, held) in chroma.chunks_exact_mut(CHROMA_BLOCK).zip(held.row(row)) {
                pixels.fill(u8::from(!*held));
            }
            for y in CHROMA_BLOCK * row..CHROMA_BLOCK * (row + 1) {
                step_towards(self.planes.blue.row_mut(y), now.blue.row(y), &chroma);
                step_towards(self.planes.red.row_mut(y), now.red.row(y), &chroma);
            }
        }
    }

    /// Takes over blocks that have been hidden ever since the reference was begun, once they show.
    pub(crate) fn learn_hidden(&mut self, now: &Planes, hidden: &Raster<bool>) {
        let mut shown = hidden.clone();
        let mut any = false;
        for (shown, known) in shown.cells.iter_mut().zip(&self.known.cells) {
            *shown = !*shown && !known;
            any |= *shown;
        }
        if any {
            self.adopt(now, &shown);
        }
    }

    /// Makes these blocks blank: no picture, and as if nobody had seen them.
    pub(crate) fn blank(&mut self, blocks: &Raster<bool>) {
        let Self { planes, known, .. } = self;
        for (known, blank) in known.cells.iter_mut().zip(&blocks.cells) {
            *known &= !blank;
        }
        let sides = [
            (&mut planes.luma, BLOCK),
            (&mut planes.blue, CHROMA_BLOCK),
            (&mut planes.red, CHROMA_BLOCK),
        ];
        for (plane, side) in sides {
            for y in 0..plane.height {
                for (x, pixel) in plane.row_mut(y).iter_mut().enumerate() {
                    if blocks.at(x / side, y / side) {
                        *pixel = BLANK;
                    }
                }
            }
        }
    }

    /// Takes over the look in the blocks of the mask.
    pub(crate) fn adopt(&mut self, now: &Planes, mask: &Raster<bool>) {
        for row in 0..mask.height {
            for (x, _) in mask.row(row).iter().enumerate().filter(|(_, is)| **is) {
                copy_block::<BLOCK>(&mut self.planes.luma, &now.luma, (x, row));
                copy_block::<CHROMA_BLOCK>(&mut self.planes.blue, &now.blue, (x, row));
                copy_block::<CHROMA_BLOCK>(&mut self.planes.red, &now.red, (x, row));
                self.known.row_mut(row)[x] = true;
            }
        }
    }
}

fn step_towards(row: &mut [u8], now: &[u8], open: &[u8]) {
    for ((value, now), open) in row.iter_mut().zip(now).zip(open) {
        let up = u8::from(*now > *value) & open;
        let down = u8::from(*now < *value) & open;
        *value = value.wrapping_add(up).wrapping_sub(down);
    }
}

fn copy_block<const SIDE: usize>(to: &mut Raster<u8>, from: &Raster<u8>, (x, y): (usize, usize)) {
    for row in SIDE * y..SIDE * (y + 1) {
        let columns = SIDE * x..SIDE * (x + 1);
        to.row_mut(row)[columns.clone()].copy_from_slice(&from.row(row)[columns]);
    }
}
