//! A setting of an adapter that cannot be: which one, and what was expected there.

use std::fmt;

/// The longest name of a device or a point, in bytes.
pub(crate) const MOST_NAME_BYTES: usize = 64;

/// What is wrong with the settings of an adapter. It repeats none of their text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: expected {expected}")]
pub struct SettingsFault {
    /// The path of the field, such as `points[3].address`. Lists count from 0.
    pub field: String,
    /// What was expected there.
    pub expected: String,
}

impl SettingsFault {
    /// A fault of `field`.
    pub(crate) fn new(field: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self { field: field.to_string(), expected: expected.to_string() }
    }
}

/// Whether `holds`; if not, the fault.
pub(crate) fn check(holds: bool, field: &str, expected: &str) -> Result<(), SettingsFault> {
    if holds { Ok(()) } else { Err(SettingsFault::new(field, expected)) }
}

/// Whether a name can be told to people and written into topics: not empty, not too long, nothing
/// hidden in it.
pub(crate) fn check_name(name: &str, field: &str) -> Result<(), SettingsFault> {
    let is_plain = !name.is_empty()
        && name.len() <= MOST_NAME_BYTES
        && !name.chars().any(|char| char.is_control() || matches!(char, '/' | '+' | '#'));
    check(is_plain, field, "a name of 1 to 64 bytes without control characters, `/`, `+` and `#`")
}

/// Whether no two of `names` are the same. `list` is the path of the list.
pub(crate) fn check_different<'a>(
    names: impl Iterator<Item = &'a str>,
    list: &str,
) -> Result<(), SettingsFault> {
    let mut seen = std::collections::BTreeSet::new();
    for (at, name) in names.enumerate() {
        let field = format!("{list}[{at}].name");
        check(seen.insert(name), &field, "a name that no other one has")?;
    }
    Ok(())
}
