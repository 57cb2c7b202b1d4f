//! What the operating system says of a fault, without the number that it gives it.

use std::borrow::Cow;
use std::io::{self, Write};

const OPENS: &str = " (os error ";

/// `text` without `(os error 2)`: the words before it say the same to a person.
#[must_use]
pub fn without_error_numbers(text: &str) -> Cow<'_, str> {
    let mut parts = text.split(OPENS);
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let rest = parts.map(|part| match part.split_once(')') {
        Some((number, rest)) if is_number(number) => Cow::Borrowed(rest),
        _ => Cow::Owned(format!("{OPENS}{part}")),
    });
    std::iter::once(Cow::Borrowed(first)).chain(rest).collect::<String>().into()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes each line to `W` without error numbers. A line must come in one piece, as log lines do.
pub(crate) struct PlainLines<W>(pub(crate) W);

impl<W: Write> Write for PlainLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.0.write_all(without_error_numbers(text).as_bytes())?,
            Err(_) => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stay_and_the_numbers_go() {
        let missing = io::Error::from_raw_os_error(2);
        for (text, plain) in [
            (format!("a.toml: {missing}"), "a.toml: No such file or directory"),
            (
                format!("{missing}, then {missing}; retrying"),
                "No such file or directory, then No such file or directory; retrying",
            ),
            ("nothing to do".to_owned(), "nothing to do"),
            ("a file called x (os error two)".to_owned(), "a file called x (os error two)"),
            ("cut off (os error 1".to_owned(), "cut off (os error 1"),
            ("odd (os error )".to_owned(), "odd (os error )"),
        ] {
            assert_eq!(without_error_numbers(&text), plain);
            let mut written = Vec::new();
            PlainLines(&mut written).write_all(text.as_bytes()).unwrap();
            assert_eq!(written, plain.as_bytes());
        }
    }

    #[test]
    fn what_is_no_text_is_written_as_it_is() {
        let mut written = Vec::new();
        PlainLines(&mut written).write_all(b"\xff (os error 2)").unwrap();
        assert_eq!(written, b"\xff (os error 2)");
    }
}
