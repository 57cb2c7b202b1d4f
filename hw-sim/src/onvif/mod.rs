//! A simulated ONVIF camera: it answers WS-Discovery and the calls by which its streams are found.

mod account;
mod discovery;
mod profile;
mod reply;
mod request;
mod server;

pub use discovery::GROUP;
pub use profile::{OnvifProfile, StreamProfile};
pub use server::{OnvifCamera, OnvifError};
