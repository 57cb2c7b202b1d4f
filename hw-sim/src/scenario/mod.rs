//! A scenario: which clips play as which cameras, and what truly happens in them.
//!
//! A person who looked at the clips wrote the truth down. The gateway never reads it. Doors and sensors play
//! a story that the scenario tells, beside the cameras or without them.

pub(crate) mod device;
mod device_file;
mod file;
pub(crate) mod model;

pub use device::{Act, Device, DeviceKind, Happens, Step, Story};
pub use model::{Camera, ClipSource, Scenario, Truth, Zone};

#[cfg(test)]
mod tests;
