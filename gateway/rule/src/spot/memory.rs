//! A spot as it is remembered over a restart: only what survives one, so no track identities.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime};
use serde::{Deserialize, Serialize};

use super::Spot;
use crate::micros::micros;
use crate::tally::TallyV1;

/// One remembered place. Times in microseconds: `*_at_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
pub(crate) struct SpotV1 {
    bbox: [f32; 4],
    #[serde(flatten)]
    tally: TallyV1,
    seen_at_us: i64,
    seen_us: u64,
    missed: u32,
    ripe: bool,
    /// Of watched time.
    #[serde(default)]
    credit_us: u64,
}

impl SpotV1 {
    pub(crate) fn of(spot: &Spot) -> Self {
        let BoundingBox { left, top, right, bottom } = spot.bbox;
        Self {
            bbox: [left, top, right, bottom],
            tally: TallyV1::of(&spot.tally),
            seen_at_us: spot.seen_at.unix_micros(),
            seen_us: micros(spot.seen),
            missed: spot.missed,
            ripe: spot.ripe,
            credit_us: micros(spot.credit),
        }
    }

    pub(crate) fn spot(&self) -> Spot {
        let [left, top, right, bottom] = self.bbox;
        let seen = Duration::from_micros(self.seen_us);
        let seen_at = CaptureTime::from_unix_micros(self.seen_at_us);
        let bbox = BoundingBox { left, top, right, bottom };
        let tally = self.tally.tally();
        let credit = Duration::from_micros(self.credit_us);
        let spot = Spot::remembered(bbox, tally, (seen, seen_at), self.missed, self.ripe);
        Spot { credit, ..spot }
    }
}
