//! What `crossing` remembers, as JSON.

use std::time::Duration;

use scene::CaptureTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::line::Side;
use super::{Passage, Walker};
use crate::micros::micros;
use crate::trail::TrailV1;

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SideV1 {
    Left,
    Right,
}

#[derive(Serialize, Deserialize)]
struct WalkerV1 {
    trail: TrailV1,
    pictures: u32,
    side: Option<SideV1>,
    through: bool,
    unproven: bool,
}

/// Times in microseconds: `*_at_us` since 1970, others of watched time.
#[derive(Serialize, Deserialize)]
struct PassageV1 {
    passed_at_us: i64,
    watched_us: u64,
    pictures: u32,
    score: f32,
}

#[derive(Serialize, Deserialize)]
struct CrossingV1 {
    walkers: Vec<WalkerV1>,
    passages: Vec<PassageV1>,
}

/// Tagged with the rule's kind, so that no other kind takes it for its own.
#[derive(Serialize, Deserialize)]
struct Memory {
    crossing: CrossingV1,
}

pub(super) fn write(walkers: &[Walker], passages: &[Passage]) -> Result<Value, serde_json::Error> {
    let passages = passages.iter().map(|passage| PassageV1 {
        passed_at_us: passage.passed_at.unix_micros(),
        watched_us: micros(passage.watched),
        pictures: passage.pictures,
        score: passage.score,
    });
    let walkers = walkers.iter().map(WalkerV1::of).collect();
    serde_json::to_value(Memory { crossing: CrossingV1 { walkers, passages: passages.collect() } })
}

pub(super) fn read(memory: &Value) -> Option<(Vec<Walker>, Vec<Passage>)> {
    let Memory { crossing } = Memory::deserialize(memory).ok()?;
    let passages = crossing.passages.iter().map(|passage| Passage {
        passed_at: CaptureTime::from_unix_micros(passage.passed_at_us),
        watched: Duration::from_micros(passage.watched_us),
        pictures: passage.pictures,
        score: passage.score,
    });
    Some((crossing.walkers.iter().map(WalkerV1::walker).collect(), passages.collect()))
}

impl WalkerV1 {
    fn of(walker: &Walker) -> Self {
        Self {
            trail: TrailV1::of(&walker.trail),
            pictures: walker.pictures,
            side: walker.side.map(|side| match side {
                Side::Left => SideV1::Left,
                Side::Right => SideV1::Right,
            }),
            through: walker.through,
            unproven: walker.unproven,
        }
    }

    fn walker(&self) -> Walker {
        Walker {
            trail: self.trail.trail(),
            pictures: self.pictures,
            side: self.side.map(|side| match side {
                SideV1::Left => Side::Left,
                SideV1::Right => Side::Right,
            }),
            through: self.through,
            unproven: self.unproven,
            restless: false,
        }
    }
}
