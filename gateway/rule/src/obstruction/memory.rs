//! What `obstruction` remembers, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::spot::{Spot, SpotV1};

/// Tagged with the rule's kind, so that no other kind takes it for its own.
#[derive(Serialize, Deserialize)]
struct Memory {
    obstruction: Vec<SpotV1>,
}

pub(super) fn write(spots: &[Spot]) -> Result<Value, serde_json::Error> {
    serde_json::to_value(Memory { obstruction: spots.iter().map(SpotV1::of).collect() })
}

pub(super) fn read(memory: &Value) -> Option<Vec<Spot>> {
    let memory = Memory::deserialize(memory).ok()?;
    Some(memory.obstruction.iter().map(SpotV1::spot).collect())
}
