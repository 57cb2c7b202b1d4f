//! A rule of a camera whose findings are told to others.

use rule::Slug;

/// A rule whose findings are told to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    /// The rule, by its id.
    pub rule: Slug,
    /// It raises no alerts: who is told judges what it finds.
    pub is_silent: bool,
}
