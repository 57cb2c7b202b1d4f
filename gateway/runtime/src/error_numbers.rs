//! What the operating system says of a fault, without the number that it gives it.

use std::borrow::Cow;

use crate::open_files::remedy;

const OPENS: &str = " (os error ";

/// `text` without `(os error 2)`: the words before it say the same to a person. Where they say that too many
/// files are open, what to do about it stands in place of the number.
#[must_use]
pub fn without_error_numbers(text: &str) -> Cow<'_, str> {
    let mut parts = text.split(OPENS);
    let first = parts.next().unwrap_or_default();
    if first.len() == text.len() {
        return Cow::Borrowed(text);
    }
    let rest = parts.map(|part| match part.split_once(')') {
        Some((number, rest)) if is_number(number) => match number.parse().ok().and_then(remedy) {
            Some(remedy) => Cow::Owned(format!(" ({remedy}){rest}")),
            None => Cow::Borrowed(rest),
        },
        _ => Cow::Owned(format!("{OPENS}{part}")),
    });
    std::iter::once(Cow::Borrowed(first)).chain(rest).collect::<String>().into()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stay_and_the_numbers_go() {
        let missing = std::io::Error::from_raw_os_error(2);
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
        }
        let files = format!("the page: {}; tried again", std::io::Error::from_raw_os_error(24));
        let told = without_error_numbers(&files);
        assert!(told.starts_with("the page: Too many open files (this gateway may have"), "{told}");
        assert!(told.contains("LimitNOFILE") && told.ends_with("start it again); tried again"));
    }
}
