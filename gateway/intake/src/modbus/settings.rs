//! Which points of one Modbus device are read, from where, and how their numbers are meant.

use std::ops::RangeInclusive;
use std::time::Duration;

use scene::SignalKind;

use crate::settings_fault::{SettingsFault, check, check_different, check_name};
use crate::value_form::{is_flag, is_number};
use scene::DEVICE_POINT;

/// The most points of one device.
pub const MOST_POINTS: usize = 2_000;

/// One device that answers by Modbus TCP, or one converter with the devices behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Name or address of its host.
    pub host: String,
    /// TCP port; 502 by the standard.
    pub port: u16,
    /// What is read of it.
    pub points: Vec<Point>,
    /// From the begin of one poll to that of the next; 100 ms to 1 h.
    pub poll_interval: Duration,
    /// How long the device has for one answer; 100 ms to 30 s.
    pub timeout: Duration,
}

/// One point: where it lies, and what its number means.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its name in signals.
    pub name: String,
    /// The unit identifier (Modbus Messaging on TCP/IP, section 3.1.3). It chooses the device behind
    /// a converter; a device of its own mostly takes 1 or 255.
    pub unit_id: u8,
    /// In which table it lies.
    pub table: Table,
    /// Its address in the table, from 0, as it goes over the wire. A manual that counts from 1, or
    /// writes 40001, means one less, or 0.
    pub address: u16,
    /// The form of its value.
    pub form: ValueForm,
    /// Which half of a 32-bit value comes first.
    pub word_order: WordOrder,
    /// The value is the number read times this, and then plus `offset`, in the unit of the kind. For a
    /// flag both are left alone: 1 and 0.
    pub scale: f64,
    /// What is added to the scaled number.
    pub offset: f64,
    /// True: a flag is told as its opposite, as for a contact that is closed at rest.
    pub is_inverted: bool,
    /// What it is about. Flags and numbers only: no register is an event.
    pub kind: SignalKind,
    /// What the device can measure, in the unit of the kind. A value outside it is doubted.
    pub valid: Option<RangeInclusive<f64>>,
}

/// The four tables of Modbus (Application Protocol V1.1b3, section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Bits that can be written too: function 1.
    Coil,
    /// Bits: function 2.
    Discrete,
    /// Registers that can be written too: function 3.
    Holding,
    /// Registers: function 4.
    Input,
}

/// The form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueForm {
    /// A coil or discrete input: bit 0. Of a register: this bit of it, 0 is the least one.
    Bit(u8),
    /// One register, from 0.
    U16,
    /// One register, of either sign.
    I16,
    /// Two registers, from 0.
    U32,
    /// Two registers, of either sign.
    I32,
    /// Two registers: IEEE 754, single precision.
    F32,
}

/// Which register of two comes first. The standard orders the bytes of a register, and says nothing
/// of registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WordOrder {
    /// The one with the high bits.
    #[default]
    Big,
    /// The one with the low bits.
    Little,
}

impl Table {
    /// Whether it has bits; otherwise it has registers.
    #[must_use]
    pub const fn has_bits(self) -> bool {
        matches!(self, Self::Coil | Self::Discrete)
    }

    /// What one place in it is called.
    #[must_use]
    pub const fn place(self) -> &'static str {
        match self {
            Self::Coil => "coil",
            Self::Discrete => "discrete input",
            Self::Holding => "holding register",
            Self::Input => "input register",
        }
    }
}

impl ValueForm {
    /// How many places of its table it takes.
    #[must_use]
    pub const fn width(self) -> u16 {
        match self {
            Self::Bit(_) | Self::U16 | Self::I16 => 1,
            Self::U32 | Self::I32 | Self::F32 => 2,
        }
    }
}

impl Settings {
    /// Whether a device can be polled by them.
    ///
    /// # Errors
    /// The first field that cannot be.
    pub fn validate(&self) -> Result<(), SettingsFault> {
        let is_host = !self.host.is_empty()
            && self.host.len() <= 253
            && !self.host.contains(|char: char| char.is_whitespace() || char.is_control());
        check(is_host, "host", "the name or address of a host")?;
        check(self.port != 0, "port", "a TCP port, 1 to 65535")?;
        let polls = Duration::from_millis(100)..=Duration::from_hours(1);
        check(polls.contains(&self.poll_interval), "poll_interval", "100 ms to 1 h")?;
        let timeouts = Duration::from_millis(100)..=Duration::from_secs(30);
        check(timeouts.contains(&self.timeout), "timeout", "100 ms to 30 s")?;
        let count = 1..=MOST_POINTS;
        check(count.contains(&self.points.len()), "points", "1 to 2000 points")?;
        check_different(self.points.iter().map(|point| point.name.as_str()), "points")?;
        self.points.iter().enumerate().try_for_each(|(at, point)| point.validate(at))
    }
}

