//! What is evaluated: one file for each incident, and one line in the list.

mod charging_wire;
mod ebike;
pub(crate) mod kind;
mod passage;
mod stall;
mod vehicle;

use kind::Incident;

/// All of them, in the order of the report.
pub(crate) static INCIDENTS: [Incident; 5] = [
    passage::INCIDENT,
    stall::INCIDENT,
    ebike::INCIDENT,
    charging_wire::INCIDENT,
    vehicle::INCIDENT,
];
