//! Simulated doors: controllers that tell their events over HTTP, as their makers have it, with the faults
//! that real ones have.
//!
//! ```text
//! Happening ─▶ DoorController (history, who listens, faults) ─▶ Tongue (Isapi, Dahua) ─▶ each listener
//! ```
//!
//! An ONVIF door (`OnvifDoor`) is asked again and again instead, by SOAP.
//!
//! What happens is told with names, cards, faces and plates of people on purpose: whoever listens must
//! leave them out.

mod account;
mod clock;
mod controller;
mod dahua;
mod element;
mod habits;
mod happening;
mod isapi;
mod listener;
mod onvif;
mod onvif_events;
mod onvif_replies;
mod shared;
mod tongue;
mod username_token;
mod web;

pub use account::{Account, Scheme};
pub use clock::DoorClock;
pub use controller::DoorController;
pub use dahua::Dahua;
pub use habits::Habits;
pub use happening::{Happening, PERSONAL, What};
pub use isapi::{BoundaryStyle, Isapi, Writing};
pub use onvif::{OnvifDoor, OnvifHabits};
pub use tongue::{Remembered, Tongue};
