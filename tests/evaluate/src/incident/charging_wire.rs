//! A wire that hangs out of a window to an e-bike.

use super::kind::{Incident, Trial};

pub(super) const INCIDENT: Incident = Incident {
    name: "charging wire",
    code: "ebike_flying_wire",
    due: "It is not in the gateway yet.",
    goals: &[],
    trial: Trial::NotInTheGateway(
        "The net for wires is trained and measured on its own (`make models-wire`, \
         models/charging-wire/README.md). No rule uses it yet. Goals: recall 0.8 an event on held-out \
         backgrounds, one false alert a camera-day.",
    ),
};
