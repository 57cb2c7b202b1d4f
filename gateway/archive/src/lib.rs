//! What the rules were shown, kept on disk for days, to judge changed rules by.
//!
//! Kept are each analysed picture's time and visible tracks, and the gaps; neither video nor
//! detections. A replay needs no tracker and shows an assessor what it saw: times exactly, boxes
//! within half of 1/4096 of the picture (0.23 px of 1920), scores within 0.0025 and on the same side
//! of every threshold of two decimals.
//!
//! One file for each camera and day, `<folder>/<camera>/<yyyymmdd>.obs` (UTC), to which blocks of
//! about a minute are appended. Each block stands for itself, under its own checksum: what a power
//! cut tears or a disk spoils is passed over, counted, and told as a gap.

mod archive;
mod block;
mod day;
mod draft;
mod error;
mod frame;
mod quantity;
mod replay;
mod shelf;
mod varint;

pub use archive::{Archive, Recorder, Retention, Totals};
pub use error::ArchiveError;
pub use replay::{Entry, Replay};
pub use shelf::cameras;
