//! Tables of what a door or sensor said, what the case system said, and what must follow.

mod check;
mod golden;
mod joint;
mod life;
mod refused;
mod script;
mod sound;
mod standard;
