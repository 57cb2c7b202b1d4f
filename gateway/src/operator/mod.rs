//! The loopback HTTP server: health, metrics, evidence, and a page for the technician.

mod page;
mod roster;
mod server;

pub(crate) use page::Overview;
pub(crate) use roster::{CameraView, Roster};
pub(crate) use server::OperatorServer;
