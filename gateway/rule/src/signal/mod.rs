//! Rules on what doors and sensors say. The kinds: one file each, and one line each in [`all`].

mod absent;
mod episode;
mod event;
mod flag;
mod forced;
mod hearing;
mod judge;
mod limit;
mod rule;
mod settings;
mod silent;
#[cfg(test)]
mod stage;
mod terms;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::kind_terms::all_terms;

pub use absent::AbsentSettings;
pub use event::EventSettings;
pub use flag::FlagSettings;
pub use forced::ForcedSettings;
pub use judge::{Due, Judge, Moment, Whose};
pub use limit::LimitSettings;
pub use rule::SignalRule;
pub use settings::{SignalRuleKind, SignalSettings};
pub use silent::SilentSettings;
pub use terms::{Kind, SignalTerms};
pub use verdict::{Limit, Measurement, SignalFinding, SignalVerdict};

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    vec![
        Kind::of::<flag::FlagTerms>(),
        Kind::of::<event::EventTerms>(),
        Kind::of::<forced::ForcedTerms>(),
        Kind::of::<limit::LimitTerms>(),
        Kind::of::<silent::SilentTerms>(),
        Kind::of::<absent::AbsentTerms>(),
    ]
});

/// All kinds.
#[must_use]
pub fn all() -> &'static [Kind] {
    &KINDS
}

/// The kind with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name() == name)
}

/// The schemas of all terms of all kinds, by term.
#[must_use]
pub fn terms() -> Map<String, Value> {
    all_terms(KINDS.iter().map(|kind| (kind.name(), kind.properties())))
}
