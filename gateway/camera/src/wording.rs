//! A camera's own words, made fit to be shown: a camera may say anything, at any length.

/// The longest piece of a camera's text that is shown, in characters.
pub(crate) const SHOWN_CHARS: usize = 80;

/// `text` on one line: line ends are spaces, other controls and what is no text are written as escapes, and it is cut where it is long.
pub(crate) fn shown(text: &[u8]) -> String {
    // Cut before it is decoded: it may be megabytes. A character has 4 bytes at most.
    let head = text.get(..SHOWN_CHARS * 4).unwrap_or(text);
    let decoded = String::from_utf8_lossy(head);
    let mut shown = String::new();
    for (at, letter) in decoded.trim().chars().enumerate() {
        if at == SHOWN_CHARS {
            shown.push('…');
            break;
        }
        if matches!(letter, '\r' | '\n' | '\t' | ' ') {
            // A line's end is a space, and of several one is enough.
            if !shown.ends_with(' ') {
                shown.push(' ');
            }
        } else if letter.is_control() || is_invisible(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Whether this is how TLS begins: an alert or a handshake, of any version (RFC 8446 section 5.1).
pub(crate) fn is_tls(begin: &[u8]) -> bool {
    matches!(begin, [0x15 | 0x16, 3, 0..=4, ..])
}

/// Characters that turn the direction of the text around them, or cannot be seen.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cameras_text_stays_on_its_line_and_is_short() {
        assert_eq!(shown(b" Hikvision 5.1 \r\n"), "Hikvision 5.1");
        assert_eq!(shown(b"a\r\nERROR forged"), "a ERROR forged");
        assert_eq!(shown("\u{1b}[31m\u{202e}abc".as_bytes()), "\\u{1b}[31m\\u{202e}abc");
        assert_eq!(shown(&[0xc9, 0xe3]), "\u{fffd}\u{fffd}");
        let long = shown(&vec![b'x'; 40 << 20]);
        assert_eq!(long.chars().count(), SHOWN_CHARS + 1);
    }
}
