//! From the bytes of an RTSP connection to its messages and interleaved packets, within bounds.

use bytes::{Bytes, BytesMut};

use super::first_line::{FirstLine, LONGEST_METHOD, LineEnd, has_status, next_begin, word};
use super::head::{Head, end_of_head};
use crate::wording::shown;

/// The longest head of a message, in bytes. Real ones are below 2 KiB.
pub(super) const LONGEST_HEAD: usize = 16 * 1024;

/// The longest body, in bytes: session descriptions are below 4 KiB, of recorders with many channels below 64.
pub(super) const LONGEST_BODY: usize = 128 * 1024;

/// Within so many bytes an answer must have said its status: `RTSP/1.0 200` has 12.
const LONGEST_STATUS: usize = 64;

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

/// Cuts a stream of bytes. It looks at each byte a few times at most, whatever comes: what cannot begin a message
/// is passed over in one go, and what was looked at in vain is remembered.
#[derive(Debug, Default)]
pub(super) struct Framer {
    buffer: BytesMut,
    garbage: usize,
    /// So many bytes hold no end of a head: they are not searched again for each byte that comes.
    searched: usize,
    line: FirstLine,
    /// A head whose body, of this length, has not come whole.
    awaits_body: Option<(Head, usize)>,
    /// How many bytes were looked at, those that were looked at again included.
    #[cfg(test)]
    looks: usize,
}

impl Framer {
    /// Where bytes are to be added.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// What came of a message that is not complete, in words; none if none has begun.
    pub(super) fn unfinished(&self) -> Option<String> {
        match &self.awaits_body {
            Some((_, length)) => {
                Some(format!("{} of {length} bytes of its body came", self.buffer.len()))
            }
            None if word(&self.buffer).is_ok_and(|it| it.eq_ignore_ascii_case(b"RTSP")) => {
                Some(format!("its head has no end ({})", shown(&self.buffer)))
            }
            None => None,
        }
    }

    /// The next item, if it is complete.
    pub(super) fn next(&mut self) -> Result<Option<Item>, FramingError> {
        loop {
            if let Some((_, length)) = &self.awaits_body {
                if self.buffer.len() < *length {
                    return Ok(None);
                }
                let Some((head, length)) = self.awaits_body.take() else { continue };
                return Ok(Some(Item::Message(head, self.take(length))));
            }
            let first = self.buffer.first().copied();
            self.count_looks(1);
            match first {
                None => return Ok(None),
                Some(b'$') => return Ok(self.packet()),
                Some(letter) if letter.is_ascii_alphabetic() => match self.message()? {
                    Begin::Message(head, length) => self.awaits_body = Some((head, length)),
                    Begin::Incomplete => return Ok(None),
                    Begin::Nothing(bytes) => self.skip(bytes)?,
                },
                Some(_) => self.skip(1)?,
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
        drop(self.take(PACKET_HEAD));
        Some(Item::Packet { channel, data: self.take(length) })
    }

    /// What a letter begins.
    fn message(&mut self) -> Result<Begin, FramingError> {
        self.count_looks(LONGEST_METHOD + 1);
        let found = word(&self.buffer);
        let found = found.map(|word| (word.len(), word.eq_ignore_ascii_case(b"RTSP")));
        let (length, names_rtsp) = match found {
            Ok(found) => found,
            Err(0) => return Ok(Begin::Incomplete),
            Err(too_many) => {
                self.count_looks(too_many);
                return Ok(Begin::Nothing(too_many));
            }
        };
        match self.buffer.get(length) {
            Some(b'/') if names_rtsp => {
                self.count_looks(LONGEST_STATUS);
                match has_status(&self.buffer, LONGEST_STATUS) {
                    Some(true) => self.head(),
                    Some(false) => Ok(Begin::Nothing(length)),
                    None => Ok(Begin::Incomplete),
                }
            }
            Some(b' ') => self.request(),
            // The protocol may be named behind other letters.
            Some(b'/') if length > 4 => Ok(Begin::Nothing(length - 4)),
            _ => Ok(Begin::Nothing(length)),
        }
    }

    /// What a word and a space begin: a request is text, and its line names the protocol.
    fn request(&mut self) -> Result<Begin, FramingError> {
        let known = self.line.text();
        let end = self.line.scan(&self.buffer, LONGEST_HEAD);
        self.count_looks(self.line.text() - known + 1);
        match end {
            LineEnd::Open => Ok(Begin::Incomplete),
            LineEnd::TooFar => Err(FramingError::TooLong("a message head of more than 16 KiB")),
            LineEnd::At(_) if self.line.names_rtsp() => self.head(),
            // Not worth waiting for the end of what is no message.
            LineEnd::At(end) | LineEnd::NoText(end) => Ok(self.nothing_before(end)),
        }
    }

    /// What a first line of RTSP begins.
    fn head(&mut self) -> Result<Begin, FramingError> {
        let known = self.searched;
        let found = end_of_head(&self.buffer, known);
        self.searched = found.unwrap_or(self.buffer.len());
        self.count_looks(self.searched.saturating_sub(known) + 4);
        if found.unwrap_or(self.buffer.len()) > LONGEST_HEAD {
            return Err(FramingError::TooLong("a message head of more than 16 KiB"));
        }
        let Some(end) = found else { return Ok(Begin::Incomplete) };
        let whole = self.buffer.get(..end).unwrap_or_default();
        let Some(head) = Head::parse(whole) else {
            let line = whole.iter().position(|byte| *byte == b'\n').unwrap_or(end);
            return Ok(self.nothing_before(line));
        };
        self.count_looks(end);
        let length = head.number("content-length").unwrap_or(0);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LONGEST_BODY {
            return Err(FramingError::TooLong("a message body of more than 128 KiB"));
        }
        drop(self.take(end));
        (self.searched, self.garbage) = (0, 0);
        Ok(Begin::Message(head, length))
    }

    /// No message begins before `end`, unless a packet or an answer does.
    fn nothing_before(&mut self, end: usize) -> Begin {
        let bytes = next_begin(&self.buffer, end);
        self.count_looks(bytes);
        Begin::Nothing(bytes)
    }

    fn skip(&mut self, bytes: usize) -> Result<(), FramingError> {
        self.garbage += bytes;
        if self.garbage > MOST_GARBAGE {
            return Err(FramingError::Garbage(shown(&self.buffer)));
        }
        drop(self.take(bytes));
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Bytes {
        self.searched = self.searched.saturating_sub(bytes);
        self.line.advance(bytes);
        self.buffer.split_to(bytes).freeze()
    }

    #[cfg(test)]
    fn count_looks(&mut self, bytes: usize) {
        self.looks += bytes;
    }

    #[cfg(not(test))]
    fn count_looks(&self, _bytes: usize) {}
}

/// What a letter may begin.
enum Begin {
    /// A message, with the length of its body.
    Message(Head, usize),
    Incomplete,
    /// So many bytes begin nothing.
    Nothing(usize),
}

#[cfg(test)]
mod tests;
