//! How a block lies in its file: a mark, a checksum, two lengths and the compressed body.
//!
//! A block that a power cut tore or a disk spoilt is skipped: reading goes on at the next mark whose
//! checksum holds.

use std::io;

use zstd::bulk::Decompressor;

/// Begins a block; the digit is the version of the format.
const MARK: [u8; 4] = *b"GWO1";
/// Mark, CRC-32 of all that follows, length as stored, length as written.
const HEADING_BYTES: usize = 16;
/// Far more than any block holds.
const LONGEST_BODY: u32 = 16 * 1024 * 1024;
/// zstd's own default.
const LEVEL: i32 = 3;

/// A body made ready for its file: compressed if that helps.
pub(crate) fn seal(body: &[u8]) -> io::Result<Vec<u8>> {
    let compressed = zstd::bulk::compress(body, LEVEL)?;
    let stored = if compressed.len() < body.len() { compressed.as_slice() } else { body };
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(io::Error::other);
    let mut frame = Vec::with_capacity(HEADING_BYTES + stored.len());
    frame.extend(MARK);
    frame.extend([0; 4]);
    frame.extend(length(stored)?.to_le_bytes());
    frame.extend(length(body)?.to_le_bytes());
    frame.extend(stored);
    if let Some((heading, checked)) = frame.split_at_mut_checked(8)
        && let Some(checksum) = heading.get_mut(4..)
    {
        checksum.copy_from_slice(&crc32fast::hash(checked).to_le_bytes());
    }
    Ok(frame)
}

/// The blocks of one file.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    at: usize,
    decompressor: Option<Decompressor<'static>>,
    /// How many stretches held no whole block.
    pub(crate) damaged: u64,
}

impl Frames {
    /// Goes on with the blocks of another file.
    pub(crate) fn turn_to(&mut self, bytes: Vec<u8>) {
        (self.bytes, self.at) = (bytes, 0);
    }

    /// Puts the next whole body into `body`; `false` at the end of the file.
    ///
    /// # Errors
    /// If there is no memory for the decompressor.
    pub(crate) fn next_body(&mut self, body: &mut Vec<u8>) -> io::Result<bool> {
        if self.decompressor.is_none() {
            self.decompressor = Some(Decompressor::new()?);
        }
        let Some(decompressor) = &mut self.decompressor else { return Ok(false) };
        let mut torn = false;
        while let Some(rest) = self.bytes.get(self.at..).filter(|rest| !rest.is_empty()) {
            if let Some((stored, length)) = whole_frame(rest) {
                self.at += HEADING_BYTES + stored.len();
                self.damaged += u64::from(std::mem::take(&mut torn));
                body.clear();
                if stored.len() == length {
                    body.extend(stored);
                    return Ok(true);
                }
                body.reserve(length);
                if decompressor.decompress_to_buffer(stored, body).is_ok_and(|l| l == length) {
                    return Ok(true);
                }
                torn = true;
            } else {
                torn = true;
                // At least one byte on: this mark, if it is one, leads nowhere.
                let ahead = rest.get(1..).unwrap_or_default();
                let next = ahead.windows(MARK.len()).position(|bytes| *bytes == MARK);
                self.at += next.map_or(rest.len(), |ahead| ahead + 1);
            }
        }
        self.damaged += u64::from(torn);
        Ok(false)
    }
}

/// The stored body of the block that `bytes` begin with, and its length once decompressed.
fn whole_frame(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (heading, rest) = bytes.split_first_chunk::<HEADING_BYTES>()?;
    let [mark, checksum, stored, length] = [0, 4, 8, 12].map(|at| field(heading, at));
    if mark != u32::from_le_bytes(MARK) || stored > length || length > LONGEST_BODY {
        return None;
    }
    let stored = rest.get(..usize::try_from(stored).ok()?)?;
    let checked = bytes.get(8..HEADING_BYTES + stored.len())?;
    (crc32fast::hash(checked) == checksum).then_some((stored, usize::try_from(length).ok()?))
}

fn field(heading: &[u8; HEADING_BYTES], at: usize) -> u32 {
    let bytes = heading.get(at..).and_then(|rest| rest.first_chunk::<4>());
    bytes.copied().map_or(0, u32::from_le_bytes)
}
