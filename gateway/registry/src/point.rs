//! A point of a device: a register, an input, or a door.

use std::collections::BTreeSet;

use scene::SignalKind;

use crate::header::Field;
use crate::row::Told;

/// A point of a device.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Its id, unique in the device, and where that stands.
    pub(crate) id: Told<String>,
    /// The number of the door at its controller, from 1.
    pub(crate) door: Option<i64>,
    /// Whether it came from a sheet of doors.
    pub(crate) is_door: bool,
    /// Which register it is.
    pub(crate) register: Register,
    /// What it tells of.
    pub(crate) kind: Option<SignalKind>,
    /// What is too much.
    pub(crate) limit: Option<Limit>,
    /// Which fields of its row are filled.
    pub(crate) filled: BTreeSet<Field>,
}

/// Where and how a Modbus device keeps a value, as far as the sheet says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Register {
    /// The unit behind the address, 0 to 255.
    pub(crate) unit_id: Option<i64>,
    /// `holding`, `input`, `coil` or `discrete`.
    pub(crate) table: Option<&'static str>,
    /// From 0.
    pub(crate) address: Option<i64>,
    /// `u16`, `i16`, `u32`, `i32` or `f32`.
    pub(crate) value: Option<&'static str>,
    /// `big` or `little`.
    pub(crate) word_order: Option<&'static str>,
    /// What the number read is multiplied by to be in the kind's unit.
    pub(crate) scale: Option<f64>,
    /// What is then added, in the kind's unit.
    pub(crate) offset: Option<f64>,
}

/// What is too much, in the kind's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limit {
    /// The incident type.
    pub(crate) incident: &'static str,
    /// Above this.
    pub(crate) above: f64,
    /// For so long.
    pub(crate) hold_secs: Option<i64>,
    /// Until so much below.
    pub(crate) hysteresis: Option<f64>,
}
