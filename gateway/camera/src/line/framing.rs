//! From the bytes of an RTSP connection to its messages and interleaved packets, within bounds.

use bytes::{Buf, Bytes, BytesMut};

use super::head::{Head, end_of_head};
use crate::wording::shown;

/// The longest head of a message, in bytes. Real ones are below 2 KiB.
pub(super) const LONGEST_HEAD: usize = 16 * 1024;

/// The longest body, in bytes: session descriptions are below 4 KiB, of recorders with many channels below 64.
pub(super) const LONGEST_BODY: usize = 128 * 1024;

/// The longest method, in letters: `GET_PARAMETER` has 13.
const LONGEST_METHOD: usize = 16;

/// So much of a first line must be text before it is taken for one.
const LONGEST_SCAN: usize = 256;

/// Bytes that belong to nothing and are passed over in a row, before the connection is given up.
const MOST_GARBAGE: usize = 16 * 1024;

/// Bytes before the payload of an interleaved packet (RFC 2326 §10.12).
const PACKET_HEAD: usize = 4;

/// What comes over an RTSP connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// An interleaved packet.
    Packet {
        /// Its channel.
        channel: u8,
        /// RTP or RTCP.
        data: Bytes,
    },
    /// A message and its body.
    Message(Head, Bytes),
}

/// Why no more can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FramingError {
    /// A bound was passed.
    TooLong(&'static str),
    /// No RTSP.
    Garbage(String),
}

/// Cuts a stream of bytes.
#[derive(Debug, Default)]
pub(super) struct Framer {
    buffer: BytesMut,
    garbage: usize,
    /// So many bytes hold no end of a head: they are not searched again for each byte that comes.
    searched: usize,
}

impl Framer {
    /// Where bytes are to be added.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next item, if it is complete.
    pub(super) fn next(&mut self) -> Result<Option<Item>, FramingError> {
        loop {
            match self.buffer.first() {
                None => return Ok(None),
                Some(b'$') => return Ok(self.packet()),
                Some(b'\r' | b'\n' | b' ' | b'\t') => self.advance(1),
                Some(letter) if letter.is_ascii_alphabetic() => match self.message()? {
                    Parsed::Item(item) => return Ok(Some(item)),
                    Parsed::Incomplete => return Ok(None),
                    Parsed::Nothing => self.skip()?,
                },
                Some(_) => self.skip()?,
            }
        }
    }

    fn packet(&mut self) -> Option<Item> {
        let (Some(&channel), Some(&high), Some(&low)) =
            (self.buffer.get(1), self.buffer.get(2), self.buffer.get(3))
        else {
            return None;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        if self.buffer.len() < PACKET_HEAD + length {
            return None;
        }
        self.garbage = 0;
        self.advance(PACKET_HEAD);
        self.searched = self.searched.saturating_sub(length);
        Some(Item::Packet { channel, data: self.buffer.split_to(length).freeze() })
    }

    fn message(&mut self) -> Result<Parsed, FramingError> {
        if !may_begin_message(&self.buffer) {
            return Ok(Parsed::Nothing);
        }
        let Some(end) = self.end_of_head() else {
            if self.buffer.len() > LONGEST_HEAD {
                return Err(FramingError::TooLong("a message head of more than 16 KiB"));
            }
            let line = self.buffer.iter().position(|byte| *byte == b'\n');
            let first = line.and_then(|end| self.buffer.get(..end));
            // Not worth waiting for the end of what is no message.
            return Ok(match first {
                Some(first) if !names_rtsp(first) => Parsed::Nothing,
                _ => Parsed::Incomplete,
            });
        };
        if end > LONGEST_HEAD {
            return Err(FramingError::TooLong("a message head of more than 16 KiB"));
        }
        let whole = self.buffer.get(..end).unwrap_or_default();
        let first = whole.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let head = if names_rtsp(first) { Head::parse(whole) } else { None };
        let Some(head) = head else { return Ok(Parsed::Nothing) };
        let length = head.number("content-length").unwrap_or(0);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LONGEST_BODY {
            return Err(FramingError::TooLong("a message body of more than 128 KiB"));
        }
        if self.buffer.len() < end + length {
            return Ok(Parsed::Incomplete);
        }
        self.buffer.advance(end);
        (self.searched, self.garbage) = (0, 0);
        Ok(Parsed::Item(Item::Message(head, self.buffer.split_to(length).freeze())))
    }

    /// The length of the head with the empty line that ends it.
    fn end_of_head(&mut self) -> Option<usize> {
        let end = end_of_head(&self.buffer, self.searched);
        self.searched = end.unwrap_or(self.buffer.len());
        end
    }

    fn skip(&mut self) -> Result<(), FramingError> {
        self.garbage += 1;
        if self.garbage > MOST_GARBAGE {
            return Err(FramingError::Garbage(shown(&self.buffer)));
        }
        self.advance(1);
        Ok(())
    }

    fn advance(&mut self, bytes: usize) {
        self.buffer.advance(bytes);
        self.searched = self.searched.saturating_sub(bytes);
    }
}

enum Parsed {
    Item(Item),
    Incomplete,
    Nothing,
}

/// Whether what lies there may be the begin of a message: the name of the protocol, or of a method and text.
fn may_begin_message(bytes: &[u8]) -> bool {
    let word = bytes.iter().position(|byte| !byte.is_ascii_alphabetic() && *byte != b'_');
    let Some((word, [after, rest @ ..])) = word.map(|end| bytes.split_at(end)) else {
        return bytes.len() <= LONGEST_METHOD;
    };
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.get(..LONGEST_SCAN).unwrap_or(line);
    let is_text = |byte: &u8| matches!(byte, b'\t' | b'\r') || *byte >= b' ';
    match after {
        b'/' => word.eq_ignore_ascii_case(b"RTSP"),
        b' ' => word.len() <= LONGEST_METHOD && line.iter().all(is_text),
        _ => false,
    }
}

/// Whether a first line is one of RTSP. Every one names the protocol, at its begin or at its end.
fn names_rtsp(line: &[u8]) -> bool {
    line.windows(5).any(|it| it.eq_ignore_ascii_case(b"RTSP/"))
}

#[cfg(test)]
mod tests;
