//! The eyes of the gateway: which camera is with which, and what happens when one dies.

mod aftermath;
mod desk;
mod desk_state;
mod desk_zones;
mod held_picture;
mod lane;
mod measured;
mod memory_limit;
mod nursery;
mod post;
mod recovery;
mod references;
mod roster;
mod seat_kept;
mod stuck;
mod supervisor;
mod zone_files;

pub(crate) use desk::EyeDesk;
pub(crate) use desk_zones::ZoneState;
pub(crate) use held_picture::{EyeGone, HeldPicture, ShowError};
pub(super) use lane::Judging;
pub(crate) use supervisor::{EyeError, Supervisor};
pub(crate) use zone_files::ZoneFiles;
