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
    /// So many of the newest may be in the picture.
    reach: usize,
}

impl History {
    pub(crate) fn push(&mut self, look: Look) {
        if self.looks.len() == MOST_LOOKS {
            self.looks.pop_front();
        }
        self.looks.push_back(look);
        self.reach = self.looks.len().min(self.reach + 1);
    }

    pub(crate) fn clear(&mut self) {
        self.looks.clear();
        self.reach = 0;
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

    /// Looks that make the picture of the zone at this noise. It grows by one look after the other: what the
    /// picture has left behind does not come back into it.
    pub(crate) fn span(&mut self, noise: f32) -> usize {
        let wanted = if noise > DARK_NOISE { MOST_LOOKS } else { DAY_LOOKS };
        self.reach = self.reach.min(wanted);
        // A median of an even number leaves one out.
        let is_even = self.reach.is_multiple_of(2);
        if is_even { self.reach.saturating_sub(1).max(1) } else { self.reach }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_picture_takes_in_new_looks_and_none_that_it_has_left_behind() {
        let look = || {
            let planes = Planes {
                luma: Raster::filled(4, 4, 0),
                blue: Raster::filled(2, 2, 0),
                red: Raster::filled(2, 2, 0),
            };
            Look { planes, hidden: Raster::filled(1, 1, false) }
        };
        let mut history = History::default();
        let mut spans = |noises: &[f32]| -> Vec<usize> {
            let span = |noise: &f32| {
                history.push(look());
                history.span(*noise)
            };
            noises.iter().map(span).collect()
        };
        let (day, night) = (1.0, 3.0);
        assert_eq!(spans(&[night; 10]), [1, 1, 3, 3, 5, 5, 7, 7, 9, 9]);
        assert_eq!(spans(&[day; 2]), [5, 5]);
        assert_eq!(spans(&[night; 5]), [5, 7, 7, 9, 9]);
        assert_eq!(spans(&[day, night, day, night]), [5, 5, 5, 5]);
    }
}