impl Point {
    fn validate(&self, at: usize) -> Result<(), SettingsFault> {
        let field = |name: &str| format!("points[{at}].{name}");
        check_name(&self.name, &field("name"))?;
        check(self.name != DEVICE_POINT, &field("name"), "a name other than `device`")?;
        let end = u32::from(self.address) + u32::from(self.form.width());
        check(end <= 65_536, &field("address"), "an address whose value ends within the table")?;
        let (is_flag, is_number) = (is_flag(self.kind), is_number(self.kind));
        check(is_flag || is_number, &field("kind"), "a kind whose value is a flag or a number")?;
        let fits = match self.form {
            ValueForm::Bit(bit) if self.table.has_bits() => bit == 0 && is_flag,
            ValueForm::Bit(bit) => bit < 16 && is_flag,
            ValueForm::U16 | ValueForm::I16 => !self.table.has_bits(),
            ValueForm::U32 | ValueForm::I32 | ValueForm::F32 => !self.table.has_bits() && is_number,
        };
        let forms = "a form that the table has and the kind needs: bit 0 for a coil or discrete \
                     input; of a register a bit 0 to 15, u16 or i16 for a flag, and u16, i16, u32, \
                     i32 or f32 for a number";
        check(fits, &field("form"), forms)?;
        self.validate_numbers(is_number, &field)
    }

    fn validate_numbers(
        &self,
        is_number: bool,
        field: &impl Fn(&str) -> String,
    ) -> Result<(), SettingsFault> {
        let is_plain =
            self.scale.total_cmp(&1.0).is_eq() && self.offset == 0.0 && self.valid.is_none();
        check(is_number || is_plain, &field("scale"), "no scale, offset and range for a flag")?;
        check(!(is_number && self.is_inverted), &field("is_inverted"), "false for a number")?;
        let is_scale = self.scale.is_finite() && self.scale != 0.0;
        check(is_scale, &field("scale"), "a number other than 0")?;
        check(self.offset.is_finite(), &field("offset"), "a number")?;
        let is_range = self.valid.as_ref().is_none_or(|valid| {
            valid.start().is_finite() && valid.end().is_finite() && valid.start() < valid.end()
        });
        check(is_range, &field("valid"), "a range from a lower to a higher number")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::SignalKind;

    use super::{Point, Settings, Table, ValueForm, WordOrder};

    fn settings() -> Settings {
        let cable = Point {
            name: "cable-1".to_owned(),
            unit_id: 1,
            table: Table::Holding,
            address: 65_534,
            form: ValueForm::F32,
            word_order: WordOrder::Big,
            scale: 0.1,
            offset: 0.0,
            is_inverted: false,
            kind: SignalKind::Temperature,
            valid: Some(-40.0..=150.0),
        };
        let door = Point {
            name: "door-1".to_owned(),
            table: Table::Discrete,
            form: ValueForm::Bit(0),
            scale: 1.0,
            is_inverted: true,
            kind: SignalKind::DoorContact,
            valid: None,
            ..cable.clone()
        };
        Settings {
            host: "10.1.2.3".to_owned(),
            port: 502,
            points: vec![cable, door],
            poll_interval: Duration::from_secs(2),
            timeout: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_fault_names_its_field_and_repeats_no_text() {
        assert_eq!(settings().validate(), Ok(()));
        let field = |change: fn(&mut Settings)| {
            let mut changed = settings();
            change(&mut changed);
            changed.validate().unwrap_err().field
        };
        assert_eq!(field(|it| it.host.clear()), "host");
        assert_eq!(field(|it| it.port = 0), "port");
        assert_eq!(field(|it| it.timeout = Duration::ZERO), "timeout");
        assert_eq!(field(|it| it.poll_interval = Duration::ZERO), "poll_interval");
        assert_eq!(field(|it| it.points.clear()), "points");
        assert_eq!(field(|it| it.points[1].name = "cable-1".to_owned()), "points[1].name");
        assert_eq!(field(|it| it.points[1].name = "device".to_owned()), "points[1].name");
        assert_eq!(field(|it| it.points[0].address = 65_535), "points[0].address");
        assert_eq!(field(|it| it.points[0].form = ValueForm::Bit(1)), "points[0].form");
        assert_eq!(field(|it| it.points[1].form = ValueForm::U16), "points[1].form");
        assert_eq!(field(|it| it.points[0].kind = SignalKind::DoorEvent), "points[0].kind");
        assert_eq!(field(|it| it.points[0].scale = 0.0), "points[0].scale");
        assert_eq!(field(|it| it.points[1].scale = 2.0), "points[1].scale");
        assert_eq!(field(|it| it.points[0].offset = f64::NAN), "points[0].offset");
        assert_eq!(field(|it| it.points[0].valid = Some(1.0..=1.0)), "points[0].valid");
        assert_eq!(field(|it| it.points[0].is_inverted = true), "points[0].is_inverted");
        let mut secret = settings();
        secret.host = "tr0ub4dor 3".to_owned();
        assert!(!secret.validate().unwrap_err().to_string().contains("tr0ub4dor"));
    }
}
