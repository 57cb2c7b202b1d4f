//! What the rules were shown, kept on disk for days, so that changed rules can be tried on it.
//!
//! Kept are each analysed picture's time and visible tracks, the gaps, and the signals of doors and
//! sensors, which come back exactly; neither video nor detections. A replay needs no tracker and shows an assessor what it saw: times exactly, boxes
//! within half of 1/4096 of the picture (0.23 px of 1920), scores within 0.0025 and on the same side
//! of every threshold of two decimals.
//!
//! One file for each camera and day, `<folder>/<camera>/<yyyymmdd>.obs` (UTC), to which blocks of
//! about a minute are appended. Each block can be read alone and has its own checksum. What a power
//! cut tears or a disk spoils is skipped, counted, and reported as a gap.

mod archive;
mod block;
mod cable_record;
mod clock_record;
mod day;
mod draft;
mod error;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod quantity;
mod replay;
mod shelf;
mod signal_record;
mod varint;

pub use archive::{Archive, Recorder, Totals};
pub use error::ArchiveError;
pub use replay::{Entry, Replay};
pub use shelf::{Retention, cameras};
