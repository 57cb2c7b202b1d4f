//! Entries for fuzzers and tests: bytes from anywhere, straight into the reader.

use std::io;

use crate::block::{Block, Record};
use crate::frame::{Frames, seal};

/// What a reading came to: enough to see that it stayed within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Blocks with a whole heading.
    pub blocks: u64,
    /// Pictures in them.
    pub pictures: u64,
    /// Signals in them.
    pub signals: u64,
    /// Gaps in them.
    pub gaps: u64,
    /// The most tracks that one picture showed.
    pub most_tracks: usize,
    /// Stretches that held no whole block, and blocks that broke off.
    pub damaged: u64,
}

/// Reads `bytes` as a file of blocks.
///
/// # Errors
/// If there is no memory for the decompressor.
pub fn read_file(bytes: Vec<u8>) -> io::Result<Reading> {
    let (mut frames, mut block) = (Frames::default(), Block::default());
    let mut reading = Reading::default();
    frames.turn_to(bytes);
    while block.turn_page(&mut frames)?.is_some() {
        reading.blocks += 1;
        while let Some(record) = block.next_record() {
            match record {
                Ok(Record::Picture) => reading.pictures += 1,
                Ok(Record::Signal(_)) => reading.signals += 1,
                Ok(Record::Gap(_)) => reading.gaps += 1,
                Err(_) => reading.damaged += 1,
            }
            reading.most_tracks = reading.most_tracks.max(block.tracks.len());
        }
    }
    reading.damaged += frames.damaged;
    Ok(reading)
}

/// Reads `body` as one block whose checksum holds.
///
/// # Errors
/// If there is no memory for the compressor, or the body is longer than 4 GiB.
pub fn read_body(body: &[u8]) -> io::Result<Reading> {
    read_file(seal(body)?)
}

/// The bodies of a file's whole blocks, to be changed and read again by [`read_body`].
///
/// # Errors
/// If there is no memory for the decompressor.
pub fn bodies(file: Vec<u8>) -> io::Result<Vec<Vec<u8>>> {
    let mut frames = Frames::default();
    frames.turn_to(file);
    let mut bodies = Vec::new();
    let mut body = Vec::new();
    while frames.next_body(&mut body)? {
        bodies.push(std::mem::take(&mut body));
    }
    Ok(bodies)
}
