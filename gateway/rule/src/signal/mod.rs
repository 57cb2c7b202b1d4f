//! Rules on what doors and sensors say. The kinds: one file each, and one line each in [`all`].

mod absent;
mod checkpoint;
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
mod tailgating;
mod terms;
#[cfg(test)]
mod tests;
mod unattended;
mod verdict;
mod words;

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::kind_terms::all_terms;

pub use absent::AbsentSettings;
pub use checkpoint::CheckpointFacts;
pub use event::EventSettings;
pub use flag::FlagSettings;
pub use forced::ForcedSettings;
pub use judge::{Due, Judge, Moment, Whose};
pub use limit::LimitSettings;
pub use rule::SignalRule;
pub use settings::{SignalRuleKind, SignalSettings};
pub use silent::SilentSettings;
pub use tailgating::TailgatingSettings;
pub use terms::{Kind, SignalTerms};
pub use unattended::{By, UnattendedSettings};
pub use verdict::{Limit, Measurement, SignalFinding, SignalVerdict};

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    vec![
        Kind::of::<flag::FlagTerms>(),
        Kind::of::<event::EventTerms>(),
        Kind::of::<forced::ForcedTerms>(),
        Kind::of::<limit::LimitTerms>(),
        Kind::of::<silent::SilentTerms>(),
        Kind::of::<absent::AbsentTerms>(),
        Kind::of::<tailgating::TailgatingTerms>(),
        Kind::of::<unattended::UnattendedTerms>(),
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

/// The schemas of all terms of the kinds that judge checkpoints, or devices, by term.
#[must_use]
pub fn terms(of_checkpoints: bool) -> Map<String, Value> {
    let kinds = KINDS.iter().filter(|kind| kind.is_of_checkpoints() == of_checkpoints);
    all_terms(kinds.map(|kind| (kind.name(), kind.properties())))
}
