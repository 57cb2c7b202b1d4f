//! A vehicle stands before a door: real, and in every picture of the recorded street.

use super::kind::{Goal, Incident, Measure, Trial};
use crate::case::{Case, Evidence, Truth};
use crate::place::Rect;

const CODE: &str = "fire_passage_blocked";

pub(super) const INCIDENT: Incident = Incident {
    name: "vehicle before a door, known class",
    code: CODE,
    goals: &[Goal { what: Measure::Recall(Evidence::Real), bound: 0.9 }],
    trial: Trial::Everywhere(add),
};

/// Where the white van stands.
const VAN: Rect = Rect { left: 652.0, top: 45.0, width: 72.0, height: 56.0 };

/// Nothing is laid in: the van is there.
fn add(case: &mut Case) {
    case.truths.push(Truth {
        code: CODE,
        implies: &[],
        zone: "shutter".to_owned(),
        is_held_out: true,
        evidence: Evidence::Real,
        what: "the white van of the recorded street".to_owned(),
        places: vec![VAN],
        size_px: VAN.height,
        stands: 0.0..case.secs,
    });
}
