//! All rows of all sheets, put together by id.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::csv_sheet;
use crate::device::Device;
use crate::door_row;
use crate::finding::{Findings, Spot};
use crate::folder::{Folder, SheetFile};
use crate::grid::Grids;
use crate::header::{EXPECTED, Header};
use crate::kind::{FileGroup, Kind};
use crate::limit::MOST_BYTES;
use crate::point_row;
use crate::row::{RowReader, Told};
use crate::sheet::Sheet;
use crate::street_camera::StreetCamera;
use crate::workbook;

/// How XLSX begins: it is a zip file.
const ZIP: &[u8] = b"PK";
/// How the workbooks of old begin, and those with a password.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];

/// Everything that the sheets name.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    /// By id.
    pub(crate) cameras: BTreeMap<String, StreetCamera>,
    /// By id.
    pub(crate) devices: BTreeMap<String, Device>,
    /// By id.
    pub(crate) checkpoints: BTreeMap<String, Checkpoint>,
    /// Which kinds of sheet were there.
    pub(crate) kinds: BTreeSet<Kind>,
    /// Where each door stands first.
    doors: BTreeMap<String, Spot>,
}

/// Reads all files. What is wrong has been noted.
pub(crate) fn gather(
    files: &[SheetFile<'_>],
    folder: &Folder<'_>,
    findings: &mut Findings,
) -> Registry {
    let grids = Grids::new(folder.grid_map, folder.county.as_deref());
    let mut registry = Registry::default();
    for file in files {
        let name: Arc<str> = Arc::from(file.name);
        let sheets = sheets(&name, file.content, findings);
        let with_headers: Vec<(&Sheet, Option<Header>)> = sheets
            .iter()
            .filter(|sheet| !sheet.rows.is_empty())
            .map(|sheet| (sheet, Header::find(sheet, findings)))
            .collect();
        let is_any_known = with_headers.iter().any(|(_, header)| header.is_some());
        if with_headers.is_empty() && !findings.faults.iter().any(|fault| fault.spot.file == name) {
            findings.refuse::<()>(Spot::of_file(&name), "the file is empty");
        }
        for (sheet, header) in with_headers {
            let spot = sheet.spot(0, None);
            match header {
                Some(header) => registry.read(sheet, &header, (folder, &grids), findings),
                // Workbooks often have a sheet of explanations.
                None if is_any_known => findings
                    .note(spot, "this sheet has no header row that is known: it is not read"),
                None => findings
                    .refuse::<()>(spot, format!("no header row was found: {EXPECTED}"))
                    .unwrap_or_default(),
            }
        }
    }
    registry
}

fn sheets(name: &Arc<str>, content: &[u8], findings: &mut Findings) -> Vec<Sheet> {
    if content.len() > MOST_BYTES {
        let limit = MOST_BYTES / (1024 * 1024);
        findings.refuse::<()>(Spot::of_file(name), format!("the file is larger than {limit} MiB"));
        return Vec::new();
    }
    if content.starts_with(COMPOUND) {
        findings.refuse::<()>(Spot::of_file(name), "this is a workbook of an old kind (XLS), or one with a password: save it as XLSX without a password");
        return Vec::new();
    }
    if content.starts_with(ZIP) {
        return workbook::read(name, content, findings);
    }
    csv_sheet::read(name, content, findings).into_iter().collect()
}

impl Registry {
    fn read(
        &mut self,
        sheet: &Sheet,
        header: &Header,
        (folder, grids): (&Folder<'_>, &Grids<'_>),
        findings: &mut Findings,
    ) {
        self.kinds.insert(header.kind);
        let beside = |group: FileGroup| {
            move |path: &str| (folder.is_file)(&Path::new(group.folder()).join(path))
        };
        for row in sheet.rows.iter().filter(|row| row.number > header.row) {
            let mut row = RowReader::new(sheet, header, row, findings);
            match header.kind {
                Kind::Camera => {
                    let camera = StreetCamera::read(&mut row, grids, &beside(FileGroup::Cameras));
                    if let Some(camera) = camera {
                        once(&mut self.cameras, camera.id.clone(), camera, findings);
                    }
                }
                Kind::Checkpoint => {
                    if let Some(checkpoint) = Checkpoint::read(&mut row, grids) {
                        once(&mut self.checkpoints, checkpoint.id.clone(), checkpoint, findings);
                    }
                }
                Kind::Door => {
                    if let Some(device) =
                        door_row::read(&mut row, grids, &beside(FileGroup::Devices))
                    {
                        self.take_in(device, findings);
                    }
                }
                Kind::Point => {
                    if let Some(device) =
                        point_row::read(&mut row, grids, &beside(FileGroup::Devices))
                    {
                        self.take_in(device, findings);
                    }
                }
            }
        }
    }

    fn take_in(&mut self, device: Device, findings: &mut Findings) {
        for point in device.points.iter().filter(|point| point.is_door) {
            // A checkpoint names a door by its id alone.
            once(&mut self.doors, point.id.clone(), point.id.spot.clone(), findings);
        }
        let Some(known) = self.devices.get_mut(&device.id.value) else {
            self.devices.insert(device.id.value.clone(), device);
            return;
        };
        for point in device.points.iter().filter(|point| !point.is_door) {
            if let Some(other) = known.points.iter().find(|other| other.id.value == point.id.value)
            {
                findings
                    .refuse::<()>(point.id.spot.clone(), taken(&point.id.value, &other.id.spot));
            }
        }
        known.take_in(device, findings);
    }
}

fn once<T>(known: &mut BTreeMap<String, T>, id: Told<String>, thing: T, findings: &mut Findings)
where
    T: Placed,
{
    if let Some(other) = known.get(&id.value) {
        findings.refuse::<()>(id.spot, taken(&id.value, other.place()));
    } else {
        known.insert(id.value, thing);
    }
}

/// What has a place in a sheet.
trait Placed {
    fn place(&self) -> &Spot;
}

impl Placed for StreetCamera {
    fn place(&self) -> &Spot {
        &self.id.spot
    }
}

impl Placed for Checkpoint {
    fn place(&self) -> &Spot {
        &self.id.spot
    }
}

impl Placed for Spot {
    fn place(&self) -> &Spot {
        self
    }
}

fn taken(id: &str, other: &Spot) -> String {
    format!("the id {id} is taken already: {other}. Expected one row for each")
}
