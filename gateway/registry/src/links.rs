//! What checkpoints name: cameras, their zones and lines, and doors.

use std::collections::{BTreeMap, BTreeSet};

use toml_edit::DocumentMut;

use crate::checkpoint::Checkpoint;
use crate::finding::Findings;
use crate::gather::Registry;
use crate::kind::FileGroup;

/// The documents of the configuration as it is, by group and id.
pub(crate) type Documents = BTreeMap<FileGroup, BTreeMap<String, DocumentMut>>;

/// What there is to be named once the plan is carried out.
pub(crate) struct Links<'a> {
    cameras: BTreeSet<&'a str>,
    /// The devices that have a door of this id.
    doors: BTreeMap<String, BTreeSet<String>>,
    documents: &'a Documents,
}

impl<'a> Links<'a> {
    /// `gone` are the files that will be deleted.
    pub(crate) fn new(
        registry: &'a Registry,
        documents: &'a Documents,
        gone: &BTreeSet<(FileGroup, String)>,
    ) -> Self {
        let stays = |group: FileGroup, id: &String| !gone.contains(&(group, id.clone()));
        let there = |group: FileGroup| {
            let of_group = documents.get(&group).into_iter().flatten();
            of_group.filter(move |(id, _)| stays(group, id))
        };
        let mut cameras: BTreeSet<&str> = registry.cameras.keys().map(String::as_str).collect();
        cameras.extend(there(FileGroup::Cameras).map(|(id, _)| id.as_str()));
        let mut doors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut add = |door: &str, device: &str| {
            doors.entry(door.to_owned()).or_default().insert(device.to_owned());
        };
        for (id, device) in &registry.devices {
            device
                .points
                .iter()
                .filter(|point| point.is_door)
                .for_each(|point| add(&point.id.value, id));
        }
        for (id, document) in there(FileGroup::Devices) {
            for point in texts(document, "point", "door") {
                add(&point, id);
            }
        }
        Self { cameras, doors, documents }
    }

    /// Holds that what a checkpoint names is there; its doors are then named as `device/door`.
    pub(crate) fn check(&self, checkpoint: &mut Checkpoint, findings: &mut Findings) {
        if let Some(doors) = &mut checkpoint.doors {
            for door in &mut doors.value {
                match self.door(door) {
                    Ok(whole) => *door = whole,
                    Err(message) => {
                        findings.refuse::<()>(doors.spot.clone(), message);
                    }
                }
            }
        }
        let Some(camera) = &checkpoint.camera else { return };
        if !self.cameras.contains(camera.value.as_str()) {
            let message = format!(
                "there is no camera {}: expected the id of a camera of these sheets or of cameras/",
                camera.value
            );
            findings.refuse::<()>(camera.spot.clone(), message);
            return;
        }
        let document =
            self.documents.get(&FileGroup::Cameras).and_then(|cameras| cameras.get(&camera.value));
        let drawn =
            |list, key| document.map(|document| texts(document, list, key)).unwrap_or_default();
        let mut lines = drawn("rule", "id");
        lines.extend(drawn("rule", "zone.type"));
        for (told, list, what) in [
            (&mut checkpoint.zone, drawn("zone", "id"), "zone"),
            (&mut checkpoint.line, lines, "rule"),
        ] {
            // A gateway refuses a checkpoint that names what is not there.
            if let Some(told) = told.take_if(|told| !list.contains(&told.value)) {
                let (id, camera) = (&told.value, &camera.value);
                findings.note(
                    told.spot,
                    format!(
                        "camera {camera} has no {what} {id} yet, so the checkpoint does not name it: draw it in \
                         cameras/{camera}.toml, then import again"
                    ),
                );
            }
        }
    }

    fn door(&self, written: &str) -> Result<String, String> {
        let (device, door) = match written.split_once('/') {
            Some((device, door)) => (Some(device), door),
            None => (None, written),
        };
        let devices = self.doors.get(door).into_iter().flatten();
        let mut devices =
            devices.filter(|known| device.is_none_or(|device| device == known.as_str()));
        match (devices.next(), devices.next()) {
            (Some(device), None) => Ok(format!("{device}/{door}")),
            (Some(_), Some(_)) => Err("several devices have a door of this id: expected device/door".to_owned()),
            // An entry is not checked yet, so it is not repeated.
            (None, _) => Err("one of these doors does not exist: expected ids of doors of these sheets or of devices/, such as door-01、door-02".to_owned()),
        }
    }
}

/// What the tables of a list say under a key; `door`: the ids of those that are doors; `zone.type`: the id
/// that a rule without one has.
fn texts(document: &DocumentMut, list: &str, key: &str) -> Vec<String> {
    let tables = document.get(list).and_then(|item| item.as_array_of_tables());
    let text = |table: &toml_edit::Table, key: &str| {
        table.get(key).and_then(|item| item.as_str()).map(str::to_owned)
    };
    let told = tables.into_iter().flatten().filter_map(|table| match key {
        "door" => table.get("door").and_then(|_| text(table, "id")),
        "zone.type" => Some(format!("{}.{}", text(table, "zone")?, text(table, "type")?)),
        _ => text(table, key),
    });
    told.collect()
}
