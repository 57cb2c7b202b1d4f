//! Where a thing stands: its coordinates, address and grid.

use incident::Grid;
use scene::GeoPoint;

use crate::finding::Spot;
use crate::grid::{Grids, Lie};
use crate::header::Field;
use crate::row::RowReader;

/// Where a thing stands, as far as a sheet says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Site {
    /// WGS-84; both or none.
    pub(crate) point: Option<GeoPoint>,
    /// The radius of 95 % certainty.
    pub(crate) accuracy_metres: Option<f64>,
    /// The place in words, with building, unit and floor.
    pub(crate) address: Option<String>,
    /// Its grid.
    pub(crate) grid: Option<Grid>,
    /// Where the coordinates were written.
    pub(crate) point_spot: Option<Spot>,
}

/// The rectangle around China, in degrees.
const CHINA: [(f64, f64); 2] = [(73.0, 136.0), (3.0, 54.0)];

impl Site {
    /// Reads it out of a row.
    pub(crate) fn read(row: &mut RowReader<'_>, grids: &Grids<'_>) -> Self {
        let point = point(row);
        let accuracy_metres =
            row.number(Field::Accuracy, (0.1, 10_000.0), "a radius of 0.1 to 10000 metres");
        let grid = match row.raw(Field::Grid).map(|code| grids.of_code(code)) {
            Some(Ok(grid)) => Some(grid),
            Some(Err(expected)) => row.refuse(Field::Grid, expected),
            None => None,
        };
        if let (Some(point), Some(grid)) = (point, &grid) {
            note_lie(row, grids.lie(grid, point));
        }
        let point_spot = point.map(|_| row.spot(Field::Longitude));
        Self { point, accuracy_metres, address: address(row), grid, point_spot }
    }

    /// What this one leaves open is taken from `other`.
    pub(crate) fn complete(&mut self, other: &Self) {
        if self.point.is_none() {
            self.point = other.point;
            self.point_spot.clone_from(&other.point_spot);
        }
        self.accuracy_metres = self.accuracy_metres.or(other.accuracy_metres);
        self.address = self.address.take().or_else(|| other.address.clone());
        self.grid = self.grid.take().or_else(|| other.grid.clone());
    }
}

fn point(row: &mut RowReader<'_>) -> Option<GeoPoint> {
    let (lon, lat) = (row.raw(Field::Longitude), row.raw(Field::Latitude));
    let (lon, lat) = match (lon, lat) {
        (None, None) => return None,
        (Some(_), None) => {
            return row.refuse(
                Field::Latitude,
                "longitude stands alone: expected the latitude too, in degrees such as 40.144",
            );
        }
        (None, Some(_)) => {
            return row.refuse(
                Field::Longitude,
                "latitude stands alone: expected the longitude too, in degrees such as 117.112",
            );
        }
        (Some(lon), Some(lat)) => (crate::cell::number(lon), crate::cell::number(lat)),
    };
    let [china_lon, china_lat] = CHINA;
    let within = |number: f64, (least, most): (f64, f64)| (least..=most).contains(&number);
    if let (Some(lon), Some(lat)) = (lon, lat)
        && within(lon, china_lat)
        && within(lat, china_lon)
    {
        return row.refuse(Field::Longitude, format!("longitude {lon} and latitude {lat} have changed places: expected longitude 73 to 136, latitude 3 to 54"));
    }
    let lon = row.number(
        Field::Longitude,
        (-180.0, 180.0),
        "degrees east from -180 to 180, such as 117.112",
    );
    let lat =
        row.number(Field::Latitude, (-90.0, 90.0), "degrees north from -90 to 90, such as 40.144");
    let point = GeoPoint { longitude: lon?, latitude: lat? };
    if !(within(point.longitude, china_lon) && within(point.latitude, china_lat)) {
        let spot = row.spot(Field::Longitude);
        row.findings.note(spot, "this place lies outside of China");
    }
    Some(point)
}

fn note_lie(row: &mut RowReader<'_>, lie: Lie) {
    let spot = row.spot(Field::Longitude);
    let message = match lie {
        Lie::Inside => return,
        Lie::InsideIfGcj02 => "this place lies in its grid only if it is GCJ-02 (火星坐标): it is taken for WGS-84; convert it if it comes from a consumer map".to_owned(),
        Lie::Elsewhere(code) => format!("this place lies in another grid than the one named: in {code}"),
        Lie::OffMap => "this place lies on no grid of the city's map".to_owned(),
    };
    row.findings.note(spot, message);
}

/// Address, building, unit and floor as one line, such as `金海小区 7号楼 2单元 5层`.
fn address(row: &mut RowReader<'_>) -> Option<String> {
    let fields = [
        (Field::Address, None),
        (Field::Building, Some("号楼")),
        (Field::BuildingUnit, Some("单元")),
        (Field::Floor, Some("层")),
    ];
    let parts = fields.map(|(field, word)| {
        let text = row.text(field, 200)?;
        let is_number = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        Some(match word.filter(|_| is_number) {
            Some(word) => format!("{text}{word}"),
            None => text,
        })
    });
    let address = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if address.chars().count() > 200 {
        return row.refuse(
            Field::Address,
            "expected at most 200 characters, with building, unit and floor",
        );
    }
    (!address.is_empty()).then_some(address)
}
