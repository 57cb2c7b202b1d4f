//! New cables round a two-wheeler, by two pictures of one place. Pure: no clock, no disk, no network, no net.
//!
//! A wire that hangs from a window to an e-bike has no class that a detector knows, and is a few pixels wide. A
//! net can tell it from what was there before ([its card](../../../models/charging-wire/README.md)). This crate
//! prepares its two pictures and reads its map:
//!
//! 1. A [`Reference`] is what the picture looks like where nobody, no vehicle and no two-wheeler is, some minutes
//!    old (`reference.rs`). Round a two-wheeler it stays as it was before that came.
//! 2. The picture of now is laid over it, within 16 pixels (`alignment.rs`). How well they agree is measured by
//!    the correlation of their structure in cells of 4x4 pixels, without people and two-wheelers. Less than
//!    [`LEAST_AGREEMENT`] is no alignment, and tells nothing.
//! 3. Tiles of 256 pixels round the two-wheeler, [`MOST_TILES`] at most, go through the net (`tiling.rs`).
//!    People, vehicles and two-wheelers are covered with what was there before (`pair.rs`).
//! 4. What hangs together in the net's map and is long and thin is a cable (`line.rs`).
//!
//! What it means, the rule decides.

mod alignment;
mod area;
mod heat;
mod line;
mod look;
mod pair;
mod picture;
mod reference;
mod tiling;

pub use alignment::LEAST_AGREEMENT;
pub use look::{Answer, Place, look};
pub use picture::Picture;
pub use reference::Reference;
pub use tiling::{MOST_TILES, TILE_PX};
