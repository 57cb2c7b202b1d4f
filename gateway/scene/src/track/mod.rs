//! Objects followed from picture to picture.

mod assignment;
mod followed;
mod motion;
mod object;
mod place;
mod settings;
mod sighting;
mod tracker;

pub use object::{Track, TrackId, TrackState};
pub use settings::{TrackerSettings, TrackerSettingsError};
pub use tracker::Tracker;
