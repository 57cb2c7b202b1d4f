//! Simulated cameras as real clients see them: ffprobe, retina, and a client that writes every byte
//! itself.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in the functions it shares with others too"
)]

mod clip_files;
mod faults;
mod ffprobe;
mod protocol;
mod quirks;
mod recording;
mod retina_client;
mod served;
