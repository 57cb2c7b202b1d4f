//! Whether a text without a length is whole: JSON whose braces are closed, XML whose first element is.

use super::looks::looked_at;

/// The longest name of an XML document's first element, in bytes. The end of a longer one is not waited for.
const LONGEST_NAME: usize = 256;

/// A text that still grows, as far as it has been looked at: no byte twice.
#[derive(Debug, Default)]
pub(super) struct WholeText {
    looked_at: usize,
    form: Form,
}

/// Only JSON objects and XML documents show their end by themselves.
#[derive(Debug, Default)]
enum Form {
    /// Nothing but white space has come.
    #[default]
    Unknown,
    Object {
        depth: usize,
        is_string: bool,
        is_escaped: bool,
    },
    /// Up to the first element: a declaration, comments. The latest byte was a `<`, or not.
    Prolog {
        is_open: bool,
    },
    /// In the name of the first element, which begins here.
    Name {
        begin: usize,
    },
    /// Up to this end tag, which stands behind here.
    Document {
        begin: usize,
        end_tag: Vec<u8>,
    },
    Other,
}

impl WholeText {
    /// Where `text` ends, if it is whole. It is the text of the call before, and what has come since.
    pub(super) fn end(&mut self, text: &[u8]) -> Option<usize> {
        while self.looked_at < text.len() {
            let is_whole = match &self.form {
                Form::Other => return None,
                Form::Document { begin, end_tag } => {
                    let ahead = text.get(self.looked_at..)?;
                    let close = memchr::memchr(b'>', ahead);
                    let length = close.map_or(ahead.len(), |close| close + 1);
                    looked_at(length + end_tag.len());
                    self.looked_at += length;
                    let so_far = text.get(*begin..self.looked_at)?;
                    close.is_some() && so_far.ends_with(end_tag)
                }
                _ => {
                    looked_at(1);
                    self.looked_at += 1;
                    self.take(text)
                }
            };
            if is_whole {
                return Some(self.looked_at);
            }
        }
        None
    }

    /// Takes the last byte that was looked at. Whether the text is whole by it.
    fn take(&mut self, text: &[u8]) -> bool {
        let at = self.looked_at - 1;
        let Some(byte) = text.get(at).copied() else { return false };
        match &mut self.form {
            Form::Unknown => {
                self.form = match byte {
                    b'{' => Form::Object { depth: 1, is_string: false, is_escaped: false },
                    b'<' => Form::Prolog { is_open: true },
                    _ if byte.is_ascii_whitespace() => Form::Unknown,
                    _ => Form::Other,
                }
            }
            Form::Object { depth, is_string, is_escaped } => match byte {
                _ if *is_escaped => *is_escaped = false,
                b'\\' if *is_string => *is_escaped = true,
                b'"' => *is_string = !*is_string,
                b'{' if !*is_string => *depth += 1,
                b'}' if !*is_string => {
                    *depth -= 1;
                    return *depth == 0;
                }
                _ => {}
            },
            Form::Prolog { is_open: true } if !matches!(byte, b'?' | b'!') => {
                self.form = Form::Name { begin: at };
                return self.take(text);
            }
            Form::Prolog { is_open } => *is_open = byte == b'<',
            Form::Name { begin } => {
                let name = text.get(*begin..at).unwrap_or_default();
                if matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace() {
                    let end_tag = [b"</", name, b">"].concat();
                    self.form = Form::Document { begin: at, end_tag };
                } else if name.len() > LONGEST_NAME {
                    self.form = Form::Other;
                }
            }
            Form::Document { .. } | Form::Other => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::WholeText;

    #[test]
    fn a_text_is_whole_at_its_last_letter_and_not_before() {
        let texts = [
            r#" {"a": {"b": "}\"}{"}, "c": 1}"#,
            "<?xml version=\"1.0\"?>\r\n<!-- c --><Event a=\"1\"><b>x</b></Event>",
            "<a></a>",
        ];
        let is_whole = |text: &[u8]| WholeText::default().end(text);
        for text in texts {
            let mut growing = WholeText::default();
            for end in 0..text.len() {
                let begun = &text.as_bytes()[..end];
                assert_eq!(is_whole(begun), None, "{end} of {text}");
                assert_eq!(growing.end(begun), None, "{end} of {text}");
            }
            assert_eq!(growing.end(text.as_bytes()), Some(text.len()));
            assert_eq!(is_whole(format!("{text}\r\n").as_bytes()), Some(text.len()));
        }
        for never in ["Heartbeat\r\n", "x{}", &format!("<{0}></{0}>", "n".repeat(300))] {
            assert_eq!(is_whole(never.as_bytes()), None, "{never}");
        }
    }
}
