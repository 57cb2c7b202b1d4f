//! The parts of a stream that never ends (RFC 2046 §5.1), as devices write them: bounded, pictures not kept.
//!
//! A part ends at the next delimiter, or where its `Content-Length` says, whichever comes first. A
//! text without a length is handed out once it is whole, because the next delimiter may come with
//! the next event only.

use bytes::{Buf, BytesMut};

use super::delimiter::{Delimiters, Found, Search};
use super::looks::looked_at;
use super::whole_text::WholeText;

/// The longest head of a part, in bytes.
const LONGEST_HEAD: usize = 8 * 1024;
/// The longest text of a part, in bytes. An event takes 1 or 2 KiB.
pub(crate) const LONGEST_TEXT: usize = 256 * 1024;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A text: JSON, XML or plain.
    Text(Vec<u8>),
    /// A picture or anything else that is no text. Nothing of it was kept.
    Other,
    /// A part whose head or text is too long. Nothing of it was kept.
    TooLong,
}

/// Cuts a stream into its parts.
#[derive(Debug)]
pub(crate) struct Multipart {
    delimiters: Delimiters,
    buffer: BytesMut,
    state: State,
    /// The buffer begins a line.
    begins_line: bool,
    /// How far the buffer was searched for the end of a line, of the head, of the part.
    search: Search,
    /// Where the head's first line begins whose end was not seen.
    head_line_at: usize,
    whole: WholeText,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Up to the next delimiter, all is passed over.
    Between,
    Head,
    /// In a part that is kept; so many bytes of its length are left, if it has one.
    Text {
        left: Option<usize>,
    },
    /// In a part that is not kept.
    Passing {
        what: Passed,
        left: Option<u64>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Passed {
    Other,
    TooLong,
}

/// What one step came to.
enum Step {
    Came(Part),
    GoOn,
    WantsMore,
}

impl Multipart {
    /// For a stream with this `Content-Type`.
    pub(crate) fn new(content_type: &[u8]) -> Self {
        let delimiters = Delimiters::of(content_type);
        Self {
            delimiters,
            buffer: BytesMut::new(),
            state: State::Between,
            begins_line: true,
            search: Search::of(true),
            head_line_at: 0,
            whole: WholeText::default(),
        }
    }

    /// Takes what came. All parts must have been taken out before.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// How many bytes are kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.buffer.len()
    }

    /// The next part that is complete.
    pub(crate) fn next(&mut self) -> Option<Part> {
        loop {
            let step = match self.state {
                State::Between => self.between(),
                State::Head => self.head(),
                State::Text { left } => self.text(left),
                State::Passing { what, left } => self.passing(what, left),
            };
            match step {
                Step::Came(part) => return Some(part),
                Step::GoOn => {}
                Step::WantsMore => return None,
            }
        }
    }

    fn between(&mut self) -> Step {
        let Some(end) = self.search.line_end(&self.buffer, usize::MAX) else {
            if self.buffer.len() > LONGEST_HEAD {
                self.drop_bytes(self.buffer.len());
            }
            return Step::WantsMore;
        };
        let line = self.buffer.get(..end).unwrap_or_default();
        if self.begins_line && self.delimiters.accepts(line) {
            self.state = State::Head;
        }
        self.drop_bytes(end + 1);
        Step::GoOn
    }

    fn head(&mut self) -> Step {
        let Some((end, body)) = self.end_of_head() else {
            if self.buffer.len() <= LONGEST_HEAD {
                return Step::WantsMore;
            }
            return self.pass_what_is_too_long();
        };
        let head = PartHead::of(self.buffer.get(..end).unwrap_or_default());
        self.drop_bytes(body);
        self.begin_line();
        self.state = match (head.is_text, head.length) {
            (false, left) => State::Passing { what: Passed::Other, left },
            (true, None) => State::Text { left: None },
            (true, Some(length)) => match usize::try_from(length) {
                Ok(length) if length <= LONGEST_TEXT => State::Text { left: Some(length) },
                _ => State::Passing { what: Passed::TooLong, left: Some(length) },
            },
        };
        Step::GoOn
    }

    fn text(&mut self, left: Option<usize>) -> Step {
        let limit = left.unwrap_or(usize::MAX);
        let found = self.delimiters.find(&self.buffer, &mut self.search, limit);
        let end = match (left, found) {
            (_, Found::At(begin)) => begin,
            (Some(left), _) if self.buffer.len() >= left => left,
            (Some(_), _) => return Step::WantsMore,
            (None, _) if self.buffer.len() > LONGEST_TEXT => return self.pass_what_is_too_long(),
            (None, _) => match self.whole.end(&self.buffer) {
                Some(end) => end,
                None => return Step::WantsMore,
            },
        };
        let text = self.buffer.get(..end).unwrap_or_default().trim_ascii().to_vec();
        self.drop_bytes(end);
        // Right behind a text of known length a delimiter needs no line of its own.
        self.begin_line();
        self.state = State::Between;
        if text.is_empty() { Step::GoOn } else { Step::Came(Part::Text(text)) }
    }

    fn passing(&mut self, what: Passed, left: Option<u64>) -> Step {
        let here = left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let (end, is_end) = match self.delimiters.find(&self.buffer, &mut self.search, here) {
            Found::At(begin) => (begin, true),
            Found::Perhaps(begin) if begin < here => (begin, false),
            _ => (self.buffer.len().min(here), self.buffer.len() >= here),
        };
        self.drop_bytes(end);
        if !is_end {
            let left = left.map(|left| left.saturating_sub(end as u64));
            self.state = State::Passing { what, left };
            // A line that may still become a delimiter is short.
            return Step::WantsMore;
        }
        self.begin_line();
        self.state = State::Between;
        Step::Came(match what {
            Passed::Other => Part::Other,
            Passed::TooLong => Part::TooLong,
        })
    }

    fn drop_bytes(&mut self, count: usize) {
        if let Some(last) = count.checked_sub(1).and_then(|at| self.buffer.get(at)) {
            self.begins_line = *last == b'\n';
        }
        self.buffer.advance(count.min(self.buffer.len()));
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        self.look_anew();
    }

    /// What stands in the buffer begins a line, whatever stood before it.
    fn begin_line(&mut self) {
        self.begins_line = true;
        self.look_anew();
    }

    fn look_anew(&mut self) {
        self.search = Search::of(self.begins_line);
        self.head_line_at = 0;
        self.whole = WholeText::default();
    }

    fn pass_what_is_too_long(&mut self) -> Step {
        self.begin_line();
        self.state = State::Passing { what: Passed::TooLong, left: None };
        Step::GoOn
    }

    /// Where the head ends, and where the body begins: behind the first empty line. A text may follow
    /// without a head.
    fn end_of_head(&mut self) -> Option<(usize, usize)> {
        while let Some(end) = self.search.line_end(&self.buffer, usize::MAX) {
            let begin = std::mem::replace(&mut self.head_line_at, end + 1);
            looked_at(end - begin);
            let line = self.buffer.get(begin..end)?.trim_ascii();
            if line.is_empty() {
                return Some((begin, end + 1));
            }
            if matches!(line.first(), Some(b'{' | b'<')) {
                return Some((begin, begin));
            }
        }
        None
    }
}

/// What the head of a part says, of all that it may say.
#[derive(Debug)]
struct PartHead {
    is_text: bool,
    length: Option<u64>,
}

impl PartHead {
    fn of(head: &[u8]) -> Self {
        let mut read = Self { is_text: true, length: None };
        for line in head.split(|byte| *byte == b'\n') {
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = line.split_at(colon);
            let value = value.get(1..).unwrap_or_default().trim_ascii();
            if name.trim_ascii().eq_ignore_ascii_case(b"content-type") {
                let kind = value.to_ascii_lowercase();
                let others: [&[u8]; 4] = [b"image/", b"video/", b"audio/", b"application/octet"];
                read.is_text = !others.iter().any(|other| kind.starts_with(other));
            } else if name.trim_ascii().eq_ignore_ascii_case(b"content-length") {
                read.length = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
            }
        }
        read
    }
}

#[cfg(test)]
mod tests;
