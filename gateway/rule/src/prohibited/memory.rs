//! What `prohibited` remembers, as JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Suspect;
use crate::tally::TallyV1;
use crate::trail::TrailV1;

#[derive(Serialize, Deserialize)]
struct SuspectV1 {
    trail: TrailV1,
    tallies: Vec<TallyV1>,
    confirmed: bool,
}

/// Tagged with the rule's kind, so that no other kind takes it for its own.
#[derive(Serialize, Deserialize)]
struct Memory {
    prohibited: Vec<SuspectV1>,
}

pub(super) fn write(suspects: &[Suspect]) -> Result<Value, serde_json::Error> {
    let of = |suspect: &Suspect| SuspectV1 {
        trail: TrailV1::of(&suspect.trail),
        tallies: suspect.tallies.iter().map(TallyV1::of).collect(),
        confirmed: suspect.confirmed,
    };
    serde_json::to_value(Memory { prohibited: suspects.iter().map(of).collect() })
}

pub(super) fn read(memory: &Value) -> Option<Vec<Suspect>> {
    let memory = Memory::deserialize(memory).ok()?;
    let suspect = |saved: &SuspectV1| Suspect {
        trail: saved.trail.trail(),
        tallies: saved.tallies.iter().map(TallyV1::tally).collect(),
        confirmed: saved.confirmed,
        subject: None,
    };
    Some(memory.prohibited.iter().map(suspect).collect())
}
