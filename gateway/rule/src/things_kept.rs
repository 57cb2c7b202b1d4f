//! Things of no class as they are remembered over a restart.

use std::time::Duration;

use scene::{BoundingBox, CaptureTime, StandingThing};
use serde::{Deserialize, Serialize};

use crate::micros::micros;
use crate::tally::TallyV1;
use crate::things::{MOST_REMEMBERED, Thing};
use crate::unseen::Unseen;

/// One thing. Times in microseconds: `*_at_us` since 1970 and moved when the clock is set, `reference`
/// since 1970 as the eye keeps it, others of watched time.
#[derive(Serialize, Deserialize)]
pub(crate) struct ThingV1 {
    bounds: [f32; 4],
    first: [f32; 4],
    foot: Vec<f32>,
    sure: f32,
    #[serde(flatten)]
    tally: TallyV1,
    stood_us: u64,
    missed: u32,
    missed_us: u64,
    unknown_us: u64,
    reference: i64,
    ripe: bool,
    /// Missing if an earlier version wrote it.
    #[serde(default)]
    accepted: bool,
}

impl ThingV1 {
    pub(crate) fn all(things: &[Thing]) -> Vec<Self> {
        things.iter().map(Self::of).collect()
    }

    /// As many as are ever remembered.
    pub(crate) fn things(kept: Vec<Self>) -> Vec<Thing> {
        kept.into_iter().take(MOST_REMEMBERED).map(Self::thing).collect()
    }

    fn of(thing: &Thing) -> Self {
        Self {
            bounds: edges(&thing.shape.bounds),
            first: edges(&thing.first),
            foot: thing.shape.foot.clone(),
            sure: thing.shape.sure,
            tally: TallyV1::of(&thing.tally),
            stood_us: micros(thing.stood),
            missed: thing.unseen.looks,
            missed_us: micros(thing.unseen.time),
            unknown_us: micros(thing.unknown),
            reference: thing.reference.unix_micros(),
            ripe: thing.ripe,
            accepted: thing.accepted,
        }
    }

    fn thing(self) -> Thing {
        let tally = self.tally.tally();
        let shape = StandingThing {
            bounds: bbox(self.bounds),
            foot: self.foot,
            since: tally.since_at,
            looks: tally.positive,
            sure: self.sure,
        };
        let reference = CaptureTime::from_unix_micros(self.reference);
        Thing {
            first: bbox(self.first),
            stood: Duration::from_micros(self.stood_us),
            unseen: Unseen { looks: self.missed, time: Duration::from_micros(self.missed_us) },
            unknown: Duration::from_micros(self.unknown_us),
            ripe: self.ripe,
            accepted: self.accepted,
            ..Thing::remembered(shape, tally, reference)
        }
    }
}

fn edges(BoundingBox { left, top, right, bottom }: &BoundingBox) -> [f32; 4] {
    [*left, *top, *right, *bottom]
}

fn bbox([left, top, right, bottom]: [f32; 4]) -> BoundingBox {
    BoundingBox { left, top, right, bottom }
}
