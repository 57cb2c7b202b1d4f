//! Which form the value of a kind of signal has, as settings and messages must fit it.

use scene::SignalKind;

/// Whether its value is true or false.
pub(crate) fn is_flag(kind: SignalKind) -> bool {
    !is_number(kind) && kind != SignalKind::DoorEvent
}

/// Whether its value is a number with a unit.
pub(crate) fn is_number(kind: SignalKind) -> bool {
    kind.unit().is_some()
}
