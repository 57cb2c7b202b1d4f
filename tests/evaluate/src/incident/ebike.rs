//! An e-bike in a lift or indoors.

use super::kind::{Incident, Trial};
use crate::scene::CAMERA;

pub(super) const INCIDENT: Incident = Incident {
    name: "e-bike",
    code: "ebike_in_elevator",
    camera: CAMERA,
    due: "It is not in the gateway yet.",
    goals: &[],
    trial: Trial::NotInTheGateway(
        "The shipped detector has no class for e-bikes: the rules of these types count bicycles and \
         motorcycles. There is no labelled set of e-bikes in lifts that a registry ships. Goals: recall 0.9 \
         in the street, 0.8 in a lift.",
    ),
};
