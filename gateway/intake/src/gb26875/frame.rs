//! Frames of the standard on a stream: found, checked, and found again behind garbage.

use crate::gb26875::dialect::SourceAddress;
use crate::gb26875::look::{Look, sum};
use crate::gb26875::short_frame::{self, ShortFrame};

/// The most bytes of application data (section 6.2: 1024).
pub(crate) const MOST_DATA_BYTES: usize = 1024;

const START: [u8; 2] = [0x40, 0x40];
const END: [u8; 2] = [0x23, 0x23];
/// Start, number, version, time, both addresses, length, command.
const HEAD_BYTES: usize = 27;
/// Sum and end.
const TAIL_BYTES: usize = 3;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// The number of the message (业务流水号). What is sent again keeps it.
    pub(crate) number: u16,
    /// Version of the protocol: main and further one.
    pub(crate) version: [u8; 2],
    /// When it was sent, as in `clock_time.rs`.
    pub(crate) time: [u8; 6],
    pub(crate) source: SourceAddress,
    pub(crate) destination: SourceAddress,
    pub(crate) command: u8,
    /// Application data: 1024 bytes at most.
    pub(crate) data: Vec<u8>,
}

/// What lies next on the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A frame of the standard.
    Frame(Frame),
    /// A frame whose sum is wrong: who sent it should be told, as far as that can be believed.
    Damaged(Frame),
    /// A short frame.
    Short(ShortFrame),
    /// This many bytes that belong to no frame.
    Garbage(usize),
}

/// What came and has not been read. It never holds more than two of the longest frames.
#[derive(Debug, Default)]
pub(crate) struct Stream(Vec<u8>);

impl Frame {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = START.to_vec();
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.version);
        bytes.extend(self.time);
        bytes.extend(self.source.0);
        bytes.extend(self.destination.0);
        bytes.extend(u16::try_from(self.data.len()).unwrap_or(u16::MAX).to_le_bytes());
        bytes.push(self.command);
        bytes.extend(&self.data);
        bytes.push(sum(bytes.get(START.len()..).unwrap_or_default()));
        bytes.extend(END);
        bytes
    }
}

impl Stream {
    /// Adds what came.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Whether nothing waits for its end.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands first is no frame, though it may begin like one.
    pub(crate) fn give_up(&mut self) {
        self.0.drain(..1.min(self.0.len()));
    }

    /// The next thing that is whole. None until more comes.
    pub(crate) fn next(&mut self) -> Option<Found> {
        let mut skipped = 0;
        while skipped < self.0.len() {
            let rest = self.0.get(skipped..).unwrap_or_default();
            let (found, length) = match rest.first() {
                Some(&0x40) => match frame_at(rest) {
                    Look::Is(found, length) => (found, length),
                    Look::Short => break,
                    Look::No => {
                        skipped += 1;
                        continue;
                    }
                },
                Some(&short_frame::START) => match short_frame::look(rest) {
                    Look::Is(found, length) => (Found::Short(found), length),
                    Look::Short => break,
                    Look::No => {
                        skipped += 1;
                        continue;
                    }
                },
                _ => {
                    skipped += 1;
                    continue;
                }
            };
            // Garbage is told first; the frame is found again.
            if skipped == 0 {
                self.0.drain(..length);
                return Some(found);
            }
            break;
        }
        if skipped > 0 {
            self.0.drain(..skipped);
            return Some(Found::Garbage(skipped));
        }
        None
    }
}

fn frame_at(bytes: &[u8]) -> Look<Found> {
    let begin = bytes.get(..START.len().min(bytes.len())).unwrap_or_default();
    if !START.starts_with(begin) {
        return Look::No;
    }
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else { return Look::Short };
    let [_, _, n0, n1, v0, v1, t0, t1, t2, t3, t4, t5, rest @ ..] = *head;
    let [s0, s1, s2, s3, s4, s5, d0, d1, d2, d3, d4, d5, l0, l1, command] = rest;
    let data_bytes = usize::from(u16::from_le_bytes([l0, l1]));
    if data_bytes > MOST_DATA_BYTES {
        return Look::No;
    }
    let length = HEAD_BYTES + data_bytes + TAIL_BYTES;
    let Some(whole) = bytes.get(..length) else { return Look::Short };
    let (summed, tail) = whole.split_at(HEAD_BYTES + data_bytes);
    let [told, end @ ..] = tail else { return Look::No };
    if end != END {
        return Look::No;
    }
    let frame = Frame {
        number: u16::from_le_bytes([n0, n1]),
        version: [v0, v1],
        time: [t0, t1, t2, t3, t4, t5],
        source: SourceAddress([s0, s1, s2, s3, s4, s5]),
        destination: SourceAddress([d0, d1, d2, d3, d4, d5]),
        command,
        data: summed.get(HEAD_BYTES..).unwrap_or_default().to_vec(),
    };
    let is_whole = sum(summed.get(START.len()..).unwrap_or_default()) == *told;
    let found = if is_whole { Found::Frame(frame) } else { Found::Damaged(frame) };
    Look::Is(found, length)
}

#[cfg(test)]
mod tests;
