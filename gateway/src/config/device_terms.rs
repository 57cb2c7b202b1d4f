//! How a rule on signals judges, as it is written in a device's `[[rule]]`, and what each incident type
//! gives where nobody says otherwise.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use incident::IncidentTypes;
use rule::signal::{self, Kind};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::city_file::TypesFile;
use super::rule_terms::SharedTerms;

/// Terms that every kind of rule on signals takes.
const SHARED: [&str; 5] = ["kind", "clear_after_secs", "reopen_after_secs", "daily_cap", "hours"];

/// How each standard type is judged on signals where the device's rule does not say otherwise.
#[expect(
    clippy::expect_used,
    reason = "a file of our own that is compiled in; every test reads it"
)]
static STANDARD: LazyLock<BTreeMap<String, Map<String, Value>>> = LazyLock::new(|| {
    let file: TypesFile = toml::from_str(IncidentTypes::STANDARD_SIGNAL_RULES)
        .expect("the standard rules on signals are a types file");
    file.types.into_iter().map(|table| (table.code, table.rule)).collect()
});

/// As [`STANDARD`], at a checkpoint.
#[expect(
    clippy::expect_used,
    reason = "a file of our own that is compiled in; every test reads it"
)]
static CHECKPOINTS: LazyLock<BTreeMap<String, Map<String, Value>>> = LazyLock::new(|| {
    let file: TypesFile = toml::from_str(include_str!("checkpoint_rules.toml"))
        .expect("the standard rules of checkpoints are a types file");
    file.types.into_iter().map(|table| (table.code, table.rule)).collect()
});

/// The schema of all terms of a device's rules: those of every kind, and those shared by all.
#[derive(Debug)]
pub(crate) struct AllSignalTerms;

/// As [`AllSignalTerms`], of a checkpoint's rules.
#[derive(Debug)]
pub(crate) struct AllCheckpointTerms;

impl JsonSchema for AllSignalTerms {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AllSignalTerms".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        all_terms(generator, false)
    }
}

impl JsonSchema for AllCheckpointTerms {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AllCheckpointTerms".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        all_terms(generator, true)
    }
}

fn all_terms(generator: &mut SchemaGenerator, of_checkpoints: bool) -> Schema {
    let mut schema = SharedTerms::json_schema(generator);
    schema.insert("additionalProperties".to_owned(), false.into());
    schema.remove("default");
    if let Some(Value::Object(terms)) = schema.get_mut("properties") {
        terms.retain(|term, _| SHARED.contains(&term.as_str()));
        terms.extend(signal::terms(of_checkpoints));
        terms.insert("kind".to_owned(), kinds(of_checkpoints).to_value());
    }
    schema
}

fn kinds(of_checkpoints: bool) -> Schema {
    let all = || signal::all().iter().filter(|kind| kind.is_of_checkpoints() == of_checkpoints);
    let names: Vec<&str> = all().map(Kind::name).collect();
    let meanings = all().map(|kind| format!("{}: {}.", kind.name(), kind.meaning()));
    json_schema!({
        "description": meanings.collect::<Vec<_>>().join(" "),
        "type": "string",
        "enum": names,
        "x-expected": kind_words(of_checkpoints),
    })
}

/// The names of all kinds, in the words of a fault.
pub(super) fn kind_words(of_checkpoints: bool) -> String {
    let all = signal::all().iter().filter(|kind| kind.is_of_checkpoints() == of_checkpoints);
    let quoted: Vec<String> = all.map(|kind| format!("\"{}\"", kind.name())).collect();
    format!("one of {}", quoted.join(", "))
}

/// The terms in force for one rule on signals.
pub(super) struct SignalTermsInForce {
    pub(super) kind: &'static Kind,
    pub(super) shared: SharedTerms,
    /// Those of the kind's own among them.
    pub(super) all: Map<String, Value>,
}

impl SignalTermsInForce {
    /// Those `written`, and those that the type `code` gives for what they leave open. None if neither
    /// names a kind, or terms that passed the schema cannot be read.
    pub(super) fn of(written: &Map<String, Value>, code: &str) -> Option<Self> {
        Self::with(written, STANDARD.get(code))
    }

    /// As [`SignalTermsInForce::of`], at a checkpoint.
    pub(super) fn at_checkpoint(written: &Map<String, Value>, code: &str) -> Option<Self> {
        Self::with(written, CHECKPOINTS.get(code))
    }

    fn with(written: &Map<String, Value>, defaults: Option<&Map<String, Value>>) -> Option<Self> {
        let default = |term: &str| defaults.and_then(|defaults| defaults.get(term));
        let named = written.get("kind").or_else(|| default("kind"))?;
        let kind = signal::find(named.as_str()?)?;
        // Terms of another kind than the type's own say nothing to this one.
        let is_usual = default("kind").and_then(Value::as_str) == Some(kind.name());
        let mut all = written.clone();
        for (term, value) in defaults.into_iter().flatten().filter(|_| is_usual) {
            let is_outdone = kind.rivals_of(term).any(|rival| written.contains_key(rival));
            if !is_outdone && !all.contains_key(term) {
                all.insert(term.clone(), value.clone());
            }
        }
        let shared = SharedTerms::deserialize(&Value::Object(all.clone())).ok()?;
        Some(Self { kind, shared, all })
    }
}

/// Whether `term` means something to a rule of this kind.
pub(super) fn takes(kind: &Kind, term: &str) -> bool {
    SHARED.contains(&term) || kind.term(term).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_rules_name_types_kinds_and_terms_that_there_are() {
        let types = incident::IncidentTypes::parse(incident::IncidentTypes::STANDARD).unwrap();
        for (code, terms) in &*STANDARD {
            assert!(types.iter().any(|it| it.code.as_str() == code), "{code}");
            let in_force = SignalTermsInForce::of(&Map::new(), code).expect("it names a kind");
            for term in terms.keys() {
                assert!(takes(in_force.kind, term), "{code}: {term}");
            }
            assert!(in_force.kind.settings(in_force.all).is_ok(), "{code}");
        }
        for (code, terms) in &*CHECKPOINTS {
            assert!(types.iter().any(|it| it.code.as_str() == code), "{code}");
            let in_force = SignalTermsInForce::at_checkpoint(&Map::new(), code).unwrap();
            assert!(in_force.kind.is_of_checkpoints(), "{code}");
            assert!(terms.keys().all(|term| takes(in_force.kind, term)), "{code}");
        }
    }
}
