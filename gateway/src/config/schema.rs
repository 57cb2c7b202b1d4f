//! The JSON Schema of each file, and its verdict in plain words.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use boon::{Compiler, ErrorKind, SchemaIndex, Schemas, ValidationError};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

use super::document::Document;
use super::faults::Fault;
use super::pointer::{join, steps};
use super::wording::{expected, nearest, or_list, table_name};

/// How often a file is cut down to what is sound before its other checks are given up.
const MOST_SWEEPS: usize = 8;

/// Longer than any key of ours.
const LONGEST_KEY: usize = 32;

/// The schema of one kind of file.
pub(super) struct FileSchema {
    schema: Value,
    compiled: Schemas,
    root: SchemaIndex,
}

impl FileSchema {
    /// The schema of files that hold a `T`. It is made once: that takes longer than reading a file.
    pub(super) fn of<T: JsonSchema + 'static>() -> Arc<Self> {
        static KNOWN: Mutex<BTreeMap<TypeId, Arc<FileSchema>>> = Mutex::new(BTreeMap::new());
        // Nobody panics with half a schema in it.
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let made =
            known.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(Self::new(json::<T>())));
        Arc::clone(made)
    }

    fn new(schema: Value) -> Self {
        const PLACE: &str = "schema:/file";
        let mut compiler = Compiler::new();
        let mut compiled = Schemas::new();
        let added = compiler.add_resource(PLACE, schema.clone());
        let root = compiler.compile(PLACE, &mut compiled);
        #[expect(
            clippy::expect_used,
            reason = "the schema is generated from our own types; every test builds it"
        )]
        let root = added.and(root).expect("our schema is a schema");
        Self { schema, compiled, root }
    }

    /// All faults of `document` against this schema. Takes the faulty parts out; `true` if what
    /// remains is valid and can be checked further.
    pub(super) fn check(&self, document: &mut Document) -> (Vec<Fault>, bool) {
        let mut faults = Vec::new();
        for sweep in 0..MOST_SWEEPS {
            let content = document.to_json();
            let complaints = self.complaints(&content);
            if complaints.is_empty() {
                return (faults, true);
            }
            // Later sweeps only meet what the first one tore open.
            if sweep == 0 {
                faults = self.explain(document, &complaints);
            }
            for complaint in &complaints {
                document.mark_faulty(&complaint.pointer);
            }
            if !document.sweep() {
                break;
            }
        }
        (faults, false)
    }

    fn complaints(&self, content: &Value) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if let Err(error) = self.compiled.validate(content, self.root) {
            collect(&error, &mut complaints);
        }
        complaints
    }

    fn explain(&self, document: &Document, complaints: &[Complaint]) -> Vec<Fault> {
        let mut explained = BTreeSet::new();
        let mut faults = Vec::new();
        for complaint in complaints {
            let node = self.schema.pointer(&complaint.schema).unwrap_or(&Value::Null);
            let place = complaint.pointer.as_str();
            let message = match &complaint.wrong {
                Wrong::UnknownKey => unknown_key(place, node),
                Wrong::MissingKey(key) => {
                    missing_key(place, key, node.pointer(&join("/properties", key)))
                }
                Wrong::Value => {
                    let key = steps(place).filter(|step| step.parse::<usize>().is_err()).last();
                    let key = key.map_or("the file".to_owned(), |key| format!("`{key}`"));
                    format!(
                        "{key} must be {}, found {}",
                        expected(Some(node)),
                        document.quote(place, node)
                    )
                }
            };
            // A value out of range is often too long and of the wrong form, too: one fault is enough.
            if matches!(complaint.wrong, Wrong::MissingKey(_)) || explained.insert(place) {
                faults.push(document.fault(place, message));
            }
        }
        faults
    }
}

/// What the validator found, free of its lifetimes.
struct Complaint {
    /// Where in the document.
    pointer: String,
    /// The part of the schema that it breaks.
    schema: String,
    wrong: Wrong,
}

enum Wrong {
    UnknownKey,
    MissingKey(String),
    Value,
}

/// The complaints of `error` and of the errors that it groups.
fn collect(error: &ValidationError<'_, '_>, complaints: &mut Vec<Complaint>) {
    let pointer = error.instance_location.to_string();
    let schema = error.schema_url.split_once('#').map_or("", |(_file, node)| node).to_owned();
    let at = |pointer: String, wrong| Complaint { pointer, schema: schema.clone(), wrong };
    match &error.kind {
        ErrorKind::Schema { .. } | ErrorKind::Group => {
            error.causes.iter().for_each(|cause| collect(cause, complaints));
        }
        ErrorKind::AdditionalProperties { got } => {
            complaints.extend(got.iter().map(|key| at(join(&pointer, key), Wrong::UnknownKey)));
        }
        ErrorKind::Required { want } => {
            let missing = |key: &&str| at(pointer.clone(), Wrong::MissingKey((*key).to_owned()));
            complaints.extend(want.iter().map(missing));
        }
        _ => complaints.push(at(pointer, Wrong::Value)),
    }
}

fn unknown_key(place: &str, table_schema: &Value) -> String {
    let (table, _) = place.rsplit_once('/').unwrap_or_default();
    let key = steps(place).last().unwrap_or_default();
    let known = table_schema.get("properties").and_then(Value::as_object);
    let known: Vec<&str> = known.into_iter().flat_map(|p| p.keys().map(String::as_str)).collect();
    // Somebody may have written the secret itself where a key belongs: beside a password whatever is no key.
    let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let may_be_secret = known.contains(&"password") && nearest(&key, &known).is_none();
    let shown = key.len() <= LONGEST_KEY && key.chars().all(is_key) && !may_be_secret;
    let what = if shown { format!("key `{key}`") } else { "such key".to_owned() };
    or_list(format!("{} has no {what}", table_name(table)), &key, &known)
}

fn missing_key(table: &str, key: &str, schema: Option<&Value>) -> String {
    let is_table = schema.and_then(|schema| schema.get("type")) == Some(&Value::from("object"));
    if is_table {
        format!("{} lacks the table {}", table_name(table), table_name(&join(table, key)))
    } else {
        format!("{} lacks `{key}`; expected {}", table_name(table), expected(schema))
    }
}

/// The JSON Schema (draft 2020-12) of files that hold a `T`.
pub(super) fn json<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .with_transform(TomlHasNoNull)
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// A part of a schema as the JSON Schema of a file says it: without `null`.
pub(super) fn without_null(part: Value) -> Value {
    let Ok(mut schema) = schemars::Schema::try_from(part) else { return Value::Null };
    TomlHasNoNull.transform(&mut schema);
    schema.to_value()
}

/// Takes `null` out of a schema: in TOML a key is left out instead.
#[derive(Debug, Clone)]
struct TomlHasNoNull;

impl Transform for TomlHasNoNull {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        let null = Value::from("null");
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| *name != null);
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(choices)) = schema.get_mut("enum") {
            choices.retain(|choice| !choice.is_null());
        }
        if let Some(Value::Array(mut choices)) = schema.remove("anyOf") {
            choices.retain(|choice| choice.get("type") != Some(&null));
            match choices.as_slice() {
                [Value::Object(only)] => {
                    for (keyword, value) in only {
                        if schema.get(keyword).is_none() {
                            schema.insert(keyword.clone(), value.clone());
                        }
                    }
                }
                _ => {
                    schema.insert("anyOf".to_owned(), Value::Array(choices));
                }
            }
        }
        if schema.get("default") == Some(&Value::Null) {
            schema.remove("default");
        }
        transform_subschemas(self, schema);
    }
}
