//! A device: a controller of doors, or a sensor with its points.

use std::collections::BTreeSet;

use crate::choice::{PROTOCOLS, schemes};
use crate::finding::Findings;
use crate::header::Field;
use crate::point::Point;
use crate::row::{RowReader, Told};
use crate::site::Site;

/// How a device is reached, as far as a row says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    /// How it speaks.
    pub(crate) protocol: Option<Told<String>>,
    /// Where it is.
    pub(crate) url: Option<Told<String>>,
    /// The user name at it.
    pub(crate) username: Option<Told<String>>,
    /// The file with the password.
    pub(crate) password_file: Option<Told<String>>,
}

/// A device, as far as the sheets say.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    /// Its id and where that stands first.
    pub(crate) id: Told<String>,
    /// Its first row, and which fields of it are filled.
    pub(crate) row: Told<BTreeSet<Field>>,
    /// Its own name.
    pub(crate) name: Option<String>,
    /// The name of its only door or point.
    pub(crate) part_name: Option<String>,
    /// How it is reached.
    pub(crate) access: Access,
    /// Where it stands.
    pub(crate) site: Site,
    /// Its doors and points.
    pub(crate) points: Vec<Point>,
}

impl Access {
    /// Reads it out of a row. `is_file` knows whether a file of a password is there.
    pub(crate) fn read(row: &mut RowReader<'_>, is_file: &dyn Fn(&str) -> bool) -> Self {
        row.no_password();
        let told = |row: &RowReader<'_>, field, value: Option<String>| {
            value.map(|value| Told { value, spot: row.spot(field) })
        };
        let protocol = row.choice(Field::Protocol, PROTOCOLS);
        let url = match protocol.map(schemes) {
            Some(Some(schemes)) => {
                let example = if schemes.bare == Some("tcp") {
                    "tcp://192.0.2.20:502"
                } else {
                    "http://192.0.2.20:80"
                };
                row.address(Field::Url, schemes, example)
            }
            Some(None) => {
                if row.raw(Field::Url).is_some() {
                    row.refuse::<()>(Field::Url, "a device of this protocol has no address here: it calls the gateway, or speaks to the broker; leave the cell empty");
                }
                None
            }
            None => {
                if row.raw(Field::Url).is_some() && row.raw(Field::Protocol).is_none() {
                    row.refuse::<()>(
                        Field::Url,
                        "an address needs the protocol beside it: column 协议 (protocol)",
                    );
                }
                None
            }
        };
        let url = told(row, Field::Url, url);
        let username = row.text(Field::Username, 256);
        let password_file = row.file(Field::PasswordFile, is_file);
        Self {
            protocol: told(row, Field::Protocol, protocol.map(str::to_owned)),
            url,
            username: told(row, Field::Username, username),
            password_file: told(row, Field::PasswordFile, password_file),
        }
    }
}

impl Device {
    /// Takes in a further row of the same device. What contradicts the rows above is refused.
    pub(crate) fn take_in(&mut self, other: Self, findings: &mut Findings) {
        let own = [
            &mut self.access.protocol,
            &mut self.access.url,
            &mut self.access.username,
            &mut self.access.password_file,
        ];
        let Access { protocol, url, username, password_file } = other.access;
        for (own, other) in own.into_iter().zip([protocol, url, username, password_file]) {
            match (&own, other) {
                (Some(own), Some(other)) if own.value != other.value => {
                    let row = own.spot.row;
                    findings.refuse::<()>(other.spot, format!("device {} has another one in row {row}: expected the same in all rows of a device", self.id.value));
                }
                (None, Some(other)) => *own = Some(other),
                _ => {}
            }
        }
        match (&self.name, other.name) {
            (Some(own), Some(other_name)) if *own != other_name => {
                findings.refuse::<()>(other.row.spot.clone(), format!("device {} has another name in row {}: expected the same in all rows of a device", self.id.value, self.row.spot.row));
            }
            (None, Some(name)) => self.name = Some(name),
            _ => {}
        }
        if let (Some(own), Some(theirs), Some(spot)) =
            (self.site.point, other.site.point, &other.site.point_spot)
            && own != theirs
        {
            findings.note(
                spot.clone(),
                format!(
                    "device {} has one place, that of row {}",
                    self.id.value, self.row.spot.row
                ),
            );
        }
        self.row.value.extend(other.row.value);
        self.site.complete(&other.site);
        self.part_name = None;
        self.points.extend(other.points);
    }
}
