//! A short name that is safe in an MQTT topic, a file name and JSON.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest slug, in bytes.
const MAX_BYTES: usize = 64;

/// An identifier: 1 to 64 of `A-Z a-z 0-9 _ . : -`, the first a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no valid identifier: expected 1 to 64 of A-Z a-z 0-9 _ . : - \
     beginning with a letter or digit"
)]
pub struct SlugError(String);

impl Slug {
    /// Checks and takes over `text`.
    ///
    /// # Errors
    /// [`SlugError`] if it is empty, too long or holds other characters.
    pub fn new(text: &str) -> Result<Self, SlugError> {
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.:-".contains(&b));
        if first && rest && text.len() <= MAX_BYTES {
            Ok(Self(text.to_owned()))
        } else {
            Err(SlugError(text.to_owned()))
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::new(&text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Slug;

    #[test]
    fn wildcards_slashes_and_other_alphabets_are_refused() {
        for good in ["cam-01.shutter", "0", "A:b_c", &"x".repeat(64)] {
            assert!(Slug::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a/b", "a+b", "#", "a b", "路", &"x".repeat(65)] {
            assert!(Slug::new(bad).is_err(), "{bad}");
        }
    }
}
