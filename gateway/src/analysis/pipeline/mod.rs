//! One camera's pipeline: from observations to incident events, and the orders that reach it.

mod camera_pipeline;
mod demand;
mod gap;
mod held_back;
mod orders;

pub(crate) use camera_pipeline::{CameraPipeline, PipelineSettings};
pub(crate) use demand::watch;
