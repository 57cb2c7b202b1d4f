//! What `beside` and `stall` must and must not report, told picture by picture.

mod beside;
mod script;
mod stall;
