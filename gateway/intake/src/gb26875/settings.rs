//! Which transmitters may report, and which of their systems and components are points.

use std::net::SocketAddr;
use std::time::Duration;

use scene::SignalKind;

use crate::gb26875::dialect::{Dialect, SourceAddress, TestBit};
use crate::gb26875::numbers::scale_of;
use crate::settings_fault::{SettingsFault, check, check_different, check_name};
use crate::value_form::is_number;
use scene::DEVICE_POINT;

/// All transmitters that report to one port.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Where we listen.
    pub listen: SocketAddr,
    /// Connections at a time; 1 to 1024.
    pub most_connections: usize,
    /// A connection on which nothing comes for so long is closed; 10 s to 1 h. Transmitters show that
    /// they live once a minute or so.
    pub idle_timeout: Duration,
    /// The transmitters.
    pub transmitters: Vec<Transmitter>,
}

/// One transmitter.
#[derive(Debug, Clone, PartialEq)]
pub struct Transmitter {
    /// The name of its device.
    pub device: String,
    /// Its source address, or its user code.
    pub address: SourceAddress,
    /// How it reads the standard.
    pub dialect: Dialect,
    /// How far its clock's zone is ahead of UTC, in seconds; 28800 in China.
    pub utc_offset_secs: i32,
    /// What the bit for test operation means to it.
    pub test_bit: TestBit,
    /// What it may tell. Everything else is confirmed and passed over.
    pub points: Vec<Point>,
}

/// One point.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its name in signals.
    pub name: String,
    /// Whose state it is.
    pub part: Part,
    /// What it is about. Of a status: `Smoke` is the bit for fire. `Tamper` is the one for
    /// supervision, and of the transmitter the one for its line to the panel. `Heartbeat` says whether a
    /// component is without fault and with power, and whether a system reaches its bus.
    pub kind: SignalKind,
    /// What one count of an analogue value is, in the unit of the kind; none for the standard's.
    pub scale: Option<f64>,
    /// What is added to the scaled value.
    pub offset: f64,
}

/// Whose state a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// That of the transmitter (type 21).
    Transmitter,
    /// That of a system, by its system address (type 1).
    System {
        /// The system address.
        address: u8,
    },
    /// That of a component (type 2).
    Component {
        /// The address of its system.
        system: u8,
        /// Its address: four bytes, the least one first. Most makers put the number of the loop into
        /// the upper two, and the number in the loop into the lower two; so it is with short frames.
        address: u32,
    },
    /// An analogue value of a component (type 3).
    Analogue {
        /// The address of its system.
        system: u8,
        /// Its address.
        address: u32,
        /// The number of the quantity: 2 height, 3 temperature, 9 current; 128 and later are a
        /// maker's own.
        quantity: u8,
    },
}

impl Settings {
    /// Whether transmitters can be heard by them.
    ///
    /// # Errors
    /// The first field that cannot be.
    pub fn validate(&self) -> Result<(), SettingsFault> {
        let is_bounded = (1..=1024).contains(&self.most_connections);
        check(is_bounded, "most_connections", "1 to 1024")?;
        let idle = Duration::from_secs(10)..=Duration::from_hours(1);
        check(idle.contains(&self.idle_timeout), "idle_timeout", "10 s to 1 h")?;
        check_different(self.transmitters.iter().map(|it| it.device.as_str()), "transmitters")?;
        let mut addresses = std::collections::BTreeSet::new();
        for (at, transmitter) in self.transmitters.iter().enumerate() {
            let field = |name: &str| format!("transmitters[{at}].{name}");
            let is_new = addresses.insert(transmitter.address);
            check(is_new, &field("address"), "an address that no other transmitter has")?;
            transmitter.validate(&field)?;
        }
        Ok(())
    }
}

impl Transmitter {
    fn validate(&self, field: &impl Fn(&str) -> String) -> Result<(), SettingsFault> {
        check_name(&self.device, &field("device"))?;
        let is_zone = (-43_200..=50_400).contains(&self.utc_offset_secs);
        check(is_zone, &field("utc_offset_secs"), "-43200 to 50400")?;
        let points = field("points");
        check(self.points.len() <= 10_000, &points, "10000 points at most")?;
        check_different(self.points.iter().map(|point| point.name.as_str()), &points)?;
        let each = |(at, point): (usize, &Point)| point.validate(&format!("{points}[{at}]"));
        self.points.iter().enumerate().try_for_each(each)
    }
}

impl Point {
    fn validate(&self, place: &str) -> Result<(), SettingsFault> {
        let field = |name: &str| format!("{place}.{name}");
        check_name(&self.name, &field("name"))?;
        check(self.name != DEVICE_POINT, &field("name"), "a name other than `device`")?;
        let is_state = matches!(self.kind, SignalKind::Smoke | SignalKind::Tamper);
        let fits = match self.part {
            Part::Transmitter => is_state,
            Part::System { .. } | Part::Component { .. } => {
                is_state || self.kind == SignalKind::Heartbeat
            }
            Part::Analogue { .. } => is_number(self.kind),
        };
        let kinds = "smoke or tamper of a transmitter; these and heartbeat of a system or component; \
                     a number of an analogue value";
        check(fits, &field("kind"), kinds)?;
        let is_scale = self.scale.is_none_or(|scale| scale.is_finite() && scale != 0.0);
        check(is_scale, &field("scale"), "a number other than 0")?;
        check(self.offset.is_finite(), &field("offset"), "a number")?;
        let has_scale = match self.part {
            Part::Analogue { quantity, .. } => {
                self.scale.is_some() || scale_of(quantity, self.kind).is_some()
            }
            _ => true,
        };
        check(has_scale, &field("scale"), "a scale, as the standard has none for this quantity")
    }
}
