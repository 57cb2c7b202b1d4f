//! The first line of what may be an RTSP message, told from what is none without looking at it again and again.

use super::head;

/// The longest method, in letters: `GET_PARAMETER` has 13.
pub(super) const LONGEST_METHOD: usize = 16;

/// How a line that may be the first of a message goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// Its end has not come.
    Open,
    /// It ends here.
    At(usize),
    /// It is no text from here on.
    NoText(usize),
    /// It is longer than allowed.
    TooFar,
}

/// What is known of the line at the begin of a buffer.
#[derive(Debug, Default)]
pub(super) struct FirstLine {
    /// So many bytes are text, all of one line.
    text: usize,
    /// Where the last name of the protocol among them begins.
    protocol_at: Option<usize>,
}

impl FirstLine {
    /// So many bytes are known to be text.
    pub(super) fn text(&self) -> usize {
        self.text
    }

    /// Looks at what is not known yet, of `longest` bytes.
    pub(super) fn scan(&mut self, bytes: &[u8], longest: usize) -> LineEnd {
        for (at, byte) in bytes.iter().enumerate().skip(self.text) {
            match byte {
                b'\n' => return LineEnd::At(at),
                _ if at >= longest => return LineEnd::TooFar,
                b'\t' | b'\r' | b' '.. => {}
                _ => return LineEnd::NoText(at),
            }
            let name = at.checked_sub(4).and_then(|from| bytes.get(from..at));
            if *byte == b'/' && name.is_some_and(|it| it.eq_ignore_ascii_case(b"RTSP")) {
                self.protocol_at = at.checked_sub(4);
            }
            self.text = at + 1;
        }
        LineEnd::Open
    }

    /// Whether what was looked at names the protocol. Every first line does, at its begin or at its end.
    pub(super) fn names_rtsp(&self) -> bool {
        self.protocol_at.is_some()
    }

    /// So many bytes were taken from the buffer.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.text = self.text.saturating_sub(bytes);
        self.protocol_at = self.protocol_at.and_then(|at| at.checked_sub(bytes));
    }
}

/// The word at the begin, if it has ended and may be a method.
///
/// # Errors
/// How many of its letters are too many; 0 if it may still become one.
pub(super) fn word(bytes: &[u8]) -> Result<&[u8], usize> {
    let is_of_word = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let short = bytes.get(..=LONGEST_METHOD).unwrap_or(bytes);
    match short.iter().position(|byte| !is_of_word(byte)) {
        Some(end) => Ok(bytes.get(..end).unwrap_or_default()),
        None => {
            let letters = bytes.iter().position(|byte| !is_of_word(byte)).unwrap_or(bytes.len());
            Err(letters.saturating_sub(LONGEST_METHOD))
        }
    }
}

/// Whether an answer says its status within `longest` bytes; none if they have not come.
pub(super) fn has_status(bytes: &[u8], longest: usize) -> Option<bool> {
    let begin = bytes.get(..longest).unwrap_or(bytes);
    let line = begin.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let is_known = line.len() < begin.len() || begin.len() == longest;
    is_known.then(|| head::first_line(line).is_some())
}

/// Where behind the first byte a packet or an answer may begin; `end` if none does before.
pub(super) fn next_begin(bytes: &[u8], end: usize) -> usize {
    let may_begin = |at: &usize| {
        let rest = bytes.get(*at..).unwrap_or_default();
        rest.first() == Some(&b'$')
            || rest.get(..5).is_some_and(|it| it.eq_ignore_ascii_case(b"RTSP/"))
    };
    (1..end).find(may_begin).unwrap_or(end)
}
