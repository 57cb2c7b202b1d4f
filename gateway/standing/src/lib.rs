//! What newly stands in a zone, whatever it is. Pure: no clock, no disk, no network, no detector.
//!
//! A class-free search for things that were not there before: goods, bulky waste, building
//! material, a vehicle that no detector knows. [`ZoneWatch`] compares looks at a zone, about one a
//! second or less often, with a reference of the empty zone.
//!
//! # How it works
//!
//! 1. A look is shrunk to at most 480 pixels and split into luma and chroma (`picture.rs`).
//! 2. The sway of the mast is undone, if nearly all parts of the picture tell of it (`align.rs`). So all looks
//!    lie on the reference.
//! 3. The picture of the zone is the median of the newest 5 looks, of 9 if the sensor is noisy
//!    (`history.rs`). What passes is not in it. Blocks of 4x4 pixels under persons and vehicles are
//!    left out.
//! 4. One curve for the zone takes out exposure and gamma (`tone.rs`). A field of factors, constant
//!    in pieces, takes out shadows, lamps and sun (`light.rs`). On flat ground less is believed, and where the
//!    grain of the ground is hidden, nothing: the light there is that around.
//! 5. What is left is compared with the noise and with the structure of both pictures
//!    (`change.rs`): other structure, other colour, or a brightness that no light makes. None of them counts
//!    where the grain of the ground still shows (`grain.rs`), be it darker, brighter or of another colour.
//! 6. Edges that the reference has not must stand still for five looks (`edges.rs`). Those of
//!    shadows wander.
//! 7. Blocks that hang together are one thing if its border has new edges, and if its place now
//!    differs more from its surroundings than before. If less, something left (`component.rs`).
//! 8. A thing is told when it has kept its place for [`Settings::looks`] looks (`track.rs`).
//!    A place that is hidden, or has not been seen for that long, is said to be unsure (`sight.rs`). So is that
//!    of a thing that a look does not show, unless it shows the ground there: then the thing has gone.
//! 9. The reference follows slowly where nothing differs (`reference.rs`). It takes over what was
//!    left behind (`leftovers.rs`), and is learned anew when the structure of the zone is another,
//!    unless the one before it fits again (`watch.rs`).
//!
//! What stands there from the first look cannot be seen by difference, unless an operator has said
//! that the reference is free ([`ZoneWatch::mark_free`]).
//!
//! # Figures
//!
//! `make evaluate` measures recall, false alerts and what each cue is worth, through detector, rule and
//! alert: `gateway/doc/evaluation.md`. Known to be weak: grey things that are no darker than a shadow where the
//! ground has no grain (a blur, the night, few bits), what is plain and covers many lines of the ground, so that
//! these seem to have left, what is burnt out in the sun once a shadow falls on it,
//! and anything that keeps still in front of a person's box.
//!
//! Cost (`examples/standing_cost`, processor time of one core of a shared EPYC, SSE2, beside other work): 4 ms a look
//! at 320x240, 9.3 ms at 480x360, about 75 times a blur of the same picture.

mod align;
mod blank;
mod change;
mod component;
mod cue;
mod edges;
mod filter;
mod findings;
mod grain;
mod history;
mod late;
mod leftovers;
mod light;
mod mask;
mod noise;
mod pace;
mod picture;
mod raster;
mod reference;
mod saved;
mod settings;
mod shape;
mod sight;
mod tone;
mod track;
mod watch;

pub use blank::blanked;
pub use cue::Cue;
pub use edges::Workbench;
pub use findings::{Findings, Standing, State, Why};
pub use picture::{LEAST_SIDE_PX, Picture, PictureError};
pub use saved::{LONGEST_SAVED_BYTES, SavedError, check};
pub use settings::{Settings, ZoneLook};
pub use watch::ZoneWatch;
