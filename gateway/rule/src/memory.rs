//! A rule's memory as JSON, tagged with the rule's kind, so that no other kind takes it for its own.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What a rule of `kind` remembers.
pub(crate) fn write(kind: &str, memory: impl Serialize) -> Result<Value, serde_json::Error> {
    let tagged = [(kind.to_owned(), serde_json::to_value(memory)?)];
    Ok(Value::Object(Map::from_iter(tagged)))
}

/// What a rule of `kind` remembered; none if another kind wrote it.
pub(crate) fn read<T: DeserializeOwned>(kind: &str, memory: &Value) -> Option<T> {
    T::deserialize(memory.get(kind)?).ok()
}
