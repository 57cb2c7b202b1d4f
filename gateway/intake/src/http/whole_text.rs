//! Whether a text without a length is whole: JSON whose braces are closed, XML whose first element is.

use memchr::memmem;

/// Where the text ends, if it is whole. Only JSON objects and XML documents show that by themselves.
pub(super) fn is_whole(text: &[u8]) -> Option<usize> {
    let begin = text.iter().position(|byte| !byte.is_ascii_whitespace())?;
    match text.get(begin)? {
        b'{' => end_of_object(text, begin),
        b'<' => end_of_document(text, begin),
        _ => None,
    }
}

fn end_of_object(text: &[u8], begin: usize) -> Option<usize> {
    // Most texts are not whole at most times: looking at the last letter is cheap.
    if text.trim_ascii_end().last() != Some(&b'}') {
        return None;
    }
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate().skip(begin) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b'{' if !is_string => depth += 1,
            b'}' if !is_string => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn end_of_document(text: &[u8], begin: usize) -> Option<usize> {
    if text.trim_ascii_end().last() != Some(&b'>') {
        return None;
    }
    let mut from = begin;
    // What stands before the first element: a declaration, comments.
    let name = loop {
        from += memchr::memchr(b'<', text.get(from..)?)? + 1;
        match text.get(from)? {
            b'?' | b'!' => {}
            _ => break from,
        }
    };
    let rest = text.get(name..)?;
    let length =
        rest.iter().position(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace())?;
    let end = [b"</", rest.get(..length)?, b">"].concat();
    memmem::find(rest, &end).map(|at| name + at + end.len())
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn a_text_is_whole_at_its_last_letter_and_not_before() {
        let texts = [
            r#" {"a": {"b": "}\"}{"}, "c": 1}"#,
            "<?xml version=\"1.0\"?>\r\n<!-- c --><Event a=\"1\"><b>x</b></Event>",
        ];
        for text in texts {
            for end in 0..text.len() {
                assert_eq!(is_whole(&text.as_bytes()[..end]), None, "{end} of {text}");
            }
            assert_eq!(is_whole(format!("{text}\r\n").as_bytes()), Some(text.len()));
        }
        assert_eq!(is_whole(b"Heartbeat\r\n"), None);
    }
}
