//! The child's side: an eye at work.

mod clips;
mod confinement;
mod fair_queue;
mod glances;
#[cfg(debug_assertions)]
mod harm;
mod lane;
mod measurements;
mod onlooker;
mod readers;
mod reports;
mod seats;
mod second_looks;
mod serve;
mod sighted;
mod standing;
mod zone_place;

pub use confinement::confine;
pub use onlooker::{LookError, Onlooker};
pub use serve::{ServeError, serve};
