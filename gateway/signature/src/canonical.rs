//! The one form of a JSON message that is signed (RFC 8785), and reading JSON without ambiguity.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The member that holds the signature itself.
const SIGNATURE: &str = "signature";

/// The canonical bytes of `message` without its signature.
///
/// # Errors
/// If it is no object.
pub(super) fn without_signature(message: &Value) -> Result<Vec<u8>, serde_json::Error> {
    let Value::Object(members) = message else {
        return Err(serde_json::Error::custom("an alert is a JSON object"));
    };
    let rest: Map<String, Value> = members
        .iter()
        .filter(|(name, _)| *name != SIGNATURE)
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    serde_json_canonicalizer::to_vec(&rest)
}

/// Why a text cannot be verified.
#[derive(Debug, thiserror::Error)]
#[error("not an alert: {0}")]
pub struct AlertTextError(#[from] serde_json::Error);

/// Reads JSON, refusing objects that name a member twice.
///
/// One reader takes the first of them and another the last: a message could then say one thing to
/// who verifies it and another to who acts on it (RFC 7493 §2.3 forbids such messages).
///
/// # Errors
/// Where the text is no JSON, or ambiguous.
pub(super) fn parse_strictly(text: &[u8]) -> Result<Value, AlertTextError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        let number =
            Number::from_f64(value).ok_or_else(|| E::custom("a number that is not finite"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(Self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Self)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the member \"{name}\" comes twice")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
