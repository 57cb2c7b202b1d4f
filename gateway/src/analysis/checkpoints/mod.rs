//! Checkpoints: what doors and cameras tell them, and the pictures of who crosses.

mod feed;
mod health;
mod pictures;
mod presence;
mod routes;
#[cfg(test)]
mod tests;

pub(crate) use feed::CheckpointFeed;
pub(crate) use pictures::CrossingPictures;
pub(crate) use routes::{CameraRoute, CheckpointRoutes};
