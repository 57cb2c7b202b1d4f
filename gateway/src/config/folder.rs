//! A configuration folder, read and checked as one set.

use std::collections::BTreeMap;
use std::io;
use std::mem::take;
use std::path::Path;

use delivery::Protocol;
use incident::IncidentTypes;
use output::Settings;
use registry::JOURNAL;
use rule::Slug;
use scene::Class;

use super::camera_context::{CameraCheck, Surroundings};
use super::camera_file::CameraFile;
use super::charging_wire_check::threshold_in;
use super::checkpoint::Checkpoint;
use super::checkpoint_folder::{CheckpointSurroundings, read_checkpoints};
use super::checkpoint_witness::call_witnesses;
use super::city_check::City;
use super::device_folder::{DeviceSurroundings, read_devices};
use super::document::Document;
use super::faults::{Fault, Faults};
use super::findings::Findings;
use super::folder_itself::judge_folder;
use super::gateway_check::{self, GatewayPart};
use super::gateway_file::{AreaTable, CameraDefaultsTable, GatewayFile, GridTable};
use super::known_model::KnownModel;
use super::output_check::Sources;
use super::output_folder::read_outputs;
use super::referred::Referred;
use super::schema::FileSchema;
use super::settings::{Camera, Casework, Config, Device};
use super::stray::{strays_beside, toml_files};
use super::types::TypeBook;

/// What the files refer to and do not hold themselves.
pub(crate) struct References<'a> {
    /// What can be reported.
    pub(crate) incident_types: &'a IncidentTypes,
    /// What is known of the model in a folder, or why it is no model.
    pub(crate) model_in: &'a dyn Fn(&Path) -> Result<KnownModel, String>,
}

/// What came of reading a folder.
pub(crate) struct Examined {
    /// The settings, or every fault of every file; then nothing of the set may be applied.
    pub(crate) outcome: Result<Config, Faults>,
    /// What the files name, sound or not.
    pub(crate) referred: Referred,
}

/// Reads, checks and resolves `dir/gateway.toml`, `dir/cameras/*.toml`, `dir/devices/*.toml`,
/// `dir/checkpoints/*.toml` and `dir/outputs/*.toml`.
pub(crate) fn examine_folder(dir: &Path, references: &References<'_>) -> Examined {
    let mut findings = Findings::default();
    if let Err(faults) = judge_folder(dir) {
        return Examined { outcome: Err(faults), referred: findings.referred };
    }
    findings.faults.extend(half_imported(dir));
    let mut gateway = read_gateway(&dir.join("gateway.toml"), references, &mut findings);
    let listeners = gateway.part.as_mut().map(|part| take(&mut part.listeners)).unwrap_or_default();
    let surroundings = Surroundings {
        defaults: gateway.camera_defaults,
        city: &gateway.city,
        scores: gateway.model.as_ref().map(|model| model.scores).unwrap_or_default(),
        looks_twice: gateway.model.as_ref().is_some_and(|model| model.looks_twice),
        // Of a gateway.toml with faults nothing is known: that there is no net is not told besides.
        cable_score: gateway.model.as_ref().map_or(Some(1.0), |model| model.cable_score),
        classes: gateway.model.map(|model| model.classes),
        dots_matter: gateway.dots_matter,
    };
    let grid = (gateway.grid.as_ref(), &gateway.area);
    let CamerasRead { mut cameras, zones } =
        read_cameras(&dir.join("cameras"), grid, &surroundings, &mut findings);
    let ids: Vec<String> = zones.keys().cloned().collect();
    let around = DeviceSurroundings {
        grid: gateway.grid.as_ref(),
        area: &gateway.area,
        surroundings: &surroundings,
        cameras: &ids,
        topic_prefix: gateway.part.as_ref().map_or("", |part| &part.mqtt.topic_prefix),
        utc_offset_minutes: gateway
            .part
            .as_ref()
            .map_or(0, |part| part.gateway.utc_offset.seconds() / 60),
    };
    let (devices, points) = read_devices(&dir.join("devices"), &around, listeners, &mut findings);
    let around = CheckpointSurroundings {
        grid: gateway.grid.as_ref(),
        area: &gateway.area,
        surroundings: &surroundings,
        zones: &zones,
        cameras: &cameras,
        points: &points,
        devices: &devices,
    };
    let checkpoints = read_checkpoints(&dir.join("checkpoints"), &around, &mut findings);
    call_witnesses(&mut cameras, &checkpoints);
    let written = ids_written(&dir.join("devices"));
    let sources = Sources { cameras: &ids, devices: &written, sound: (&cameras, &devices) };
    let outputs = read_outputs(dir, &sources, &mut findings);
    findings.warnings.extend(strays_beside(&dir.join("gateway.toml"), &findings.referred));
    let Findings { faults, mut warnings, referred } = findings;
    let outcome = match gateway.part {
        Some(part) if faults.is_empty() => {
            warnings.sort();
            let city = surroundings.city;
            let watched = (cameras, devices, checkpoints, outputs);
            Ok(configured(part, city, watched, (warnings, referred.clone())))
        }
        _ => Err(Faults::sorted(faults)),
    };
    Examined { outcome, referred }
}

