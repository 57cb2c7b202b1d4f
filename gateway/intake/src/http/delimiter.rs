//! What stands between the parts of a stream (RFC 2046 §5.1.1), in all the ways in which devices write it.
//!
//! The boundary of the header may be in quotes, in angle brackets that belong to it or do not, or
//! begin with the two dashes that should be put before it. Some devices name none. So several
//! delimiters are possible until the first one has come.

use memchr::memmem;

/// The longest boundary that RFC 2046 allows is 70; some are longer.
const LONGEST: usize = 200;
/// What may follow a delimiter on its line: the two dashes of the last one, spaces, the line's end.
const LONGEST_TAIL: usize = 64;

/// The delimiters that are possible.
#[derive(Debug, Clone)]
pub(super) struct Delimiters {
    possible: Vec<Vec<u8>>,
    is_certain: bool,
}

/// Where a delimiter's line may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// From the first byte of the line to the one behind it.
    At(usize, usize),
    /// It may begin here: the bytes that would say so have not come.
    Perhaps(usize),
    /// There is none.
    Nowhere,
}

impl Delimiters {
    /// Those that fit the `Content-Type` header of a stream.
    pub(super) fn of(content_type: &[u8]) -> Self {
        let mut possible: Vec<Vec<u8>> = Vec::new();
        let named = boundary(content_type).filter(|it| !it.is_empty() && it.len() <= LONGEST);
        if let Some(named) = named {
            let bare = named.strip_prefix(b"<").and_then(|it| it.strip_suffix(b">"));
            for word in [Some(named), bare].into_iter().flatten() {
                possible.push([b"--", word].concat());
                if word.starts_with(b"--") {
                    possible.push(word.to_vec());
                }
            }
        }
        Self { possible, is_certain: false }
    }

    /// Whether `line`, without its end, is a delimiter. The first that comes is the one from then on. If
    /// the header fits none, the first line that begins with two dashes is.
    pub(super) fn accepts(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        let is_it = |it: &&Vec<u8>| {
            line.strip_prefix(it.as_slice()).is_some_and(|rest| matches!(rest, b"" | b"--"))
        };
        if let Some(it) = self.possible.iter().find(is_it).cloned() {
            (self.possible, self.is_certain) = (vec![it], true);
            return true;
        }
        let is_learnt =
            !self.is_certain && line.len() > 2 && line.len() <= LONGEST && line.starts_with(b"--");
        if is_learnt {
            (self.possible, self.is_certain) = (vec![line.to_vec()], true);
        }
        is_learnt
    }

    /// The first line in `text` that is a delimiter. `text` begins a line if `begins_line`.
    pub(super) fn find(&self, text: &[u8], begins_line: bool) -> Found {
        let found = self.possible.iter().map(|it| find_one(it, text, begins_line));
        found.fold(Found::Nowhere, Found::earlier)
    }
}

impl Found {
    fn begin(self) -> usize {
        match self {
            Self::At(begin, _) | Self::Perhaps(begin) => begin,
            Self::Nowhere => usize::MAX,
        }
    }

    fn earlier(self, other: Self) -> Self {
        if other.begin() < self.begin() { other } else { self }
    }
}

fn find_one(delimiter: &[u8], text: &[u8], begins_line: bool) -> Found {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| memmem::find(rest, delimiter)) {
        let begin = from + at;
        let is_at_line = if begin == 0 {
            begins_line
        } else {
            text.get(begin - 1).is_some_and(|byte| *byte == b'\n')
        };
        let tail = text.get(begin + delimiter.len()..).unwrap_or_default();
        if is_at_line {
            match tail.iter().position(|byte| *byte == b'\n') {
                Some(end) if is_tail(tail.get(..end).unwrap_or_default()) => {
                    return Found::At(begin, begin + delimiter.len() + end + 1);
                }
                None if tail.len() <= LONGEST_TAIL && is_tail(tail) => {
                    return Found::Perhaps(begin);
                }
                _ => {}
            }
        }
        from = begin + 1;
    }
    // The beginning of one may stand at the end.
    let line = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let last = text.get(line..).unwrap_or_default();
    let is_begun = (line > 0 || begins_line) && last.len() < delimiter.len();
    if is_begun && !last.is_empty() && delimiter.starts_with(last) {
        return Found::Perhaps(line);
    }
    Found::Nowhere
}

fn is_tail(tail: &[u8]) -> bool {
    let tail = tail.trim_ascii();
    tail.is_empty() || b"--".starts_with(tail)
}

/// The value of the boundary parameter, without quotes.
fn boundary(content_type: &[u8]) -> Option<&[u8]> {
    let name = b"boundary=";
    let lower = content_type.to_ascii_lowercase();
    let at = memmem::find(&lower, name)? + name.len();
    let value = content_type.get(at..)?.trim_ascii_start();
    if let [b'"', quoted @ ..] = value {
        let end = quoted.iter().position(|byte| *byte == b'"').unwrap_or(quoted.len());
        return quoted.get(..end);
    }
    let end = value.iter().position(|byte| matches!(byte, b';' | b',' | b' ' | b'\t'));
    value.get(..end.unwrap_or(value.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_found_as_devices_write_it() {
        let accepts =
            |header: &str, line: &str| Delimiters::of(header.as_bytes()).accepts(line.as_bytes());
        assert!(accepts("multipart/mixed; boundary=<boundary>", "--<boundary>\r"));
        assert!(accepts("multipart/mixed; boundary=<boundary>", "--boundary"));
        assert!(accepts("multipart/mixed;boundary=boundary", "--boundary--"));
        assert!(accepts("multipart/x-mixed-replace; boundary=--myboundary", "----myboundary"));
        assert!(accepts("multipart/x-mixed-replace; boundary=--myboundary", "--myboundary"));
        assert!(accepts("multipart/mixed; Boundary=\"MIME_boundary\"; x", "--MIME_boundary"));
        assert!(accepts("multipart/mixed", "--anything"), "none is named: it is learnt");
        assert!(accepts("multipart/mixed; boundary=a", "--b"), "another is named: it is learnt");
        assert!(!accepts("multipart/mixed; boundary=a", "Content-Type: x"));
    }

    #[test]
    fn only_a_whole_line_is_one() {
        let mut it = Delimiters::of(b"multipart/mixed; boundary=b");
        assert!(it.accepts(b"--b"));
        assert_eq!(it.find(b"xy\r\n--b\r\nz", false), Found::At(4, 9));
        assert_eq!(it.find(b"--b\nz", true), Found::At(0, 4));
        assert_eq!(it.find(b"--b\nz", false), Found::Nowhere);
        assert_eq!(it.find(b"xy\n--bc\n", false), Found::Nowhere);
        assert_eq!(it.find(b"xy\n--", false), Found::Perhaps(3));
        assert_eq!(it.find(b"xy\n--b-", false), Found::Perhaps(3));
        assert_eq!(it.find(b"xy\n-q", false), Found::Nowhere);
    }
}
