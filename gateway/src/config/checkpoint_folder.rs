//! The files of `checkpoints/`, read and checked beside the cameras and devices.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use rule::Slug;

use super::camera_context::Surroundings;
use super::checkpoint::Checkpoint;
use super::checkpoint_check::{CheckpointCheck, PointsWritten};
use super::checkpoint_file::CheckpointFile;
use super::document::Document;
use super::faults::Fault;
use super::findings::Findings;
use super::gateway_check;
use super::gateway_file::{AreaTable, GridTable};
use super::schema::FileSchema;
use super::settings::{Camera, Device};
use super::stray::toml_files;

/// What every checkpoint takes from elsewhere, besides its surroundings.
pub(super) struct CheckpointSurroundings<'a> {
    pub(super) grid: Option<&'a GridTable>,
    pub(super) area: &'a AreaTable,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// The zones of each camera, sound or not.
    pub(super) zones: &'a BTreeMap<String, Vec<String>>,
    /// The cameras without faults.
    pub(super) cameras: &'a [Camera],
    /// The devices, sound or not.
    pub(super) points: &'a PointsWritten,
    /// The devices without faults.
    pub(super) devices: &'a [Device],
}

/// Every checkpoint of `folder`; none if there is no such folder.
pub(super) fn read_checkpoints(
    folder: &Path,
    around: &CheckpointSurroundings<'_>,
    findings: &mut Findings,
) -> Vec<Checkpoint> {
    let files = match toml_files(folder) {
        Ok((files, strays)) => {
            findings.warnings.extend(strays);
            files
        }
        // A link that leads to nothing is where a disk was: its checkpoints are not taken out.
        Err(e) if e.kind() == io::ErrorKind::NotFound && !folder.is_symlink() => return Vec::new(),
        Err(e) => {
            findings.faults.push(Fault::of_whole(folder, format!("cannot be read: {e}")));
            return Vec::new();
        }
    };
    let schema = FileSchema::of::<CheckpointFile>();
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    let mut lines = BTreeSet::new();
    for path in files {
        let Some(read) = read_checkpoint(&path, &schema, findings) else { continue };
        let CheckpointRead { id, document, file } = &read;
        check_name(&path, &read, around, findings);
        let grid = match gateway_check::grid(file.grid.as_ref().or(around.grid), around.area) {
            Ok(grid) => Some(grid),
            Err(e) => findings.refuse(document, "/grid", e.to_string()),
        };
        let own_grid = grid.as_ref().filter(|_| file.grid.is_some());
        if let Some(objection) = own_grid.and_then(|grid| around.surroundings.city.objection(grid))
        {
            findings.refuse::<()>(document, "/grid/path", objection);
        }
        if let (Some(camera), Some(line)) = (&file.camera, &file.line)
            && !lines.insert((camera.clone(), line.clone()))
        {
            let message = format!("another checkpoint counts at line {line} of camera {camera}");
            findings.warn(document, "/line", message);
        }
        let check = CheckpointCheck {
            id,
            file,
            document,
            surroundings: around.surroundings,
            zones: around.zones,
            cameras: around.cameras,
            points: around.points,
            devices: around.devices,
        };
        checkpoints.extend(check.run(grid, findings));
    }
    checkpoints
}

/// The id must be the file's name, which makes it unique among checkpoints, and no camera's or device's.
fn check_name(
    path: &Path,
    read: &CheckpointRead,
    around: &CheckpointSurroundings<'_>,
    findings: &mut Findings,
) {
    let CheckpointRead { id, document, .. } = read;
    let wanted = format!("{id}.toml");
    if path.file_name().unwrap_or_default() != wanted.as_str() {
        let message = format!("the file of checkpoint {id} must be called {wanted}");
        findings.refuse::<()>(document, "/id", message);
    }
    let others =
        [("camera", around.zones.contains_key(id)), ("device", around.points.contains_key(id))];
    for (what, _) in others.into_iter().filter(|(_, is_so)| *is_so) {
        let message =
            format!("{what} {id} has the same id: alerts and topics could not tell them apart");
        findings.refuse::<()>(document, "/id", message);
    }
}

/// A checkpoint's file that can be checked further.
struct CheckpointRead {
    id: String,
    document: Document,
    file: CheckpointFile,
}

fn read_checkpoint(
    path: &Path,
    schema: &FileSchema,
    findings: &mut Findings,
) -> Option<CheckpointRead> {
    let stem =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let mut document = match Document::read(path) {
        Ok(document) => document,
        Err(fault) => {
            findings.faults.push(Fault { subject: Some(format!("checkpoint {stem}")), ..fault });
            return None;
        }
    };
    let id = document.text_at("/id").filter(|id| Slug::new(id).is_ok());
    let id = id.map_or_else(|| stem.clone(), str::to_owned);
    document = document.concerning(format!("checkpoint {id}"));
    let file: CheckpointFile = findings.sound_part(&mut document, schema)?;
    let id = file.id.clone().unwrap_or(stem);
    Some(CheckpointRead { id, document, file })
}
