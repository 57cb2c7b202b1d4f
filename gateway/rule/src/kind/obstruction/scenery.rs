//! Whether what looks like the passage itself has come: what earlier looks at the passage showed.
//!
//! No movement proves it. A lorry may come between two looks, and a box of an empty road may change its
//! shape from look to look. What proves it is that the place was seen without such a box.

use scene::{BoundingBox, Class, Polygon};
use serde::{Deserialize, Serialize};

use crate::scenery::{is_vehicle, share_held};

/// A look that shows a box with this share of the passage does not show the passage bare: boxes of an
/// empty road waver in shape.
const SOME_OF_PASSAGE: f32 = 0.5;

/// So many looks must have shown the passage bare. A single one may have missed the box.
const BARE_LOOKS: u32 = 2;

/// What the looks at a passage have shown until now, over restarts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Seen {
    /// Looks without a large box in the passage, up to [`BARE_LOOKS`].
    bare: u32,
    /// A look showed no vehicle as large as that.
    free_of_vehicles: bool,
    /// The bare passage was taken for an object.
    mistaken: bool,
}

impl Seen {
    /// What an earlier version saw, which did not note it: its lorries may have come.
    pub(super) const BY_EARLIER_VERSION: Self =
        Self { bare: 0, free_of_vehicles: true, mistaken: false };

    /// Whether something of this class, as large as the passage, must have come since.
    pub(super) fn shows_it_came(&self, class: &Class) -> bool {
        if is_vehicle(class) {
            self.free_of_vehicles
        } else {
            self.bare >= BARE_LOOKS && !self.mistaken
        }
    }

    /// Something of this class was there before it could come. A vehicle that was may still leave.
    pub(super) fn was_there(&mut self, class: &Class) {
        self.mistaken |= !is_vehicle(class);
    }

    /// Takes in what a look shows.
    pub(super) fn look<'a>(
        &mut self,
        shown: impl Iterator<Item = (&'a Class, &'a BoundingBox)>,
        passage: &Polygon,
    ) {
        let large = shown.filter(|(_, bbox)| share_held(bbox, passage) >= SOME_OF_PASSAGE);
        let (mut is_bare, mut is_free_of_vehicles) = (true, true);
        for (class, _) in large {
            is_bare = false;
            is_free_of_vehicles &= !is_vehicle(class);
        }
        self.bare = (self.bare + u32::from(is_bare)).min(BARE_LOOKS);
        self.free_of_vehicles |= is_free_of_vehicles;
    }
}
