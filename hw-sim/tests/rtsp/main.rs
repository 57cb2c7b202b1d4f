//! Simulated cameras as real clients see them: ffprobe, retina, and a client that spells out every
//! byte.

mod clip_files;
mod faults;
mod ffprobe;
mod protocol;
mod recording;
mod retina_client;
mod served;
