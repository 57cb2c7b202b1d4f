//! The kinds of rule: one file each, and one line each in [`all`].

pub mod absence;
pub mod beside;
pub mod crossing;
pub mod gathering;
pub mod obstruction;
pub mod prohibited;
pub mod stall;
pub mod standing;
pub mod view_fault;

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::kind_terms::{Kind, all_terms};

static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    vec![
        Kind::of::<standing::StandingTerms>(),
        Kind::of::<obstruction::ObstructionTerms>(),
        Kind::of::<gathering::GatheringTerms>(),
        Kind::of::<stall::StallTerms>(),
        Kind::of::<beside::BesideTerms>(),
        Kind::of::<crossing::CrossingTerms>(),
        Kind::of::<prohibited::ProhibitedTerms>(),
        Kind::of::<view_fault::ViewFaultTerms>(),
        Kind::of::<absence::AbsenceTerms>(),
    ]
});

/// All kinds.
#[must_use]
pub fn all() -> &'static [Kind] {
    &KINDS
}

/// The kind with this name, now or formerly; if nobody names one, the first of all.
#[must_use]
pub fn find(name: Option<&str>) -> Option<&'static Kind> {
    let Some(name) = name else { return KINDS.first() };
    let is_called = |kind: &&Kind| kind.name() == name || kind.former_name() == Some(name);
    KINDS.iter().find(is_called)
}

/// The schemas of all terms of all kinds, by term.
#[must_use]
pub fn terms() -> Map<String, Value> {
    all_terms(&KINDS)
}
