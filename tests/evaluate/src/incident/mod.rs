//! What is evaluated: one file for each incident, and one line in the list.

mod charging_wire;
mod ebike;
pub(crate) mod kind;
pub(crate) mod passage;
mod stall;
mod vehicle;

use kind::Incident;

/// All of them, in the order of the report.
pub(crate) static INCIDENTS: [Incident; 8] = [
    passage::INCIDENT,
    passage::PASSAGE,
    passage::GATE,
    passage::HEAP,
    stall::INCIDENT,
    ebike::INCIDENT,
    charging_wire::INCIDENT,
    vehicle::INCIDENT,
];
