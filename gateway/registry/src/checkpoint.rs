//! A row of a sheet of checkpoints.

use std::collections::BTreeSet;

use crate::cell::list;
use crate::grid::Grids;
use crate::header::Field;
use crate::row::{RowReader, Told};
use crate::site::Site;

/// A checkpoint (卡口), as far as a sheet says.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    /// Its id and where that stands.
    pub(crate) id: Told<String>,
    /// Its row, and which fields of it are filled.
    pub(crate) row: Told<BTreeSet<Field>>,
    /// Its name as people say it.
    pub(crate) name: Option<String>,
    /// Its doors: ids of doors, or `device/door`.
    pub(crate) doors: Option<Told<Vec<String>>>,
    /// The camera that sees it.
    pub(crate) camera: Option<Told<String>>,
    /// The zone of that camera in which its people stand.
    pub(crate) zone: Option<Told<String>>,
    /// The rule of that camera that counts who crosses.
    pub(crate) line: Option<Told<String>>,
    /// Who is told.
    pub(crate) duty_roles: Option<Vec<String>>,
    /// Where it stands.
    pub(crate) site: Site,
}

/// Of doors and of roles of one checkpoint.
const MOST_ENTRIES: usize = 64;

impl Checkpoint {
    /// Reads a row.
    pub(crate) fn read(row: &mut RowReader<'_>, grids: &Grids<'_>) -> Option<Self> {
        row.no_password();
        let id = row.needed_id(Field::Id);
        let name = row.text(Field::Name, 64);
        let doors =
            entries(row, Field::Doors).map(|value| Told { value, spot: row.spot(Field::Doors) });
        let camera = row.id(Field::Camera);
        let zone = row.id(Field::Zone);
        let line = row.id(Field::Line);
        if camera.is_none() && row.raw(Field::Camera).is_none() {
            for field in [Field::Zone, Field::Line] {
                if row.raw(field).is_some() {
                    row.refuse::<()>(field, "zone and line are those of a camera: name it in column 摄像机编号 (camera)");
                }
            }
        }
        let duty_roles = entries(row, Field::DutyRoles);
        let site = Site::read(row, grids);
        Some(Self {
            id: id?,
            row: row.whole_row(),
            name,
            doors,
            camera,
            zone,
            line,
            duty_roles,
            site,
        })
    }
}

fn entries(row: &mut RowReader<'_>, field: Field) -> Option<Vec<String>> {
    let entries = list(row.raw(field)?);
    let is_sound =
        entries.len() <= MOST_ENTRIES && entries.iter().all(|entry| entry.chars().count() <= 129);
    if is_sound {
        Some(entries)
    } else {
        row.refuse(field, format!("expected at most {MOST_ENTRIES} entries such as a、b"))
    }
}
