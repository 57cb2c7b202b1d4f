//! Simulated doors: controllers that tell their events over HTTP, as their makers have it, with the faults
//! that real ones have.
//!
//! ```text
//! Happening ─▶ DoorController (history, who listens, faults) ─▶ Tongue (Isapi, Dahua) ─▶ each listener
//! ```
//!
//! What happens is told with names, cards, faces and plates of people on purpose: whoever listens must
//! leave them out.

mod account;
mod clock;
mod controller;
mod dahua;
mod habits;
mod happening;
mod isapi;
mod listener;
mod shared;
mod tongue;
mod web;

pub use account::{Account, Scheme};
pub use clock::DoorClock;
pub use controller::DoorController;
pub use dahua::Dahua;
pub use habits::Habits;
pub use happening::{Happening, PERSONAL, What};
pub use isapi::{BoundaryStyle, Isapi, Writing};
pub use tongue::{Remembered, Tongue};
