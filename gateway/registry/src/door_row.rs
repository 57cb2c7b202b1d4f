//! A row of a sheet of doors.

use crate::device::{Access, Device};
use crate::grid::Grids;
use crate::header::Field;
use crate::point::{Point, Register};
use crate::row::RowReader;
use crate::site::Site;

/// Reads a row: a door, and what it says of its controller. A door without a controller is its own.
pub(crate) fn read(
    row: &mut RowReader<'_>,
    grids: &Grids<'_>,
    is_file: &dyn Fn(&str) -> bool,
) -> Option<Device> {
    let id = row.needed_id(Field::Id);
    let device =
        row.id(Field::Device).or_else(|| id.clone().filter(|_| row.raw(Field::Device).is_none()));
    let (name, part_name) = (row.text(Field::DeviceName, 64), row.text(Field::Name, 64));
    let access = Access::read(row, is_file);
    let door = row.whole(Field::Door, (1, 256));
    let site = Site::read(row, grids);
    let point = Point {
        id: id?,
        door,
        is_door: true,
        register: Register::default(),
        kind: None,
        limit: None,
        filled: row.whole_row().value,
    };
    Some(Device {
        id: device?,
        row: row.whole_row(),
        name,
        part_name,
        access,
        site,
        points: vec![point],
    })
}
