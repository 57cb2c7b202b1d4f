//! A vehicle stands where it may not: real, and in every picture of the recorded street.

use super::kind::{Goal, Incident, Measure, Trial};
use crate::case::{Case, Evidence, Truth};
use crate::place::Rect;
use crate::scene::CAMERA;

const CODE: &str = "vehicle_illegal_parking";

pub(super) const INCIDENT: Incident = Incident {
    name: "vehicle, known class",
    code: CODE,
    camera: CAMERA,
    due: "A white van stands before a shutter, all the time. It was filmed there.",
    goals: &[Goal { what: Measure::Recall(Evidence::Real), bound: 0.9 }],
    trial: Trial::Everywhere(add),
};

/// Where the white van stands.
const VAN: Rect = Rect { left: 652.0, top: 45.0, width: 72.0, height: 56.0 };

/// Nothing is laid in: the van is there.
fn add(case: &mut Case) {
    if case.camera != CAMERA {
        return;
    }
    case.truths.push(Truth {
        code: CODE,
        implies: &[],
        zone: "shutter".to_owned(),
        is_held_out: true,
        evidence: Evidence::Real,
        what: "the white van of the recorded street".to_owned(),
        places: vec![VAN],
        size_px: VAN.height,
        taken: None,
        stands: 0.0..case.secs,
    });
}
