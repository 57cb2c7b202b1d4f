//! What stands between the parts of a stream (RFC 2046 §5.1.1), in all the ways in which devices write it.
//!
//! The boundary of the header may be in quotes, in angle brackets that belong to it or do not, or
//! begin with the two dashes that should be put before it. Some devices name none. So several
//! delimiters are possible until the first one has come.

use memchr::memmem;

use super::looks::looked_at;

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
    /// It begins here.
    At(usize),
    /// It may begin here: the bytes that would say so have not come.
    Perhaps(usize),
    /// There is none.
    Nowhere,
}

/// How far a text that still grows has been searched. What was looked at is not looked at again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Search {
    /// Line ends before this were found.
    searched: usize,
    /// Where a line begins that may still be a delimiter.
    line_at: Option<usize>,
}

impl Search {
    /// The search of a text that `begins_line`.
    pub(super) fn of(begins_line: bool) -> Self {
        Self { searched: 0, line_at: begins_line.then_some(0) }
    }

    /// Where the next line ends, if it ends before `limit`.
    pub(super) fn line_end(&mut self, text: &[u8], limit: usize) -> Option<usize> {
        let limit = limit.min(text.len());
        let ahead = text.get(self.searched..limit)?;
        let end = memchr::memchr(b'\n', ahead).map(|at| self.searched + at);
        let searched = end.map_or(limit, |end| end + 1);
        looked_at(searched - self.searched);
        self.searched = searched;
        end
    }
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

    /// The first line in `text` that is a delimiter and begins at `limit` at the latest. `search` is that
    /// of this text, which may have grown since.
    pub(super) fn find(&self, text: &[u8], search: &mut Search, limit: usize) -> Found {
        loop {
            if let Some(begin) = search.line_at.filter(|begin| *begin < text.len()) {
                if begin > limit {
                    return Found::Nowhere;
                }
                match self.judge(text.get(begin..).unwrap_or_default()) {
                    Judged::Is => return Found::At(begin),
                    Judged::MayBe => return Found::Perhaps(begin),
                    Judged::IsNot => search.line_at = None,
                }
            }
            let Some(end) = search.line_end(text, limit) else { return Found::Nowhere };
            search.line_at = Some(end + 1);
        }
    }

    /// Judges a line by its begin: no more is looked at than a delimiter can be long.
    fn judge(&self, line: &[u8]) -> Judged {
        let all = self.possible.iter().map(|it| judge_one(it, line));
        all.max().unwrap_or(Judged::IsNot)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Judged {
    IsNot,
    /// The bytes that would say so have not come.
    MayBe,
    Is,
}

fn judge_one(delimiter: &[u8], line: &[u8]) -> Judged {
    let same = line.iter().zip(delimiter).take_while(|(here, there)| here == there).count();
    looked_at(same + 1);
    if same < delimiter.len() {
        return if same == line.len() { Judged::MayBe } else { Judged::IsNot };
    }
    let tail = line.get(same..).unwrap_or_default();
    let near = tail.get(..=LONGEST_TAIL).unwrap_or(tail);
    looked_at(near.len());
    match memchr::memchr(b'\n', near) {
        Some(end) if is_tail(near.get(..end).unwrap_or_default()) => Judged::Is,
        None if tail.len() <= LONGEST_TAIL && is_tail(tail) => Judged::MayBe,
        _ => Judged::IsNot,
    }
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
        let find =
            |text: &[u8], begins_line| it.find(text, &mut Search::of(begins_line), usize::MAX);
        assert_eq!(find(b"xy\r\n--b\r\nz", false), Found::At(4));
        assert_eq!(find(b"--b\nz", true), Found::At(0));
        assert_eq!(find(b"--b\nz", false), Found::Nowhere);
        assert_eq!(find(b"xy\n--bc\n", false), Found::Nowhere);
        assert_eq!(find(b"xy\n--", false), Found::Perhaps(3));
        assert_eq!(find(b"xy\n--b-", false), Found::Perhaps(3));
        assert_eq!(find(b"xy\n-q", false), Found::Nowhere);
        let limited = |limit| it.find(b"xy\n--b\n", &mut Search::of(false), limit);
        assert_eq!((limited(2), limited(3)), (Found::Nowhere, Found::At(3)));
    }
}
