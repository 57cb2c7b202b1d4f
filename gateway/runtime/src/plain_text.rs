//! Text from outside as one line of bounded length, in which nothing hides.
//!
//! A camera chooses what its answers say, and so what stands in the log, on the page and in the
//! status. It must not forge a line of its own there, colour or clear a terminal, turn the order of
//! the letters round, or fill a disk.

use std::fmt::{self, Write as _};

/// A line that grows up to a bound. What comes after that is only counted.
#[derive(Debug)]
pub(crate) struct PlainText {
    text: String,
    most_bytes: usize,
    left_out_bytes: usize,
    /// A line break that nothing has followed yet: the end of the line, and no part of it.
    ends: bool,
}

impl PlainText {
    /// An empty line that takes `most_bytes`, in UTF-8.
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { text: String::new(), most_bytes, left_out_bytes: 0, ends: false }
    }

    /// The line. If something was left out, it says how much.
    pub(crate) fn into_line(mut self) -> String {
        if self.left_out_bytes > 0 {
            let told = write!(self.text, "… ({} bytes left out)", self.left_out_bytes);
            debug_assert!(told.is_ok(), "a string takes all");
        }
        self.text
    }

    fn push(&mut self, shown: &str, sent_bytes: usize) {
        // Once something is left out, so is the rest.
        if self.left_out_bytes == 0 && self.text.len() + shown.len() <= self.most_bytes {
            self.text.push_str(shown);
        } else {
            self.left_out_bytes += sent_bytes;
        }
    }

    fn push_char(&mut self, char: char) {
        if is_misleading(char) {
            self.push(&char.escape_default().to_string(), char.len_utf8());
        } else {
            self.push(char.encode_utf8(&mut [0; 4]), char.len_utf8());
        }
    }
}

impl fmt::Write for PlainText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.ends) {
            self.push_char('\n');
        }
        let text = match text.strip_suffix('\n') {
            Some(before) => {
                self.ends = true;
                before
            }
            None => text,
        };
        // A flood need not be looked at letter by letter.
        if self.left_out_bytes > 0 {
            self.left_out_bytes += text.len();
            return Ok(());
        }
        for char in text.chars() {
            self.push_char(char);
        }
        Ok(())
    }
}

/// `text` as one line of at most `most_bytes` (and a note of what was left out). Line breaks,
/// control characters and characters that cannot be seen are written as escapes.
pub fn plain_text(text: &str, most_bytes: usize) -> String {
    let mut plain = PlainText::new(most_bytes);
    for char in text.chars() {
        plain.push_char(char);
    }
    plain.into_line()
}

/// Whether a reader would not see what stands there: control characters, line separators, what turns
/// the order of letters round, and what has no width.
fn is_misleading(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_hides_in_a_line_and_honest_text_stays_as_it_is() {
        for (text, shown) in [
            ("401 Unauthorized", "401 Unauthorized"),
            ("摄像机拒绝口令 \\ \"é\"", "摄像机拒绝口令 \\ \"é\""),
            ("a\nINFO forged", "a\\nINFO forged"),
            ("\r\u{1b}[2J", "\\r\\u{1b}[2J"),
            ("\u{9b}31m\u{7f}\0", "\\u{9b}31m\\u{7f}\\u{0}"),
            ("user\u{202e}gnp.exe", "user\\u{202e}gnp.exe"),
            ("a\u{2028}b\u{200b}c\u{e0041}", "a\\u{2028}b\\u{200b}c\\u{e0041}"),
        ] {
            assert_eq!(plain_text(text, 100), shown);
        }
        assert_eq!(plain_text("a\n", 100), "a\\n", "the end of a text from outside is part of it");
    }

    #[test]
    fn a_long_text_is_cut_between_letters_and_says_so() {
        assert_eq!(plain_text("网格哨", 7), "网格… (3 bytes left out)");
        assert_eq!(plain_text("abc\u{1b}d", 5), "abc… (2 bytes left out)", "no half escape");
        assert_eq!(plain_text("abc", 3), "abc");
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_of_bounded_length(text: String, most in 0_usize..200, cut in 0_usize..99) {
            let line = plain_text(&text, most);
            prop_assert!(line.len() <= most + 40);
            prop_assert!(!line.contains(is_misleading));
            // Written in pieces it is the same, but for the line break that ends it.
            let mut plain = PlainText::new(most);
            let at = text.floor_char_boundary(cut.min(text.len()));
            let (before, after) = text.split_at(at);
            plain.write_str(before).unwrap();
            plain.write_str(after).unwrap();
            let whole = text.strip_suffix('\n').unwrap_or(&text);
            prop_assert_eq!(plain.into_line(), plain_text(whole, most));
        }
    }
}
