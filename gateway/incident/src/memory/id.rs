//! Identities as JSON.

use uuid::Uuid;

pub(super) fn uuid(text: &str) -> Result<Uuid, serde_json::Error> {
    Uuid::try_parse(text).map_err(serde::de::Error::custom)
}
