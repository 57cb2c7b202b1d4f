//! An object on its way over a line.

use std::time::Duration;

use scene::track::Track;
use serde::{Deserialize, Serialize};

use super::line::{Line, Side};
use crate::trail::{Trail, TrailV1};
use crate::view::View;
use crate::zone::Zone;

/// What has not moved for this long stands, and needs no fast pictures.
const RESTLESS_FOR: Duration = Duration::from_secs(5);
/// Fewer pictures of an object prove no passage.
const MIN_PICTURES: u32 = 3;

/// An object on its way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Walker {
    pub(super) trail: Trail,
    /// Pictures that showed it.
    pictures: u32,
    /// The side on which it was clear of the line last; none before it was on either.
    side: Option<Side>,
    /// When it last went from left to right, it did so between the line's ends and in the zone.
    through: bool,
    /// It has passed, but too few pictures have shown it.
    unproven: bool,
    /// It moves in the zone.
    pub(super) restless: bool,
}

impl Walker {
    pub(super) fn new(track: &Track, line: &Line, zone: &Zone, view: &View<'_>) -> Self {
        Self {
            trail: Trail::of(track, view),
            pictures: 1,
            side: line.clear_side(&track.bbox),
            through: false,
            unproven: false,
            restless: is_restless(track, zone, view),
        }
    }

    /// Moves on to where this picture shows it; answers whether it has passed.
    pub(super) fn step(
        &mut self,
        track: &Track,
        line: &Line,
        zone: &Zone,
        view: &View<'_>,
    ) -> bool {
        if let Some(gate) = line.met(self.trail.bbox.foot(), track.bbox.foot()) {
            self.through = gate.is_some_and(|point| zone.polygon.contains(point));
        }
        self.trail = Trail::of(track, view);
        self.pictures = self.pictures.saturating_add(1);
        self.restless = is_restless(track, zone, view);
        if let Some(side) = line.clear_side(&track.bbox) {
            match self.side.replace(side) {
                Some(Side::Left) if side == Side::Right => self.unproven = self.through,
                _ if side == Side::Left => self.unproven = false,
                _ => {}
            }
        }
        let passed = self.unproven && self.pictures >= MIN_PICTURES;
        self.unproven &= !passed;
        passed
    }
}

fn is_restless(track: &Track, zone: &Zone, view: &View<'_>) -> bool {
    view.at().since(track.still_since) < RESTLESS_FOR && zone.polygon.contains(track.bbox.foot())
}

/// As it is remembered over a restart.
#[derive(Serialize, Deserialize)]
pub(super) struct WalkerV1 {
    trail: TrailV1,
    pictures: u32,
    side: Option<Side>,
    through: bool,
    unproven: bool,
}

impl WalkerV1 {
    pub(super) fn of(walker: &Walker) -> Self {
        Self {
            trail: TrailV1::of(&walker.trail),
            pictures: walker.pictures,
            side: walker.side,
            through: walker.through,
            unproven: walker.unproven,
        }
    }

    pub(super) fn walker(&self) -> Walker {
        Walker {
            trail: self.trail.trail(),
            pictures: self.pictures,
            side: self.side,
            through: self.through,
            unproven: self.unproven,
            restless: false,
        }
    }
}
