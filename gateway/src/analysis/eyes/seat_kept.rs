//! What a camera's next eye is told.

use std::sync::Arc;
use std::time::Instant;

use camera::SharedHealth;
use eye::{Reference, Seat, SmallZone};

use super::references::References;
use crate::analysis::progress::Progress;

/// What a camera's next eye is told.
pub(super) struct SeatKept {
    pub(super) seat: Seat,
    /// When its eye told what is in the seat of what earlier sessions have taught.
    pub(super) learnt_at: Instant,
    pub(super) health: SharedHealth,
    pub(super) progress: Arc<Progress>,
    /// How its zones look when nothing new stands in them.
    pub(super) references: References,
    /// Zones that its latest pictures show too small to look for what newly stands there.
    pub(super) small_zones: Vec<SmallZone>,
}

impl SeatKept {
    /// A camera that no eye has looked at. This is `known` of its zones, from an earlier run.
    pub(super) fn new(
        seat: Seat,
        learnt_at: Instant,
        (health, progress): (SharedHealth, Arc<Progress>),
        known: Vec<Reference>,
    ) -> Self {
        let references = References::of_earlier_run(known);
        Self { seat, learnt_at, health, progress, references, small_zones: Vec::new() }
    }
}