/// The configuration, once every part of it is sound.
fn configured(
    part: GatewayPart,
    city: &City,
    (cameras, devices, checkpoints, outputs): (
        Vec<Camera>,
        Vec<Device>,
        Vec<Checkpoint>,
        Vec<Settings>,
    ),
    (warnings, referred): (Vec<Fault>, Referred),
) -> Config {
    let GatewayPart {
        gateway,
        mqtt,
        http,
        storage,
        evidence,
        egova,
        inference,
        casework,
        shutdown,
        listeners: _,
    } = part;
    Config {
        gateway,
        city: city.summary(),
        mqtt,
        http,
        storage,
        evidence,
        egova,
        inference,
        casework: Casework { stage_names: city.stage_names(), ..casework },
        shutdown,
        cameras,
        devices,
        checkpoints,
        outputs,
        warnings,
        referred,
    }
}

/// The ids of the files of a folder, sound or not: a file is called as its device is.
fn ids_written(folder: &Path) -> Vec<String> {
    let files = toml_files(folder).map(|(files, _)| files).unwrap_or_default();
    let stems = files.iter().filter_map(|path| path.file_stem());
    stems.map(|stem| stem.to_string_lossy().into_owned()).collect()
}

/// While an import writes, or after one has broken off, the folder is half old and half new.
fn half_imported(dir: &Path) -> Option<Fault> {
    let journal = dir.join(JOURNAL);
    let message = "an import is being written, or has broken off; what it has not written yet lies in this file. To \
                   finish it: gridwhistle import --apply --config, with this folder";
    journal.exists().then(|| Fault::of_whole(&journal, message.to_owned()))
}

/// `gateway.toml`: its own settings and what cameras inherit from it.
///
/// If the file is faulty, cameras are still checked, against defaults and an area of zeros: the set
/// is refused anyway, but all of its faults are named.
struct GatewayRead {
    part: Option<GatewayPart>,
    camera_defaults: CameraDefaultsTable,
    grid: Option<GridTable>,
    area: AreaTable,
    city: City,
    model: Option<KnownModel>,
    dots_matter: bool,
}

impl GatewayRead {
    fn faulty(references: &References<'_>) -> Self {
        let zeros = |digits| "0".repeat(digits);
        Self {
            part: None,
            camera_defaults: CameraDefaultsTable::default(),
            grid: None,
            area: AreaTable { county: zeros(6), street: zeros(3), community: zeros(3) },
            city: City::standard(TypeBook::standard(references.incident_types)),
            model: None,
            dots_matter: false,
        }
    }
}

fn read_gateway(path: &Path, references: &References<'_>, findings: &mut Findings) -> GatewayRead {
    let mut document = match Document::read(path) {
        Ok(document) => document,
        Err(fault) => {
            findings.faults.push(fault);
            return GatewayRead::faulty(references);
        }
    };
    let schema = FileSchema::of::<GatewayFile>();
    let Some(file) = findings.sound_part::<GatewayFile>(&mut document, &schema) else {
        return GatewayRead::faulty(references);
    };
    let part = gateway_check::check(&file, &document, findings);
    let dots_matter = file.mqtt.protocol == Protocol::V311;
    if dots_matter {
        findings.warn_of_dot(&document, "/gateway/id", &file.gateway.id);
    }
    let mut model = None;
    if let Some(part) = &part {
        match (references.model_in)(&part.inference.model_dir) {
            Ok(mut known) => {
                if part.inference.second_look_dir.is_some() {
                    known = known.with_second_look();
                }
                if let Some(folder) = &part.inference.charging_wire_dir {
                    known.cable_score = threshold_in(folder);
                }
                model = Some(known);
            }
            Err(reason) => {
                findings.refuse::<()>(&document, "/inference/model_dir", reason);
            }
        }
    }
    let types = TypeBook::standard(references.incident_types);
    let classes = model.as_ref().map(|model| model.classes.as_slice());
    let city = city(&file, (types, classes), &document, findings);
    if let Some(objection) = file
        .grid
        .as_ref()
        .and_then(|table| gateway_check::grid(Some(table), &file.gateway.area).ok())
        .and_then(|grid| city.objection(&grid))
    {
        findings.refuse::<()>(&document, "/grid/path", objection);
    }
    GatewayRead {
        part,
        city,
        camera_defaults: file.camera_defaults,
        grid: file.grid,
        area: file.gateway.area,
        model,
        dots_matter,
    }
}

