//! What `scene` remembers, as JSON.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reference::ReferenceV1;
use super::still::{Still, StillV1};
use super::{Episode, Scene, ViewFault};
use crate::micros::micros;
use crate::tally::TallyV1;

/// Tagged with the rule's kind, so that no other kind takes it for its own.
#[derive(Serialize, Deserialize)]
struct Memory {
    scene: SceneV1,
}

/// Times in microseconds: `*_at_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
struct SceneV1 {
    fault: FaultV1,
    reference: ReferenceV1,
    strange_since_us: Option<u64>,
    still: Option<StillV1>,
    latest_us: Option<u64>,
    episode: Option<EpisodeV1>,
}

#[derive(Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum FaultV1 {
    Covered,
    Turned,
    Blurred,
    Dark,
    Frozen,
}

#[derive(Serialize, Deserialize)]
struct EpisodeV1 {
    #[serde(flatten)]
    tally: TallyV1,
    seen_us: u64,
    ripe: bool,
}

pub(super) fn write(rule: &Scene) -> Result<Value, serde_json::Error> {
    let episode = |episode: &Episode| EpisodeV1 {
        tally: TallyV1::of(&episode.tally),
        seen_us: micros(episode.seen),
        ripe: episode.ripe,
    };
    serde_json::to_value(Memory {
        scene: SceneV1 {
            fault: FaultV1::of(rule.settings.fault),
            reference: rule.reference.v1(),
            strange_since_us: rule.strange_since.map(micros),
            still: rule.still.as_ref().map(Still::v1),
            latest_us: rule.latest.map(micros),
            episode: rule.episode.as_ref().map(episode),
        },
    })
}

/// Fills the rule with what an earlier run wrote; false if that watched for something else.
pub(super) fn read(rule: &mut Scene, memory: &Value) -> bool {
    let Ok(Memory { scene }) = Memory::deserialize(memory) else {
        return false;
    };
    if scene.fault != FaultV1::of(rule.settings.fault) {
        return false;
    }
    rule.reference = scene.reference.reference();
    rule.strange_since = scene.strange_since_us.map(Duration::from_micros);
    rule.still = scene.still.map(StillV1::still);
    rule.latest = scene.latest_us.map(Duration::from_micros);
    rule.episode = scene.episode.map(|episode| Episode {
        tally: episode.tally.tally(),
        seen: Duration::from_micros(episode.seen_us),
        ripe: episode.ripe,
    });
    true
}

impl FaultV1 {
    const fn of(fault: ViewFault) -> Self {
        match fault {
            ViewFault::Covered => Self::Covered,
            ViewFault::Turned => Self::Turned,
            ViewFault::Blurred => Self::Blurred,
            ViewFault::Dark => Self::Dark,
            ViewFault::Frozen => Self::Frozen,
        }
    }
}
