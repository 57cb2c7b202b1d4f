//! The incident types in force: the standard table, and what a city says otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use incident::{IncidentType, IncidentTypes};
use rule::Kind;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::city_file::{TypeTable, TypesFile};
use super::document::Document;
use super::findings::Findings;
use super::hours::hours;
use super::pointer::join;
use super::rule_terms::{SharedTerms, kind_of, outdoes, renamed, takes};
use super::wording::unknown;

/// How each standard type is judged where nobody says otherwise.
#[expect(
    clippy::expect_used,
    reason = "a file of our own that is compiled in; every test reads it"
)]
static STANDARD_RULES: LazyLock<TypesFile> = LazyLock::new(|| {
    toml::from_str(include_str!("standard_rules.toml"))
        .expect("the standard rules are a types file")
});

/// Incident types by code.
#[derive(Debug, Clone)]
pub(super) struct TypeBook(BTreeMap<String, TypeEntry>);

/// One incident type: what is told of it, and how it is judged by default.
#[derive(Debug, Clone)]
pub(super) struct TypeEntry {
    pub(super) incident: IncidentType,
    /// Terms of its rules.
    pub(super) defaults: Map<String, Value>,
}

impl TypeBook {
    /// The table that ships with the gateway.
    pub(super) fn standard(types: &IncidentTypes) -> Self {
        let entry = |incident: &IncidentType| {
            let entry = TypeEntry { incident: incident.clone(), defaults: Map::new() };
            (incident.code.to_string(), entry)
        };
        let mut book = Self(types.iter().map(entry).collect());
        for table in STANDARD_RULES.types.iter().cloned() {
            if let Some(entry) = book.0.get_mut(&table.code) {
                entry.amend(table);
            }
        }
        book
    }

    /// Puts a city's own words over the standard ones; unknown codes are faults of `document`.
    pub(super) fn amend(&mut self, file: TypesFile, document: &Document, findings: &mut Findings) {
        let mut amended = BTreeSet::new();
        for (index, mut table) in file.types.into_iter().enumerate() {
            if !amended.insert(table.code.clone()) {
                let message = "this type is written twice";
                findings.refuse::<()>(document, &format!("/type/{index}/code"), message);
            }
            check_hours(&mut table, document, &format!("/type/{index}/rule"), findings);
            if let Some(word) = renamed(table.rule.get("kind")) {
                findings.warn(document, &format!("/type/{index}/rule/kind"), word);
            }
            let Some(entry) = self.0.get_mut(&table.code) else {
                let message = unknown("no incident type", &table.code, &self.codes());
                findings.refuse::<()>(document, &format!("/type/{index}/code"), message);
                continue;
            };
            entry.amend(table);
            let Ok(kind) = kind_of(entry.defaults.get("kind")) else { continue };
            for term in entry.defaults.keys().filter(|term| !takes(kind, term)) {
                let at = format!("/type/{index}/rule/{term}");
                let message = format!("`{term}` means nothing to kind `{}`", kind.name());
                findings.warn(document, &at, message);
            }
        }
    }

    pub(super) fn get(&self, code: &str) -> Option<&TypeEntry> {
        self.0.get(code)
    }

    pub(super) fn codes(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }
}

impl TypeEntry {
    fn amend(&mut self, table: TypeTable) {
        let TypeTable { code: _, name, category, priority, routing, codes, rule } = table;
        let incident = &mut self.incident;
        incident.name = name.unwrap_or_else(|| std::mem::take(&mut incident.name));
        incident.category = category.unwrap_or(incident.category);
        incident.priority = priority.unwrap_or(incident.priority);
        incident.routing = routing.or_else(|| incident.routing.take());
        incident.codes = codes.unwrap_or_else(|| std::mem::take(&mut incident.codes));
        let outdone = |term: &String| outdoes(&rule, term);
        self.defaults.retain(|term, _| !outdone(term));
        // Another kind makes the earlier terms meaningless; a former name says no other kind.
        let name = |rule: &Map<String, Value>| kind_of(rule.get("kind")).map(Kind::name).ok();
        if rule.contains_key("kind") && name(&rule) != name(&self.defaults) {
            self.defaults.clear();
        }
        self.defaults.extend(rule);
    }
}

/// Hours that are none are named here, once, and not again in every rule that would inherit them.
fn check_hours(table: &mut TypeTable, document: &Document, at: &str, findings: &mut Findings) {
    let Ok(terms) = SharedTerms::deserialize(&Value::Object(table.rule.clone())) else {
        // The file passed the schema of these very terms.
        return;
    };
    let own = terms.hours.as_deref();
    if own.is_some_and(|own| hours(own, document, &join(at, "hours"), findings).is_none()) {
        table.rule.remove("hours");
    }
    for (index, allowance) in terms.allowed.iter().flatten().enumerate() {
        let at = format!("{at}/allowed/{index}/hours");
        if hours(&allowance.hours, document, &at, findings).is_none() {
            table.rule.remove("allowed");
        }
    }
}