/// The city that the gateway names, or what holds without one.
fn city(
    file: &GatewayFile,
    (types, classes): (TypeBook, Option<&[Class]>),
    document: &Document,
    findings: &mut Findings,
) -> City {
    let at = file.city.as_ref().map(|table| ("/city/folder", table.folder.as_str()));
    let Some(folder) = at.and_then(|at| findings.folder(document, at, &City::FILES)) else {
        return City::standard(types);
    };
    let first = findings.faults.len();
    let city = City::read(&folder, types, classes, findings);
    // A file that is missing has no line of its own: that of its folder is named.
    let Fault { line, .. } = document.fault("/city/folder", String::new());
    for fault in findings.faults.iter_mut().skip(first).filter(|fault| fault.line == 0) {
        fault.subject = Some(format!("`folder` of [city], gateway.toml:{line}"));
    }
    city
}

fn read_cameras(
    folder: &Path,
    (grid, area): (Option<&GridTable>, &AreaTable),
    surroundings: &Surroundings<'_>,
    findings: &mut Findings,
) -> CamerasRead {
    let files = match toml_files(folder) {
        Ok((files, strays)) => {
            findings.warnings.extend(strays);
            files
        }
        Err(e) => {
            // Its cameras are not removed: a disk may have gone, and alerts would be closed.
            let reason = match e.kind() {
                io::ErrorKind::NotFound => {
                    "there is no such folder: make it, also if there is no camera yet".to_owned()
                }
                _ => format!("cannot be read: {e}"),
            };
            findings.faults.push(Fault::of_whole(folder, reason));
            return CamerasRead::default();
        }
    };
    if files.is_empty() {
        let message = "no cameras yet: write one file <id>.toml for each".to_owned();
        findings.warnings.push(Fault::of_whole(folder, message));
    }
    let schema = FileSchema::of::<CameraFile>();
    let mut cameras = Vec::new();
    let (mut ids, mut zones) = (BTreeMap::new(), BTreeMap::new());
    let mut streams = BTreeMap::new();
    for path in files {
        let Some(CameraRead { document, file, zones_written }) =
            read_camera(&path, &schema, findings)
        else {
            continue;
        };
        let grid = match gateway_check::grid(file.grid.as_ref().or(grid), area) {
            Ok(grid) => Some(grid),
            Err(e) => findings.refuse(&document, "/grid", e.to_string()),
        };
        let own_grid = grid.as_ref().filter(|_| file.grid.is_some());
        if let Some(objection) = own_grid.and_then(|grid| surroundings.city.objection(grid)) {
            findings.refuse::<()>(&document, "/grid/path", objection);
        }
        let check = CameraCheck {
            file: &file,
            document: &document,
            surroundings,
            zones_written: &zones_written,
        };
        cameras.extend(check.run(grid, findings));
        zones.insert(file.id.clone(), zones_written);
        let wanted = format!("{}.toml", file.id);
        if let Some(other) = ids.insert(file.id.clone(), path.clone()) {
            let message = format!("{} has the same id", other.display());
            findings.refuse::<()>(&document, "/id", message);
        } else if path.file_name().unwrap_or_default() != wanted.as_str() {
            let message = format!("the file of camera {} must be called {wanted}", file.id);
            findings.refuse::<()>(&document, "/id", message);
        }
        if let Some(other) = streams.insert(file.url.clone(), file.id.clone()) {
            findings.warn(&document, "/url", format!("camera {other} has the same address"));
        }
    }
    CamerasRead { cameras, zones }
}

/// The cameras of a folder.
#[derive(Default)]
struct CamerasRead {
    cameras: Vec<Camera>,
    /// The zones that are written, sound or not, of each camera that is.
    zones: BTreeMap<String, Vec<String>>,
}

/// A camera's file that can be checked further.
struct CameraRead {
    document: Document,
    file: CameraFile,
    /// The ids of all zones in it, sound or not.
    zones_written: Vec<String>,
}

fn read_camera(path: &Path, schema: &FileSchema, findings: &mut Findings) -> Option<CameraRead> {
    let stem =
        path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let mut document = match Document::read(path) {
        Ok(document) => document,
        Err(fault) => {
            findings.faults.push(Fault { subject: Some(format!("camera {stem}")), ..fault });
            return None;
        }
    };
    let id = document.text_at("/id").filter(|id| Slug::new(id).is_ok());
    let id = id.map_or(stem, str::to_owned);
    document = document.concerning(format!("camera {id}"));
    let zones_written = document.texts("zone", "id");
    let file = findings.sound_part(&mut document, schema)?;
    Some(CameraRead { document, file, zones_written })
}
