//! The files of `devices/`, read and checked beside the cameras.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use rule::Slug;

use super::camera_context::Surroundings;
use super::checkpoint_check::PointsWritten;
use super::device_claims::DeviceClaims;
use super::device_context::DeviceCheck;
use super::device_file::{DeviceFile, ProtocolName};
use super::document::Document;
use super::faults::Fault;
use super::findings::Findings;
use super::gateway_check;
use super::gateway_file::{AreaTable, GridTable};
use super::listeners::Listeners;
use super::schema::FileSchema;
use super::settings::Device;
use super::stray::toml_files;

/// What every device takes from elsewhere, besides its surroundings.
pub(super) struct DeviceSurroundings<'a> {
    pub(super) grid: Option<&'a GridTable>,
    pub(super) area: &'a AreaTable,
    pub(super) surroundings: &'a Surroundings<'a>,
    /// The ids of all cameras, sound or not.
    pub(super) cameras: &'a [String],
    pub(super) topic_prefix: &'a str,
    pub(super) utc_offset_minutes: i32,
}

/// Every device of `folder`, and the points that are written, sound or not; none if there is no such folder.
pub(super) fn read_devices(
    folder: &Path,
    around: &DeviceSurroundings<'_>,
    listeners: Listeners,
    findings: &mut Findings,
) -> (Vec<Device>, PointsWritten) {
    let files = match toml_files(folder) {
        Ok((files, strays)) => {
            findings.warnings.extend(strays);
            files
        }
        // A link that leads to nothing is where a disk was: its devices are not taken out.
        Err(e) if e.kind() == io::ErrorKind::NotFound && !folder.is_symlink() => {
            return Default::default();
        }
        Err(e) => {
            findings.faults.push(Fault::of_whole(folder, format!("cannot be read: {e}")));
            return Default::default();
        }
    };
    let schema = FileSchema::of::<DeviceFile>();
    let (mut devices, mut points) = (Vec::new(), PointsWritten::new());
    let mut addresses: BTreeMap<String, (ProtocolName, String)> = BTreeMap::new();
    let mut claims = DeviceClaims::beside(listeners);
    for path in files {
        let Some(read) = read_device(&path, &schema, findings) else { continue };
        let DeviceRead { id, document, file, points_written } = &read;
        check_name(&path, &read, around, findings);
        let names = points.entry(id.clone()).or_default();
        names.extend(points_written.iter().map(|point| (point.clone(), None)));
        names.extend(file.point.iter().map(|point| (point.id.clone(), point.name.clone())));
        let known = |url| addresses.insert(url, (file.protocol, id.clone()));
        if let Some((protocol, other)) = file.url.clone().and_then(known)
            && !file.is_caller()
            && protocol != file.protocol
        {
            findings.warn(document, "/url", format!("device {other} has the same address"));
        }
        let grid = match gateway_check::grid(file.grid.as_ref().or(around.grid), around.area) {
            Ok(grid) => Some(grid),
            Err(e) => findings.refuse(document, "/grid", e.to_string()),
        };
        let own_grid = grid.as_ref().filter(|_| file.grid.is_some());
        if let Some(objection) = own_grid.and_then(|grid| around.surroundings.city.objection(grid))
        {
            findings.refuse::<()>(document, "/grid/path", objection);
        }
        let check = DeviceCheck {
            id,
            file,
            document,
            surroundings: around.surroundings,
            points_written,
            cameras: around.cameras,
            topic_prefix: around.topic_prefix,
            utc_offset_minutes: around.utc_offset_minutes,
        };
        let device = check.run(grid, findings);
        let is_free = |device: &Device| {
            claims.take((id.as_str(), document), &device.link, findings).is_some()
        };
        devices.extend(device.filter(is_free));
    }
    (devices, points)
}

/// The id must be the file's name, which makes it unique among devices, and no camera's.
fn check_name(
    path: &Path,
    read: &DeviceRead,
    around: &DeviceSurroundings<'_>,
    findings: &mut Findings,
) {
    let DeviceRead { id, document, .. } = read;
    let wanted = format!("{id}.toml");
    if path.file_name().unwrap_or_default() != wanted.as_str() {
        let message = format!("the file of device {id} must be called {wanted}");
        findings.refuse::<()>(document, "/id", message);
    }
    if around.cameras.contains(id) {
        let message =
            format!("camera {id} has the same id: alerts and topics could not tell them apart");
        findings.refuse::<()>(document, "/id", message);
    }
}

/// A device's file that can be checked further.
struct DeviceRead {
    id: String,
    document: Document,
    file: DeviceFile,
    /// The ids of all points in it, sound or not.
    points_written: Vec<String>,
}

fn read_device(path: &Path, schema: &FileSchema, findings: &mut Findings) -> Option<DeviceRead> {
    let stem =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let mut document = match Document::read(path) {
        Ok(document) => document,
        Err(fault) => {
            findings.faults.push(Fault { subject: Some(format!("device {stem}")), ..fault });
            return None;
        }
    };
    let id = document.text_at("/id").filter(|id| Slug::new(id).is_ok());
    let id = id.map_or_else(|| stem.clone(), str::to_owned);
    document = document.concerning(format!("device {id}"));
    let points_written = document.texts("point", "id");
    let file: DeviceFile = findings.sound_part(&mut document, schema)?;
    let id = file.id.clone().unwrap_or(stem);
    Some(DeviceRead { id, document, file, points_written })
}
