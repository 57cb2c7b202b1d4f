//! A kind of rule as configuration knows it: its name, its terms, and its way from terms to
//! settings.

use std::collections::BTreeMap;

use scene::Thresholds;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::kind_settings::KindSettings;
use crate::reading::{Reading, Site, TermError};
use crate::rule_kind::RuleKind;

/// The terms of one kind of rule, as they are written. Every term is optional: what nobody writes,
/// the kind gives.
pub trait KindTerms: DeserializeOwned + JsonSchema {
    /// The kind's name in configuration, and the tag of what its rules remember.
    const NAME: &'static str;
    /// What earlier versions called it.
    const FORMER_NAME: Option<&'static str> = None;
    /// What a rule of this kind is about, for editors.
    const MEANING: &'static str;
    /// Whether its rules may go without a zone and watch the whole picture.
    const MAY_WATCH_ALL: bool = false;
    /// Whether its rules take hours in which some classes are legal: then these do not count.
    const HAS_ALLOWANCES: bool = true;
    /// Terms that exclude each other: the one that is written outdoes the inherited one.
    const RIVALS: &'static [[&'static str; 2]] = &[];
    /// What they are turned into.
    type Settings: KindSettings + PartialEq;

    /// The settings; faults are noted in `reading`.
    fn settings(self, reading: &mut Reading<'_>) -> Option<Self::Settings>;
}

/// One kind of rule.
#[derive(Debug)]
pub struct Kind {
    name: &'static str,
    former_name: Option<&'static str>,
    meaning: &'static str,
    may_watch_all: bool,
    has_allowances: bool,
    rivals: &'static [[&'static str; 2]],
    properties: Map<String, Value>,
    decode: Decode,
}

type Decode = fn(Value, &mut Reading<'_>) -> Result<Option<RuleKind>, serde_json::Error>;

impl Kind {
    /// The kind that has these terms.
    pub(crate) fn of<T: KindTerms>() -> Self {
        Self {
            name: T::NAME,
            former_name: T::FORMER_NAME,
            meaning: T::MEANING,
            may_watch_all: T::MAY_WATCH_ALL,
            has_allowances: T::HAS_ALLOWANCES,
            rivals: T::RIVALS,
            properties: properties::<T>(),
            decode: |terms, reading| {
                Ok(T::deserialize(terms)?.settings(reading).map(RuleKind::from))
            },
        }
    }

    /// As it is written.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What earlier versions called it; files may still say so.
    #[must_use]
    pub const fn former_name(&self) -> Option<&'static str> {
        self.former_name
    }

    /// What a rule of this kind is about, for editors.
    #[must_use]
    pub const fn meaning(&self) -> &'static str {
        self.meaning
    }

    /// Whether its rules may go without a zone and watch the whole picture.
    #[must_use]
    pub const fn may_watch_all(&self) -> bool {
        self.may_watch_all
    }

    /// Whether its rules take hours in which some classes are legal.
    #[must_use]
    pub const fn has_allowances(&self) -> bool {
        self.has_allowances
    }

    /// The schema of one of its own terms; none if `term` means nothing to it.
    #[must_use]
    pub fn term(&self, term: &str) -> Option<&Value> {
        self.properties.get(term)
    }

    /// The schemas of all its own terms, by term.
    pub(crate) const fn properties(&self) -> &Map<String, Value> {
        &self.properties
    }

    /// The terms that exclude `term`: who writes one of them does not inherit `term`.
    pub fn rivals_of(&self, term: &str) -> impl Iterator<Item = &'static str> {
        let pairs = self.rivals.iter().filter(move |pair| pair.contains(&term));
        pairs.flatten().copied()
    }

    /// The settings that `terms` say at this `site`. Terms of other kinds are passed over.
    ///
    /// # Errors
    /// Every term at fault.
    pub fn settings(
        &self,
        mut terms: Map<String, Value>,
        site: &Site<'_>,
    ) -> Result<RuleKind, Vec<TermError>> {
        terms.retain(|term, _| self.properties.contains_key(term));
        let mut reading = Reading::new(site);
        let settings = (self.decode)(Value::Object(terms), &mut reading)
            .map_err(|error| vec![TermError::Unreadable(error.to_string())])?;
        if let Some(settings) = &settings {
            let scores = settings.thresholds().into_iter().flat_map(Thresholds::by_class);
            let uncounted = scores.map(|(class, _)| class).filter(|it| !settings.counts(it));
            uncounted.for_each(|class| reading.uncounted("min_scores", class));
        }
        let errors = reading.errors();
        settings.filter(|_| errors.is_empty()).ok_or(errors)
    }
}

/// The schemas of the terms that `T` reads, by term.
pub(crate) fn properties<T: JsonSchema>() -> Map<String, Value> {
    let schema = SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<T>();
    schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default()
}

/// The schemas of all terms of these kinds, for a file in which a rule of any kind may be written.
/// The description of each says which kinds take it, if not most of them do.
pub(crate) fn all_terms<'a>(
    kinds: impl Iterator<Item = (&'static str, &'a Map<String, Value>)>,
) -> Map<String, Value> {
    const MANY: usize = 3;
    let mut terms: Map<String, Value> = Map::new();
    let mut descriptions: BTreeMap<&str, Vec<(String, Vec<&str>)>> = BTreeMap::new();
    for (kind, properties) in kinds {
        for (term, schema) in properties {
            let said = schema.get("description").and_then(Value::as_str).unwrap_or_default();
            let all = descriptions.entry(term).or_default();
            match all.iter_mut().find(|(other, _)| other == said) {
                Some((_, takers)) => takers.push(kind),
                None => all.push((said.to_owned(), vec![kind])),
            }
            terms.entry(term.clone()).or_insert_with(|| schema.clone());
        }
    }
    for (term, said) in descriptions {
        let said: Vec<String> = said
            .into_iter()
            .map(|(text, takers)| match takers.as_slice() {
                takers if takers.len() > MANY => text,
                takers => format!("`{}`: {text}", takers.join("`, `")),
            })
            .collect();
        if let Some(schema) = terms.get_mut(term).and_then(Value::as_object_mut) {
            schema.insert("description".to_owned(), said.join(" ").into());
        }
    }
    terms
}
