//! The latest looks of a zone, all brought to where the reference lies.

use std::collections::VecDeque;

use crate::filter::median;
use crate::raster::{Planes, Raster};

/// Looks that are kept: so many make the first reference, and the picture of a dark zone.
pub(crate) const MOST_LOOKS: usize = 9;
/// Looks whose median is the picture of a zone by day.
const DAY_LOOKS: usize = 5;
/// Standard deviation in luma steps from which a zone counts as dark.
const DARK_NOISE: f32 = 2.2;
/// A block under persons in this share of the looks shows persons.
const HIDDEN_SHARE: f32 = 0.4;
/// The median of n values scatters by this factor over the root of n.
const MEDIAN_SCATTER: f32 = 1.25;

/// One look.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) planes: Planes,
    /// Blocks under persons and vehicles, or that came from outside the picture.
    pub(crate) hidden: Raster<bool>,
}

/// The latest looks, the newest last.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    looks: VecDeque<Look>,
}

impl History {
    pub(crate) fn push(&mut self, look: Look) {
        if self.looks.len() == MOST_LOOKS {
            self.looks.pop_front();
        }
        self.looks.push_back(look);
    }

    pub(crate) fn clear(&mut self) {
        self.looks.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.looks.len()
    }

    pub(crate) fn first(&self) -> Option<&Look> {
        self.looks.front()
    }

    pub(crate) fn newest(&self) -> Option<&Look> {
        self.looks.back()
    }

    /// Looks that make the picture of the zone at this noise.
    pub(crate) fn span(&self, noise: f32) -> usize {
        let wanted = if noise > DARK_NOISE { MOST_LOOKS } else { DAY_LOOKS };
        let have = self.looks.len().min(wanted);
        // A median of an even number leaves one out.
        if have.is_multiple_of(2) { have.saturating_sub(1).max(1) } else { have }
    }

    /// Pixel by pixel the median of the newest `span` looks: what passes is not in it.
    pub(crate) fn picture(&self, span: usize) -> Planes {
        let of = |plane: fn(&Planes) -> &Raster<u8>| {
            let newest = self.looks.range(self.looks.len().saturating_sub(span)..);
            median(&newest.map(|look| plane(&look.planes)).collect::<Vec<_>>())
        };
        Planes { luma: of(|p| &p.luma), blue: of(|p| &p.blue), red: of(|p| &p.red) }
    }

    /// Blocks that the picture of the newest `span` looks does not show.
    pub(crate) fn hidden(&self, span: usize) -> Raster<bool> {
        let newest = self.looks.range(self.looks.len().saturating_sub(span)..);
        let Some(last) = self.looks.back() else { return Raster::default() };
        let mut counts = vec![0_u8; last.hidden.cells.len()];
        for look in newest {
            for (count, hidden) in counts.iter_mut().zip(&look.hidden.cells) {
                *count += u8::from(*hidden);
            }
        }
        let cells =
            counts.iter().map(|count| f32::from(*count) >= HIDDEN_SHARE * span as f32).collect();
        Raster { width: last.hidden.width, height: last.hidden.height, cells }
    }
}

/// Noise of the median of `span` looks.
pub(crate) fn noise_of_median(noise: f32, span: usize) -> f32 {
    if span < 3 { noise } else { noise * MEDIAN_SCATTER / (span as f32).sqrt() }
}
