//! What newly stands in a zone, whatever it is.

mod align;
mod change;
mod component;
mod edges;
mod filter;
mod findings;
mod history;
mod light;
mod noise;
mod picture;
mod raster;
mod reference;
mod saved;
mod shape;
mod tone;
mod track;
mod watch;

pub use edges::Workbench;
pub use findings::{Findings, Standing, State, Why};
pub use picture::{Picture, PictureError};
pub use saved::{LONGEST_SAVED_BYTES, SavedError};
pub use watch::{Settings, ZoneLook, ZoneWatch};
