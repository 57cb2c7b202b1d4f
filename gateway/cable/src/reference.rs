//! What a camera's picture looks like without people, vehicles and two-wheelers, as it was some minutes ago.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime};

use crate::alignment::{LEAST_AGREEMENT, align};
use crate::area::{Area, covered};
use crate::picture::Picture;
use crate::tiling::window;

/// Pixels: the side of a block. Each is learned by itself.
const BLOCK_PX: usize = 16;

/// It is taken again so often: the light changes, and a cable that was laid just before its e-bike came must not
/// be in it.
const REFRESH_EVERY: Duration = Duration::from_mins(10);
/// What is not known yet is tried again after this.
const TRY_EVERY: Duration = Duration::from_secs(5);
/// A block must look alike in two pictures that lie so far apart: who passes unseen is not in it.
const SETTLE: Duration = Duration::from_secs(1);
/// Levels of 8 bits by which the pixels of such a block may differ on average: the noise of a night.
const QUIET: usize = 8;
/// After so many refreshes in a row that do not lie on it, the camera has been turned.
const MOST_MISSES: u32 = 3;
/// Pixels a side of the part by which that is judged.
const JUDGED_PX: (usize, usize) = (960, 640);

/// Whatever may hide a place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Objects<'a> {
    /// Two-wheelers: a cable may hang to each.
    pub(crate) two_wheelers: &'a [BoundingBox],
    /// People and vehicles.
    pub(crate) others: &'a [BoundingBox],
}

impl Objects<'_> {
    /// What they cover of a picture of this size.
    pub(crate) fn covered(&self, size: (usize, usize)) -> Vec<Area> {
        self.two_wheelers.iter().chain(self.others).map(|bbox| covered(bbox, size)).collect()
    }
}

/// A picture that waits for a second one that looks alike.
#[derive(Debug)]
struct Candidate {
    pixels: Vec<u8>,
    at: CaptureTime,
    covered: Vec<Area>,
}

/// What a camera's picture looks like without people, vehicles and two-wheelers, as it was some minutes ago.
#[derive(Debug, Default)]
pub struct Reference {
    size: (usize, usize),
    pixels: Vec<u8>,
    known: Vec<bool>,
    candidate: Option<Candidate>,
    /// When all of it was taken.
    taken_at: Option<CaptureTime>,
    tried_at: Option<CaptureTime>,
    misses: u32,
}

impl Reference {
    /// Whether a picture of this time should be shown to it.
    #[must_use]
    pub fn wants(&self, time: CaptureTime) -> bool {
        match &self.candidate {
            Some(candidate) => has_passed(Some(candidate.at), time, SETTLE),
            None => {
                let is_whole = !self.known.is_empty() && self.known.iter().all(|known| *known);
                has_passed(self.taken_at, time, REFRESH_EVERY)
                    || (!is_whole && has_passed(self.tried_at, time, TRY_EVERY))
            }
        }
    }

    /// Takes in a picture in which these two-wheelers and others were detected.
    pub fn follow(
        &mut self,
        now: &Picture<'_>,
        time: CaptureTime,
        two_wheelers: &[BoundingBox],
        others: &[BoundingBox],
    ) {
        if self.size != now.size() {
            let (size, blocks) = (now.size(), blocks(now.size()));
            let (pixels, known) = (vec![0; 3 * size.0 * size.1], vec![false; blocks.0 * blocks.1]);
            *self = Self { size, pixels, known, ..Self::default() };
        }
        let objects = Objects { two_wheelers, others };
        let Some(candidate) = self.candidate.take() else {
            let pixels = (0..now.height).flat_map(|y| now.row(y)).copied().collect();
            let covered = objects.covered(self.size);
            self.candidate = Some(Candidate { pixels, at: time, covered });
            return;
        };
        if has_passed(Some(candidate.at), time, SETTLE) {
            self.settle(&candidate, (now, time), &objects);
        } else {
            self.candidate = Some(candidate);
        }
    }

