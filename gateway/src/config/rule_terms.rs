//! How a rule judges, as it is written: in a camera's `[[rule]]`, or as a type's default in a
//! city's `types.toml`.
//!
//! Every term is optional. What a rule leaves out, its incident type gives; what both leave out,
//! the kind of rule does. The terms of each kind are its own (crate `rule`); those that every kind
//! takes are here.

use std::borrow::Cow;

use rule::Kind;
use rule::kind;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Terms that every kind of rule takes, besides `kind` itself.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct SharedTerms {
    /// How long it must be gone before the alert is cleared; left out, a minute.
    #[schemars(range(min = 1, max = 86_400))]
    pub(crate) clear_after_secs: Option<u32>,
    /// What comes back within this time reopens the same alert; left out, half an hour.
    #[schemars(range(min = 0, max = 604_800))]
    pub(crate) reopen_after_secs: Option<u32>,
    /// The most alerts of this rule in a day; further ones share one summary alert.
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) daily_cap: Option<u32>,
    /// When the rule applies, in local time, such as `["Mon-Fri 07:00-09:30", "holiday
    /// 08:00-22:00"]`; left out, always.
    #[schemars(length(min = 1, max = 32))]
    pub(crate) hours: Option<Vec<String>>,
    /// Hours in which some classes are legal, such as stalls at a night market.
    #[schemars(length(max = 16))]
    pub(crate) allowed: Option<Vec<AllowanceTable>>,
}

/// Hours in which some classes are legal.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowanceTable {
    /// These classes.
    #[schemars(length(min = 1, max = 80))]
    pub(crate) classes: Vec<String>,
    /// In these hours.
    #[schemars(length(min = 1, max = 32))]
    pub(crate) hours: Vec<String>,
}

/// The schema of all terms: those of every kind, and those shared by all.
#[derive(Debug)]
pub(crate) struct AllTerms;

impl JsonSchema for AllTerms {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "AllTerms".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = SharedTerms::json_schema(generator);
        schema.insert("additionalProperties".to_owned(), false.into());
        schema.remove("default");
        if let Some(Value::Object(terms)) = schema.get_mut("properties") {
            terms.extend(kind::terms());
            terms.insert("kind".to_owned(), kinds().to_value());
        }
        schema
    }
}

/// The schema of `kind`. Former names are taken, too, but not shown.
fn kinds() -> Schema {
    let quoted: Vec<String> =
        kind::all().iter().map(|kind| format!("\"{}\"", kind.name())).collect();
    let former = kind::all().iter().filter_map(Kind::former_name);
    let taken: Vec<&str> = kind::all().iter().map(Kind::name).chain(former).collect();
    let meanings = kind::all().iter().map(|kind| format!("{}: {}.", kind.name(), kind.meaning()));
    json_schema!({
        "description": meanings.collect::<Vec<_>>().join(" "),
        "type": "string",
        "enum": taken,
        "x-expected": format!("one of {}", quoted.join(", ")),
    })
}

/// The terms in force for one rule.
pub(super) struct TermsInForce {
    pub(super) kind: &'static Kind,
    pub(super) shared: SharedTerms,
    /// Those of the kind's own among them.
    pub(super) all: Map<String, Value>,
}

impl TermsInForce {
    /// Those `written`, and those of the type's `defaults` that they leave open. Defaults that mean
    /// nothing to the kind in force are left out.
    pub(super) fn of(
        written: &Map<String, Value>,
        defaults: &Map<String, Value>,
    ) -> Result<Self, serde_json::Error> {
        let named = written.get("kind").or_else(|| defaults.get("kind"));
        let kind = kind_of(named)?;
        let mut all = written.clone();
        for (term, value) in defaults {
            if takes(kind, term) && !outdoes(written, term) && !all.contains_key(term) {
                all.insert(term.clone(), value.clone());
            }
        }
        let shared = SharedTerms::deserialize(&Value::Object(all.clone()))?;
        Ok(Self { kind, shared, all })
    }
}

/// The kind that `kind = …` names; left out, the usual one.
pub(super) fn kind_of(named: Option<&Value>) -> Result<&'static Kind, serde_json::Error> {
    let name = named.map(String::deserialize).transpose()?;
    let unknown = || serde::de::Error::custom(format!("no kind of rule {name:?}"));
    kind::find(name.as_deref()).ok_or_else(unknown)
}

/// Whether `term` means something to a rule of this kind.
pub(super) fn takes(kind: &Kind, term: &str) -> bool {
    const SHARED: [&str; 5] =
        ["kind", "clear_after_secs", "reopen_after_secs", "daily_cap", "hours"];
    SHARED.contains(&term)
        || (term == "allowed" && kind.has_allowances())
        || kind.term(term).is_some()
}

/// Whether what is `written` outdoes an inherited `term` that excludes it.
pub(super) fn outdoes(written: &Map<String, Value>, term: &str) -> bool {
    let mut rivals = kind::all().iter().flat_map(|kind| kind.rivals_of(term));
    rivals.any(|rival| written.contains_key(rival))
}

/// If `kind = …` says a former name: a word to the operator who wrote it.
pub(super) fn renamed(named: Option<&Value>) -> Option<String> {
    let name = named?.as_str()?;
    let kind = kind::find(Some(name)).filter(|kind| kind.name() != name)?;
    let now = kind.name();
    Some(format!("kind `{name}` is called `{now}` now: write kind = \"{now}\""))
}
