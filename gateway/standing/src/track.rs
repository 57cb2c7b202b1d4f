//! The same thing from look to look.

use scene::CaptureTime;

use crate::component::Component;
use crate::findings::{Standing, Why};
use crate::raster::Raster;
use crate::shape::Grid;

/// Things followed at once. A zone that seems to hold more is not understood.
pub(crate) const MOST_TRACKS: usize = 32;
/// Of the smaller of two masks, the share that must lie in the other to be the same thing.
const SAME: f32 = 0.5;
/// Common share of first and latest mask under which a thing has moved or grown: it begins anew.
const KEPT_PLACE: f32 = 0.45;
/// Looks in a row that a thing may be missed in.
pub(crate) const MOST_MISSED: u32 = 3;
/// Of the blocks of a thing, the share that must look as the reference does, so that nothing stands there.
const BARE: f32 = 0.8;

/// One thing.
#[derive(Debug, Clone)]
pub(crate) struct Track {
    pub(crate) id: u32,
    pub(crate) since: CaptureTime,
    pub(crate) looks: u32,
    pub(crate) blocks: Vec<usize>,
    pub(crate) why: Why,
    /// Mean of how sure each look was.
    pub(crate) sure: f32,
    /// The latest look shows it.
    pub(crate) is_seen: bool,
    /// The latest look shows the ground in its place: it has gone.
    pub(crate) is_bare: bool,
    first: Vec<usize>,
    missed: u32,
}

/// All things that are followed in a zone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracks {
    pub(crate) all: Vec<Track>,
    next_id: u32,
}

impl Tracks {
    /// Takes in what a look shows. `seen` says of each block whether it can be seen: who hides a
    /// thing does not end it. `changed` are those that differ from the reference.
    pub(crate) fn follow(
        &mut self,
        found: Vec<Component>,
        (seen, changed): (&Raster<bool>, &Raster<bool>),
        time: CaptureTime,
    ) {
        let mut owner = vec![usize::MAX; seen.cells.len()];
        for (index, track) in self.all.iter().enumerate() {
            for block in &track.blocks {
                owner[*block] = index;
            }
        }
        let mut matched: Vec<Option<Component>> = vec![None; self.all.len()];
        let mut fresh = Vec::new();
        for component in found {
            match self.best_for(&component, &owner) {
                Some(index) => join(&mut matched[index], component),
                None => fresh.push(component),
            }
        }
        for (track, component) in self.all.iter_mut().zip(matched) {
            track.is_seen = component.is_some();
            track.is_bare = !track.is_seen && track.shows_ground(seen, changed);
            match component {
                Some(component) => track.seen_again(component, seen, time),
                None if track.could_be_seen(seen) => track.missed += 1,
                None => {}
            }
        }
        self.all.retain(|track| track.missed <= MOST_MISSED);
        for component in fresh {
            if self.all.len() < MOST_TRACKS {
                self.begin(component, time);
            }
        }
    }

    /// What has kept its place for so many looks, the longest standing first.
    pub(crate) fn told(&self, looks: u32, grid: Grid) -> Vec<Standing> {
        let total = (grid.width * grid.height) as f32;
        let mut ripe: Vec<&Track> = self.all.iter().filter(|track| track.looks >= looks).collect();
        ripe.sort_by_key(|track| (track.since, track.id));
        let standing = ripe.into_iter().map(|track| Standing {
            id: track.id,
            since: track.since,
            looks: track.looks,
            outline: grid.outline(&track.blocks),
            bounds: grid.bounds(&track.blocks),
            foot: grid.foot(&track.blocks),
            area: track.blocks.len() as f32 / total,
            is_seen: track.is_seen,
            sure: track.sure,
            why: track.why,
        });
        standing.collect()
    }

    fn best_for(&self, component: &Component, owner: &[usize]) -> Option<usize> {
        let mut common = vec![0_usize; self.all.len()];
        for block in &component.blocks {
            if let Some(count) = common.get_mut(owner[*block]) {
                *count += 1;
            }
        }
        let (index, count) = common.iter().enumerate().max_by_key(|(_, count)| **count)?;
        let smaller = component.blocks.len().min(self.all[index].blocks.len());
        (*count as f32 > SAME * smaller as f32).then_some(index)
    }

    fn begin(&mut self, component: Component, time: CaptureTime) {
        self.next_id = self.next_id.wrapping_add(1);
        self.all.push(Track {
            id: self.next_id,
            since: time,
            looks: 1,
            sure: sureness(&component.why),
            is_seen: true,
            is_bare: false,
            first: component.blocks.clone(),
            blocks: component.blocks,
            why: component.why,
            missed: 0,
        });
    }
}

/// Parts of one thing that fell apart are one thing.
fn join(into: &mut Option<Component>, component: Component) {
    match into {
        None => *into = Some(component),
        Some(larger) => {
            if component.blocks.len() > larger.blocks.len() {
                larger.why = component.why;
            }
            larger.blocks.extend(component.blocks);
        }
    }
}

impl Track {
    /// What of it is hidden is where it was: who stands before a part of it makes it no smaller.
    fn seen_again(&mut self, component: Component, seen: &Raster<bool>, time: CaptureTime) {
        self.missed = 0;
        self.looks = self.looks.saturating_add(1);
        self.why = component.why;
        self.sure += (sureness(&component.why) - self.sure) / 8.0;
        let hidden = self.blocks.iter().copied().filter(|block| !seen.cells[*block]);
        let mut blocks: Vec<usize> = component.blocks.into_iter().chain(hidden).collect();
        blocks.sort_unstable();
        blocks.dedup();
        self.blocks = blocks;
        if common_share(&self.first, &self.blocks) < KEPT_PLACE {
            (self.looks, self.since) = (1, time);
            self.first.clone_from(&self.blocks);
        }
    }

    fn shows_ground(&self, seen: &Raster<bool>, changed: &Raster<bool>) -> bool {
        let is_bare = |block: &&usize| seen.cells[**block] && !changed.cells[**block];
        let bare = self.blocks.iter().filter(is_bare).count();
        bare as f32 >= BARE * self.blocks.len() as f32
    }

    fn could_be_seen(&self, seen: &Raster<bool>) -> bool {
        2 * self.blocks.iter().filter(|block| seen.cells[**block]).count() > self.blocks.len()
    }
}

/// Intersection over union.
fn common_share(a: &[usize], b: &[usize]) -> f32 {
    let a: std::collections::HashSet<usize> = a.iter().copied().collect();
    let common = b.iter().filter(|block| a.contains(block)).count();
    common as f32 / (a.len() + b.len() - common).max(1) as f32
}

/// How sure one look is: the cues are taken for independent.
fn sureness(why: &Why) -> f32 {
    let border = ((why.new_edges - why.lost_edges) / 0.8).clamp(0.0, 1.0);
    let against = [0.75 * border, 0.6 * why.structure, 0.6 * why.colour, 0.5 * why.brightness];
    1.0 - against.iter().map(|evidence| 1.0 - evidence).product::<f32>()
}
