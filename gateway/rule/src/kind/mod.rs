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
pub mod wire;

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
        Kind::of::<wire::WireTerms>(),
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
    all_terms(KINDS.iter().map(|kind| (kind.name(), kind.properties())))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{all, find, terms};

    /// Without its description.
    fn range(term: &str, schema: Option<&Value>) -> Option<Value> {
        let mut schema = schema?.clone();
        let said = schema.as_object_mut()?.remove("description");
        assert!(said.is_some(), "{term} is not described");
        Some(schema)
    }

    #[test]
    fn a_term_has_one_range_in_all_kinds_that_take_it() {
        for (term, schema) in &terms() {
            let takers = all().iter().filter_map(|kind| range(term, kind.term(term)));
            let mut others = takers.filter(|own| Some(own) != range(term, Some(schema)).as_ref());
            assert_eq!(others.next(), None, "{term}");
        }
    }

    #[test]
    fn a_kind_is_found_by_its_name_and_by_its_former_one() {
        let name = |name| find(name).map(super::Kind::name);
        assert_eq!(name(None), Some("standing"));
        assert_eq!(name(Some("absence")), Some("absence"));
        assert_eq!(
            (name(Some("scene")), name(Some("view_fault"))),
            (Some("view_fault"), Some("view_fault"))
        );
        assert_eq!(name(Some("sitting")), None);
    }
}