    /// Its pixels.
    pub(crate) fn picture(&self) -> Option<Picture<'_>> {
        Picture::new(self.size, 3 * self.size.0, &self.pixels)
    }

    /// Whether this pixel is known.
    pub(crate) fn is_known(&self, x: usize, y: usize) -> bool {
        let (columns, _) = blocks(self.size);
        self.known.get(y / BLOCK_PX * columns + x / BLOCK_PX).is_some_and(|known| *known)
    }

    /// Takes over what both pictures show alike, where nothing hides it.
    fn settle(
        &mut self,
        candidate: &Candidate,
        (now, time): (&Picture<'_>, CaptureTime),
        objects: &Objects<'_>,
    ) {
        self.tried_at = Some(time);
        let is_refresh = has_passed(self.taken_at, time, REFRESH_EVERY);
        let mut hidden = objects.covered(self.size);
        hidden.extend(&candidate.covered);
        if is_refresh && self.taken_at.is_some() && !self.still_lies_under(now, &hidden) {
            return;
        }
        let frozen: Vec<Area> =
            objects.two_wheelers.iter().filter_map(|it| window(it, self.size)).collect();
        let (columns, rows) = blocks(self.size);
        for block in 0..columns * rows {
            let area = self.block(block % columns, block / columns);
            let is_known = self.known[block];
            let may_change = !is_known || (is_refresh && !frozen.iter().any(|it| it.meets(&area)));
            if may_change && !hidden.iter().any(|it| it.meets(&area)) {
                self.known[block] |= self.take(&candidate.pixels, now, &area);
            }
        }
        if is_refresh {
            self.taken_at = Some(time);
        }
    }

    /// Whether the camera looks where it looked. After several times of no, all is forgotten.
    fn still_lies_under(&mut self, now: &Picture<'_>, hidden: &[Area]) -> bool {
        let (width, height) = (self.size.0.min(JUDGED_PX.0), self.size.1.min(JUDGED_PX.1));
        let (left, top) = ((self.size.0 - width) / 2, (self.size.1 - height) / 2);
        let part = Area { left, top, width, height };
        let found = self.picture().and_then(|before| align(&before, now, &part, hidden));
        // Where nothing can be told, nothing speaks against it.
        let fits = found.is_none_or(|it| it.shift == (0, 0) && it.agreement >= LEAST_AGREEMENT);
        self.misses = if fits { 0 } else { self.misses + 1 };
        if self.misses >= MOST_MISSES {
            self.known.fill(false);
            (self.taken_at, self.misses) = (None, 0);
        }
        fits
    }

    fn block(&self, column: usize, row: usize) -> Area {
        let (left, top) = (column * BLOCK_PX, row * BLOCK_PX);
        let (width, height) = (BLOCK_PX.min(self.size.0 - left), BLOCK_PX.min(self.size.1 - top));
        Area { left, top, width, height }
    }

    /// Takes over a block that both pictures show alike, as their mean; says whether they do.
    fn take(&mut self, before: &[u8], now: &Picture<'_>, block: &Area) -> bool {
        let row =
            |y: usize| 3 * (y * self.size.0 + block.left)..3 * (y * self.size.0 + block.right());
        let of_now = |y: usize| &now.row(y)[3 * block.left..3 * block.right()];
        let rows = block.top..block.bottom();
        let differ = |y: usize| {
            let pairs = before[row(y)].iter().zip(of_now(y));
            pairs.map(|(one, other)| usize::from(one.abs_diff(*other))).sum::<usize>()
        };
        let difference: usize = rows.clone().map(differ).sum();
        if difference > QUIET * 3 * block.width * block.height {
            return false;
        }
        for y in rows {
            let pairs = before[row(y)].iter().zip(of_now(y));
            let means: Vec<u8> = pairs.map(|(one, other)| one.midpoint(*other)).collect();
            self.pixels[row(y)].copy_from_slice(&means);
        }
        true
    }
}

/// Blocks in a row, and rows of blocks.
fn blocks((width, height): (usize, usize)) -> (usize, usize) {
    (width.div_ceil(BLOCK_PX), height.div_ceil(BLOCK_PX))
}

/// Whether it is so long ago. A clock that stepped back says nothing.
fn has_passed(before: Option<CaptureTime>, time: CaptureTime, span: Duration) -> bool {
    before.is_none_or(|before| time < before || time.since(before) >= span)
}

#[cfg(test)]
mod tests;
