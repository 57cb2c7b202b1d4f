//! Tables of what a device said and what its rules must conclude from it.

mod absent;
mod counted;
mod forced;
mod limit;
mod silent;
mod sound;
mod state;
mod terms;
