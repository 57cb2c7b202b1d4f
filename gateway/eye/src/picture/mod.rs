//! From a decoded picture to one that may leave: searched, masked, encoded.

mod canvas;
mod lane_context;
mod mask;
mod mask_search;
mod outline;
mod snapshot;

pub(crate) use lane_context::LaneContext;
pub use mask::{Mask, Searched};
pub use mask_search::MaskSearch;
pub(crate) use outline::Outline;
