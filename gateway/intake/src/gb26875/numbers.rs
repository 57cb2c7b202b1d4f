//! The numbers of GB/T 26875.3-2011, as tables.
//!
//! We have no copy of the standard. These come from four public programs that follow it and agree
//! unless noted, among them a simulator with the tables of sections 8.1 and 8.2 and a parser of
//! Dahua's terminals. They disagree on the bit for test operation of systems and components: two say that 0 is
//! a test, one says 1. So a transmitter's settings say what it means there, and by default it is not read.

use scene::SignalKind;

/// Command bytes (section 6.4).
pub(crate) mod command {
    pub(crate) const SEND: u8 = 2;
    pub(crate) const CONFIRM: u8 = 3;
    pub(crate) const DENY: u8 = 6;
    /// Dahua's sign of life; reserved in the standard.
    pub(crate) const KEEP_ALIVE: u8 = 7;
}

/// What an object of the application data tells (table of type flags, section 8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// System status.
    System,
    /// Status of a component.
    Component,
    /// Analogue value of a component.
    Analogue,
    /// Status of the transmitter.
    Transmitter,
    /// The clock of a system or of the transmitter: a sign of life.
    Clock,
    /// Nothing that would be a signal: operations, versions, settings. Operators are among them.
    Other,
}

/// Type flag, what it is, and the bytes of its body without the time that follows.
const TYPES: &[(u8, Type, usize)] = &[
    (1, Type::System, 4),
    (2, Type::Component, 40),
    (3, Type::Analogue, 10),
    (4, Type::Other, 4),
    (5, Type::Other, 4),
    (8, Type::Clock, 2),
    (21, Type::Transmitter, 1),
    (24, Type::Other, 2),
    (25, Type::Other, 2),
    (28, Type::Clock, 0),
];

/// The type of a flag, and the bytes of its body.
pub(crate) fn type_of(flag: u8) -> Option<(Type, usize)> {
    TYPES.iter().find(|(its_flag, ..)| *its_flag == flag).map(|(_, of, bytes)| (*of, *bytes))
}

/// Bits of the status of a system and of a component.
pub(crate) mod status {
    pub(crate) const OPERATION: u16 = 1;
    pub(crate) const FIRE: u16 = 1 << 1;
    pub(crate) const FAULT: u16 = 1 << 2;
    /// Isolated (屏蔽): it reports no fire.
    pub(crate) const ISOLATED: u16 = 1 << 3;
    /// Supervisory (监管): a valve or a door that must stand otherwise.
    pub(crate) const SUPERVISORY: u16 = 1 << 4;
    /// Of a component: its power. Of a system: its mains.
    pub(crate) const POWER: u16 = 1 << 8;
    /// Of a system only: the bus to its components.
    pub(crate) const BUS: u16 = 1 << 10;
}

/// Bits of the status of a transmitter.
pub(crate) mod transmitter {
    pub(crate) const OPERATION: u8 = 1;
    pub(crate) const FIRE: u8 = 1 << 1;
    pub(crate) const FAULT: u8 = 1 << 2;
    /// The line to the panel that it watches.
    pub(crate) const LINE: u8 = 1 << 6;
}

/// Analogue quantities that have a kind here: number, kind, and its unit for one count.
const QUANTITIES: &[(u8, SignalKind, f64)] = &[
    (2, SignalKind::WaterLevel, 0.01),
    (3, SignalKind::Temperature, 0.1),
    // 0.1 A. Too coarse for residual currents; makers send mA here, and the point's scale says so.
    (9, SignalKind::ResidualCurrent, 100.0),
];

/// What one count of a quantity is in the unit of a kind.
pub(crate) fn scale_of(quantity: u8, kind: SignalKind) -> Option<f64> {
    let is_it = |(its_quantity, its_kind, _): &&(u8, SignalKind, f64)| {
        (*its_quantity, *its_kind) == (quantity, kind)
    };
    QUANTITIES.iter().find(is_it).map(|(.., scale)| *scale)
}

/// Commands of the short frames (68 … 16), as one maker's transmitter (FSCN8001) sends them.
pub(crate) mod short {
    pub(crate) const REGISTER: u8 = 0x01;
    pub(crate) const HEARTBEAT: u8 = 0x02;
    pub(crate) const FIRE: u8 = 0x03;
    pub(crate) const FAULT: u8 = 0x04;
    pub(crate) const SUPERVISORY: u8 = 0x05;
    pub(crate) const ISOLATED: u8 = 0x06;
    pub(crate) const MANUAL: u8 = 0x07;
    /// The answer to each of them.
    pub(crate) const ANSWER: u8 = 0x80;
    /// Bits of a heartbeat's status.
    pub(crate) const HAS_FIRE: u8 = 1;
    pub(crate) const HAS_FAULT: u8 = 1 << 1;
}
