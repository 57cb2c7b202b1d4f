//! Edits of a TOML file that keep its comments and its other keys.

use std::mem;

use toml_edit::{Array, ArrayOfTables, InlineTable, Item, Table, TableLike, Value};

/// What an edit did to one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The key, such as `place.longitude`.
    pub field: String,
    /// What stood there, in TOML.
    pub old: Option<String>,
    /// What stands there now.
    pub new: Option<String>,
}

/// An edit of one table.
pub(crate) struct Edit<'a> {
    table: &'a mut dyn TableLike,
    /// What stands before each key in a report.
    prefix: String,
    changes: &'a mut Vec<FieldChange>,
}

impl<'a> Edit<'a> {
    /// An edit of `table`, whose keys a report begins with `prefix`.
    pub(crate) fn new(
        table: &'a mut dyn TableLike,
        prefix: impl Into<String>,
        changes: &'a mut Vec<FieldChange>,
    ) -> Self {
        Self { table, prefix: prefix.into(), changes }
    }

    /// Writes `value` at `key` unless it says so already. Nothing told is nothing changed.
    pub(crate) fn set(&mut self, key: &str, value: Option<impl Into<Value>>) {
        let Some(value) = value.map(Into::into) else { return };
        let old = self.table.get(key).and_then(|item| item.clone().into_value().ok());
        if old.as_ref().is_some_and(|old| is_same(old, &value)) {
            return;
        }
        let told = old.as_ref().map(shown);
        self.changes.push(FieldChange {
            field: format!("{}{key}", self.prefix),
            old: told,
            new: Some(shown(&value)),
        });
        match (self.table.get_mut(key).and_then(Item::as_value_mut), old) {
            (Some(place), Some(old)) => {
                // The comment beside it stays.
                let decor = old.decor().clone();
                *place = value;
                *place.decor_mut() = decor;
            }
            _ => {
                self.table.insert(key, Item::Value(value));
            }
        }
    }

    /// Takes a key out.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Some(old) = self.table.remove(key).and_then(|item| item.into_value().ok()) {
            self.changes.push(FieldChange {
                field: format!("{}{key}", self.prefix),
                old: Some(shown(&old)),
                new: None,
            });
        }
    }
}

/// The table `key` of `root`, made if there is none. `None` if something else stands there.
pub(crate) fn table_at<'a>(root: &'a mut Table, key: &str) -> Option<&'a mut dyn TableLike> {
    root.entry(key).or_insert_with(|| Item::Table(Table::new())).as_table_like_mut()
}

/// The list of tables `key` of `root`, made if there is none. `None` if something else stands there.
pub(crate) fn tables_at<'a>(root: &'a mut Table, key: &str) -> Option<&'a mut ArrayOfTables> {
    let item = root.entry(key).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    if !item.is_array_of_tables() {
        *item = match mem::take(item) {
            Item::Value(Value::Array(array)) if array.is_empty() => {
                Item::ArrayOfTables(ArrayOfTables::new())
            }
            other => other.into_array_of_tables().map_or_else(|other| other, Item::ArrayOfTables),
        };
    }
    item.as_array_of_tables_mut()
}

/// A list as TOML.
pub(crate) fn array(entries: impl IntoIterator<Item = impl Into<Value>>) -> Value {
    Value::Array(entries.into_iter().map(Into::into).collect::<Array>())
}

/// A list of small tables, each on a line of its own.
pub(crate) fn lines(tables: impl IntoIterator<Item = InlineTable>) -> Value {
    let mut array: Array = tables.into_iter().map(Value::InlineTable).collect();
    array.iter_mut().for_each(|entry| entry.decor_mut().set_prefix("\n    "));
    array.set_trailing("\n");
    array.set_trailing_comma(true);
    Value::Array(array)
}

/// A value in one line. A login in an address is left out.
fn shown(value: &Value) -> String {
    let text = plain(value);
    if text.contains("://") && text.contains('@') {
        "(an address with a login)".to_owned()
    } else {
        text
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Array(array) => {
            let entries: Vec<String> = array.iter().map(plain).collect();
            format!("[{}]", entries.join(", "))
        }
        Value::InlineTable(table) => {
            let entries: Vec<String> =
                table.iter().map(|(key, value)| format!("{key} = {}", plain(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.clone().decorated("", "").to_string(),
    }
}

/// Whether two values mean the same: 117 and 117.0 do.
fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.value() == b.value(),
        (Value::Boolean(a), Value::Boolean(b)) => a.value() == b.value(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Value::InlineTable(a), Value::InlineTable(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| is_same(a, b)))
        }
        _ => match (number(a), number(b)) {
            (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
            _ => false,
        },
    }
}

#[expect(clippy::cast_precision_loss, reason = "no key holds a whole number of more than 53 bits")]
fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}
