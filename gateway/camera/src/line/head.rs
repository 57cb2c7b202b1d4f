//! The head of a message of RTSP or HTTP, read as leniently as it can be understood.

/// What we call ourselves, without the line's end.
pub(super) const USER_AGENT: &str = concat!("User-Agent: gridwhistle/", env!("CARGO_PKG_VERSION"));

/// One header: its name in lower case, its value as it came.
pub(super) type Header = (String, Vec<u8>);

/// What a message begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum First {
    /// An answer with this status.
    Status(u16),
    /// A request.
    Request {
        /// Its method, in upper case.
        method: String,
        /// Its URI.
        uri: String,
    },
}

/// First line and headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) first: First,
    headers: Vec<Header>,
}

impl Head {
    /// Reads a head without its empty line at the end; none if its first line makes no sense.
    ///
    /// What is no header (a line without a colon or without a name) is passed over.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        let first = first_line(lines.find(|line| !line.is_empty())?)?;
        let mut headers: Vec<Header> = Vec::new();
        for line in lines {
            let continues = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
            match (continues, headers.last_mut()) {
                (true, Some((_, value))) => {
                    value.push(b' ');
                    value.extend_from_slice(line.trim_ascii());
                }
                _ => headers.extend(header(line)),
            }
        }
        Some(Self { first, headers })
    }

    /// The first value of this name (in lower case) that is not empty.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        let named = self.headers.iter().filter(|(it, _)| it == name);
        named.map(|(_, value)| value.as_slice()).find(|value| !value.is_empty())
    }

    /// All values of this name (in lower case).
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_slice())
    }

    /// The first run of digits in a header.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        digits(self.get(name)?)
    }
}

/// What a first line says, if it makes sense.
pub(super) fn first_line(line: &[u8]) -> Option<First> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let word = words.next()?;
    let protocol = word.get(..4).unwrap_or_default();
    if protocol.eq_ignore_ascii_case(b"RTSP") || protocol.eq_ignore_ascii_case(b"HTTP") {
        let status = digits(words.next()?)?;
        return Some(First::Status(
            u16::try_from(status).ok().filter(|it| (100..1000).contains(it))?,
        ));
    }
    let method = String::from_utf8(word.to_ascii_uppercase()).ok()?;
    let uri = String::from_utf8_lossy(words.next()?).into_owned();
    Some(First::Request { method, uri })
}

fn header(line: &[u8]) -> Option<Header> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    let name = name.trim_ascii().to_ascii_lowercase();
    if name.is_empty() || !name.is_ascii() {
        return None;
    }
    Some((String::from_utf8(name).ok()?, value.get(1..)?.trim_ascii().to_vec()))
}

/// The length of the head at the begin of `bytes`, with the empty line that ends it. The first `searched`
/// bytes are known to hold none.
pub(super) fn end_of_head(bytes: &[u8], searched: usize) -> Option<usize> {
    let mut from = searched.saturating_sub(3);
    loop {
        let found = memchr::memchr(b'\n', bytes.get(from..)?)?;
        let next = from + found + 1;
        match bytes.get(next..)? {
            [b'\n', ..] => return Some(next + 1),
            [b'\r', b'\n', ..] => return Some(next + 2),
            _ => from = next,
        }
    }
}

/// The first run of digits in `text` as a number.
pub(super) fn digits(text: &[u8]) -> Option<u64> {
    let from = text.iter().position(u8::is_ascii_digit)?;
    let run = text.get(from..)?;
    let len = run.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(run.len());
    std::str::from_utf8(run.get(..len)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Head {
        Head::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn sloppy_answers_are_understood() {
        let sloppy = head(
            "rtsp/1.0  200\r\nCSEQ : 3\r\n: lost\r\n\r\nno colon\nContent-type:Application/SDP;charset=utf-8\n\
             Session: 12;\r\n\ttimeout=60;\r\nEmpty:\r\nContent-Length: 0042 bytes",
        );
        assert_eq!(sloppy.first, First::Status(200));
        assert_eq!(sloppy.number("cseq"), Some(3));
        assert_eq!(sloppy.get("session"), Some(&b"12; timeout=60;"[..]));
        assert_eq!(sloppy.get("empty"), None);
        assert_eq!(sloppy.number("content-length"), Some(42));
    }

    #[test]
    fn what_has_no_first_line_is_nothing() {
        for nothing in ["", "\r\n\r\n", "RTSP/1.0", "RTSP/1.0 OK", "RTSP/1.0 99999 OK", "OPTIONS"] {
            assert_eq!(Head::parse(nothing.as_bytes()), None, "{nothing:?}");
        }
        let asked = head("options * RTSP/1.0\r\nCSeq: 7");
        assert_eq!(asked.first, First::Request { method: "OPTIONS".into(), uri: "*".into() });
    }
}
