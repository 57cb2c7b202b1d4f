//! What `standing` remembers, as JSON: only what survives a restart, so no track identities.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rule::spot::{Spot, Tally};

/// One remembered place. Times in microseconds: `*_at_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
struct SpotV1 {
    bbox: [f32; 4],
    since_at_us: i64,
    since_us: u64,
    positive: u32,
    total: u32,
    score_sum: f64,
    seen_at_us: i64,
    seen_us: u64,
    missed: u32,
    ripe: bool,
}

/// Tagged with the rule's kind, so that no other kind takes it for its own.
#[derive(Serialize, Deserialize)]
struct Memory {
    standing: Vec<SpotV1>,
}

pub(super) fn write(spots: &[Spot]) -> Result<Value, serde_json::Error> {
    serde_json::to_value(Memory { standing: spots.iter().map(SpotV1::of).collect() })
}

pub(super) fn read(memory: &Value) -> Option<Vec<Spot>> {
    let memory = Memory::deserialize(memory).ok()?;
    Some(memory.standing.iter().map(SpotV1::spot).collect())
}

impl SpotV1 {
    fn of(spot: &Spot) -> Self {
        let BoundingBox { left, top, right, bottom } = spot.bbox;
        Self {
            bbox: [left, top, right, bottom],
            since_at_us: spot.tally.since_at.unix_micros(),
            since_us: micros(spot.tally.since),
            positive: spot.tally.positive,
            total: spot.tally.total,
            score_sum: spot.tally.score_sum,
            seen_at_us: spot.seen_at.unix_micros(),
            seen_us: micros(spot.seen),
            missed: spot.missed,
            ripe: spot.ripe,
        }
    }

    fn spot(&self) -> Spot {
        let [left, top, right, bottom] = self.bbox;
        let tally = Tally {
            since_at: CaptureTime::from_unix_micros(self.since_at_us),
            since: Duration::from_micros(self.since_us),
            positive: self.positive,
            total: self.total,
            score_sum: self.score_sum,
        };
        let seen = Duration::from_micros(self.seen_us);
        let seen_at = CaptureTime::from_unix_micros(self.seen_at_us);
        let bbox = BoundingBox { left, top, right, bottom };
        Spot::remembered(bbox, tally, (seen, seen_at), self.missed, self.ripe)
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
