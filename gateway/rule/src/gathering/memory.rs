//! What `gathering` remembers, as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Crowd;
use crate::micros::micros;
use crate::tally::TallyV1;

/// A remembered crowd; watched time in microseconds.
#[derive(Serialize, Deserialize)]
struct CrowdV1 {
    #[serde(flatten)]
    tally: TallyV1,
    seen_us: u64,
    missed: u32,
    ripe: bool,
}

/// Tagged with the rule's kind, so that no other kind takes it for its own.
#[derive(Serialize, Deserialize)]
struct Memory {
    /// A list of none or one: a field that is no value at all would fit any memory.
    gathering: Vec<CrowdV1>,
}

pub(super) fn write(crowd: Option<&Crowd>) -> Result<Value, serde_json::Error> {
    let of = |crowd: &Crowd| CrowdV1 {
        tally: TallyV1::of(&crowd.tally),
        seen_us: micros(crowd.seen),
        missed: crowd.missed,
        ripe: crowd.ripe,
    };
    serde_json::to_value(Memory { gathering: crowd.map(of).into_iter().collect() })
}

/// None if another kind of rule wrote it.
pub(super) fn read(memory: &Value) -> Option<Option<Crowd>> {
    let memory = Memory::deserialize(memory).ok()?;
    Some(memory.gathering.first().map(|crowd| Crowd {
        tally: crowd.tally.tally(),
        seen: Duration::from_micros(crowd.seen_us),
        missed: crowd.missed,
        ripe: crowd.ripe,
    }))
}
