//! What the events of a Hikvision device mean, by their major and minor number.
//!
//! The numbers are those of the header of Hikvision's SDK. The same minor means other things under
//! another major. `currentVerifyMode` says what is configured, not what happened, and is not read.
//! Numbers that are not here mean nothing to us.

use scene::{DoorEvent, SignalKind};

/// One kind of event.
#[derive(Debug)]
pub(super) struct Row {
    major: u64,
    minor: u64,
    /// Where it happened.
    pub(super) place: Place,
    /// What it means.
    pub(super) meaning: Meaning,
}

/// Where an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Door,
    Reader,
    Fire,
    Network,
    Device,
}

/// What an event means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A state begins or ends.
    Flag(SignalKind, bool),
    /// Something happened at a door.
    Event(DoorEvent),
    /// The wire to a sensor is broken: nobody knows.
    Unreadable(SignalKind),
    /// It is known and says nothing of use.
    Nothing,
}

/// The row of an event, if it is known.
pub(super) fn row(major: u64, minor: u64) -> Option<&'static Row> {
    TABLE.iter().find(|row| (row.major, row.minor) == (major, minor))
}

const fn flag(major: u64, minor: u64, place: Place, kind: SignalKind, flag: bool) -> Row {
    Row { major, minor, place, meaning: Meaning::Flag(kind, flag) }
}

const fn door(minor: u64, event: DoorEvent) -> Row {
    Row { major: 5, minor, place: Place::Door, meaning: Meaning::Event(event) }
}

const TABLE: [Row; 56] = [
    // Alarms.
    flag(1, 0x404, Place::Device, SignalKind::Tamper, true), // the host is opened
    flag(1, 0x405, Place::Device, SignalKind::Tamper, false),
    flag(1, 0x406, Place::Reader, SignalKind::Tamper, true), // a reader is torn off
    flag(1, 0x407, Place::Reader, SignalKind::Tamper, false),
    Row { major: 1, ..door(0x40a, DoorEvent::Duress) },
    flag(1, 0x40f, Place::Door, SignalKind::Tamper, true), // the unit beside the door
    flag(1, 0x410, Place::Door, SignalKind::Tamper, false),
    flag(1, 0x415, Place::Fire, SignalKind::Smoke, true), // fire input closed
    Row {
        major: 1,
        minor: 0x416,
        place: Place::Fire,
        meaning: Meaning::Unreadable(SignalKind::Smoke),
    }, // its wire is broken
    flag(1, 0x417, Place::Fire, SignalKind::Smoke, false),
    flag(1, 0x418, Place::Fire, SignalKind::Smoke, true), // fire button
    flag(1, 0x419, Place::Fire, SignalKind::Smoke, false),
    flag(1, 0x422, Place::Device, SignalKind::Tamper, true), // channel controller
    flag(1, 0x423, Place::Device, SignalKind::Tamper, false),
    flag(1, 0x424, Place::Fire, SignalKind::Smoke, true), // fire input of a channel controller
    flag(1, 0x425, Place::Fire, SignalKind::Smoke, false),
    // Exceptions.
    flag(2, 0x27, Place::Network, SignalKind::Heartbeat, false),
    flag(2, 0x407, Place::Network, SignalKind::Heartbeat, true),
    flag(2, 0x409, Place::Reader, SignalKind::Heartbeat, false),
    flag(2, 0x40a, Place::Reader, SignalKind::Heartbeat, true),
    // Events.
    door(0x01, DoorEvent::AccessGranted),                // card
    door(0x02, DoorEvent::AccessGranted),                // card and password
    door(0x03, DoorEvent::AccessDenied),                 // card and password
    door(0x05, DoorEvent::AccessDenied),                 // card and password, too many tries
    door(0x06, DoorEvent::AccessDenied),                 // no right
    door(0x07, DoorEvent::AccessDenied),                 // not at this time
    door(0x08, DoorEvent::AccessDenied),                 // expired
    door(0x09, DoorEvent::AccessDenied),                 // unknown card
    door(0x0a, DoorEvent::AccessDenied),                 // anti-passback
    door(0x10, DoorEvent::AccessGranted),                // several people together
    flag(5, 0x15, Place::Door, SignalKind::Lock, false), // unlocked
    flag(5, 0x16, Place::Door, SignalKind::Lock, true),  // locked
    Row { meaning: Meaning::Nothing, ..door(0x17, DoorEvent::AccessGranted) }, // button inside, pressed
    Row { meaning: Meaning::Nothing, ..door(0x18, DoorEvent::AccessGranted) }, // and released
    flag(5, 0x19, Place::Door, SignalKind::DoorContact, true), // opened after a release
    flag(5, 0x1a, Place::Door, SignalKind::DoorContact, false), // closed
    door(0x1b, DoorEvent::ForcedOpen),
    door(0x1c, DoorEvent::HeldOpen),
    door(0x26, DoorEvent::AccessGranted), // fingerprint
    door(0x27, DoorEvent::AccessDenied),
    door(0x28, DoorEvent::AccessGranted), // card and fingerprint
    door(0x29, DoorEvent::AccessDenied),
    door(0x2b, DoorEvent::AccessGranted), // card, fingerprint and password
    door(0x2c, DoorEvent::AccessDenied),
    door(0x2e, DoorEvent::AccessGranted), // fingerprint and password
    door(0x2f, DoorEvent::AccessDenied),
    door(0x31, DoorEvent::AccessDenied), // unknown fingerprint
    door(0x34, DoorEvent::FireRelease),  // the fire relay holds the door open
    Row { meaning: Meaning::Nothing, ..door(0x35, DoorEvent::FireRelease) }, // and lets it go
    door(0x4b, DoorEvent::AccessGranted), // face
    door(0x4c, DoorEvent::AccessDenied),
    door(0x85, DoorEvent::Tailgating), // somebody follows
    door(0x86, DoorEvent::Tailgating), // passes the other way
    door(0x87, DoorEvent::ForcedOpen), // breaks through a gate
    door(0x88, DoorEvent::Tailgating), // climbs over it
    door(0x8a, DoorEvent::Tailgating), // goes in without a credential
];
