//! What an id looks like in every file.

/// What an id looks like; the alert schema's slug.
pub(super) const ID_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$";
/// The same in words.
pub(super) const ID_WORDS: &str =
    "an id of 1 to 64 letters, digits and `_.:-` that starts with a letter or digit";
