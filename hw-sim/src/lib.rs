//! Simulated cameras and sensors, and an independent judge of the alerts that a gateway raises over them.

pub mod camera;
pub mod centre;
pub mod compose;
pub mod door;
mod draft;
pub mod egova;
pub mod field;
pub mod judge;
mod mqtt;
pub mod onvif;
pub mod play;
pub mod scenario;
pub mod toml_file;
