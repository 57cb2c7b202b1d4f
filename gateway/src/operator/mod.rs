//! The loopback HTTP server: health, metrics, evidence, and a page for the technician.

mod page;
mod server;

pub(crate) use page::{CameraView, Overview};
pub(crate) use server::{OperatorServer, Page};
