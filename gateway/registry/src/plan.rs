//! The plan: which files of the configuration would be new, changed or gone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use toml_edit::{DocumentMut, Table};

use crate::camera_file;
use crate::checkpoint_file;
use crate::device_file;
use crate::edit::FieldChange;
use crate::finding::{Faults, Finding, Findings, Spot};
use crate::folder::{Folder, SheetFile};
use crate::gather::{Registry, gather};
use crate::kind::{FileGroup, Kind};
use crate::links::{Documents, Links};

/// What an import would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What becomes of each group of files.
    pub groups: Vec<GroupPlan>,
    /// The files to write or delete, in order.
    pub edits: Vec<FileEdit>,
    /// What is worth knowing and stops nothing.
    pub notes: Vec<Finding>,
}

/// What becomes of a group of files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPlan {
    /// Which group.
    pub group: FileGroup,
    /// The ids of new files, each with its name.
    pub added: Vec<(String, Option<String>)>,
    /// What changes in others.
    pub changed: Vec<Changed>,
    /// How many stay as they are.
    pub unchanged: usize,
    /// Those that are in the folder and in no sheet.
    pub gone: Vec<String>,
    /// Whether those are deleted.
    pub is_pruned: bool,
}

/// What changes in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its id.
    pub id: String,
    /// Key by key.
    pub fields: Vec<FieldChange>,
}

/// A file to write or delete.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileEdit {
    /// Its path in the configuration folder, such as `cameras/cam-01.toml`.
    pub path: String,
    /// What is in it; none if it is new.
    pub before: Option<String>,
    /// What will be in it; none if it is deleted.
    pub after: Option<String>,
}

/// Reads `files` and says what they would change in `folder`. With `prune`, files that no sheet names are
/// deleted, if a sheet of their kind is there.
///
/// # Errors
/// [`Faults`]: everything that is wrong with the sheets, and with the files that they would change.
pub fn plan(files: &[SheetFile<'_>], folder: &Folder<'_>, prune: bool) -> Result<Plan, Faults> {
    let mut findings = Findings::default();
    let mut registry = gather(files, folder, &mut findings);
    let documents = documents(folder, &mut findings);
    let gone: BTreeSet<(FileGroup, String)> = FileGroup::ALL
        .into_iter()
        .flat_map(|group| gone(group, &registry, &documents).into_iter().map(move |id| (group, id)))
        .collect();
    let mut checkpoints = std::mem::take(&mut registry.checkpoints);
    let none = BTreeSet::new();
    let links = Links::new(&registry, &documents, if prune { &gone } else { &none });
    checkpoints.values_mut().for_each(|checkpoint| links.check(checkpoint, &mut findings));
    registry.checkpoints = checkpoints;
    let mut planner = Planner { folder, documents, findings, edits: Vec::new(), prune };
    let groups = FileGroup::ALL.map(|group| planner.group(group, &registry, &gone));
    let Planner { findings: Findings { faults, mut notes }, edits, .. } = planner;
    if !faults.is_empty() {
        return Err(Faults::sorted(faults));
    }
    notes.sort();
    notes.dedup();
    Ok(Plan { groups: groups.into(), edits, notes })
}

fn documents(folder: &Folder<'_>, findings: &mut Findings) -> Documents {
    let of_group = |group: FileGroup| {
        let parsed = folder.files(group).iter().filter_map(|(id, text)| {
            let error = match text.parse::<DocumentMut>() {
                Ok(document) => return Some((id.clone(), document)),
                Err(error) => error,
            };
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let file: Arc<str> = Arc::from(format!("{group}/{id}.toml"));
            findings.refuse(
                Spot::of_file(&file),
                format!("line {line}: this file of the configuration is not TOML: mend it"),
            )
        });
        (group, parsed.collect::<BTreeMap<_, _>>())
    };
    FileGroup::ALL.into_iter().map(of_group).collect()
}

/// The ids that are in the folder and in no sheet, of the kinds that there are sheets of.
fn gone(group: FileGroup, registry: &Registry, documents: &Documents) -> Vec<String> {
    let kinds = &registry.kinds;
    let there = documents.get(&group).into_iter().flatten();
    let gone = there.filter(|(id, document)| match group {
        FileGroup::Cameras => kinds.contains(&Kind::Camera) && !registry.cameras.contains_key(*id),
        FileGroup::Checkpoints => {
            kinds.contains(&Kind::Checkpoint) && !registry.checkpoints.contains_key(*id)
        }
        // A controller of doors is not gone because a sheet of sensors does not name it.
        FileGroup::Devices => {
            let kind = if has_doors(document) { Kind::Door } else { Kind::Point };
            kinds.contains(&kind) && !registry.devices.contains_key(*id)
        }
    });
    gone.map(|(id, _)| id.clone()).collect()
}

fn has_doors(document: &DocumentMut) -> bool {
    let points = document.get("point").and_then(|item| item.as_array_of_tables());
    points.into_iter().flatten().any(|point| point.contains_key("door"))
}

struct Planner<'a> {
    folder: &'a Folder<'a>,
    documents: Documents,
    findings: Findings,
    edits: Vec<FileEdit>,
    prune: bool,
}

impl Planner<'_> {
    fn group(
        &mut self,
        group: FileGroup,
        registry: &Registry,
        gone: &BTreeSet<(FileGroup, String)>,
    ) -> GroupPlan {
        let gone: Vec<String> =
            gone.iter().filter(|(of, _)| *of == group).map(|(_, id)| id.clone()).collect();
        let mut plan = GroupPlan {
            group,
            added: Vec::new(),
            changed: Vec::new(),
            unchanged: 0,
            gone,
            is_pruned: self.prune,
        };
        let ids: Vec<&String> = match group {
            FileGroup::Cameras => registry.cameras.keys().collect(),
            FileGroup::Devices => registry.devices.keys().collect(),
            FileGroup::Checkpoints => registry.checkpoints.keys().collect(),
        };
        for id in ids {
            self.file(&mut plan, id, registry);
        }
        if self.prune {
            for id in &plan.gone {
                let before = self.folder.files(group).get(id).cloned();
                self.edits.push(FileEdit { path: path(group, id), before, after: None });
            }
        }
        plan
    }

    fn file(&mut self, plan: &mut GroupPlan, id: &str, registry: &Registry) {
        let group = plan.group;
        let before = self.folder.files(group).get(id).cloned();
        let known = self.documents.get_mut(&group).and_then(|documents| documents.remove(id));
        if before.is_some() && known.is_none() {
            return; // it is not TOML, and that has been said
        }
        let mut document = known.unwrap_or_default();
        let mut fields = Vec::new();
        let root = document.as_table_mut();
        match group {
            FileGroup::Cameras => {
                if let Some(camera) = registry.cameras.get(id) {
                    camera_file::write(root, camera, &mut fields, &mut self.findings);
                }
            }
            FileGroup::Checkpoints => {
                if let Some(checkpoint) = registry.checkpoints.get(id) {
                    checkpoint_file::write(root, checkpoint, &mut fields, &mut self.findings);
                }
            }
            FileGroup::Devices => self.device(root, id, registry, &mut fields),
        }
        let name = document.get("name").and_then(|item| item.as_str()).map(str::to_owned);
        match (&before, fields.is_empty()) {
            (Some(_), true) => {
                plan.unchanged += 1;
                return;
            }
            (Some(_), false) => plan.changed.push(Changed { id: id.to_owned(), fields }),
            (None, _) => plan.added.push((id.to_owned(), name)),
        }
        self.edits.push(FileEdit {
            path: path(group, id),
            before,
            after: Some(document.to_string()),
        });
    }

    fn device(
        &mut self,
        root: &mut Table,
        id: &str,
        registry: &Registry,
        fields: &mut Vec<FieldChange>,
    ) {
        let Some(device) = registry.devices.get(id) else { return };
        device_file::write(root, device, fields, &mut self.findings);
        let is_told = |point: &Table| {
            let id = point.get("id").and_then(|id| id.as_str());
            device.points.iter().any(|known| Some(known.id.value.as_str()) == id)
        };
        let is_gone = |point: &Table| {
            let kind = if point.contains_key("door") { Kind::Door } else { Kind::Point };
            registry.kinds.contains(&kind) && !is_told(point)
        };
        if self.prune {
            device_file::prune_points(root, is_gone, fields);
            return;
        }
        let points = root.get("point").and_then(|item| item.as_array_of_tables());
        let gone = points.into_iter().flatten().filter(|point| is_gone(point)).count();
        if gone > 0 {
            let message = format!(
                "devices/{id}.toml has {gone} point(s) that no sheet names: they stay (--prune takes them out)"
            );
            self.findings.note(device.row.spot.clone(), message);
        }
    }
}

fn path(group: FileGroup, id: &str) -> String {
    format!("{group}/{id}.toml")
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.groups.iter().try_for_each(|group| group.fmt(f))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "note: {note}"))
    }
}

impl fmt::Display for GroupPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, added, changed, unchanged, gone, is_pruned } = self;
        let (new, other, away) = (added.len(), changed.len(), gone.len());
        writeln!(f, "{group}: {new} added, {other} changed, {unchanged} unchanged, {away} gone")?;
        for (id, name) in added {
            let name = name.as_deref().unwrap_or_default();
            writeln!(f, "{}", format!("+ {} {id} {name}", group.word()).trim_end())?;
        }
        for Changed { id, fields } in changed {
            writeln!(f, "~ {} {id}", group.word())?;
            for FieldChange { field, old, new } in fields {
                let shown =
                    |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
                writeln!(f, "    {field}: {} → {}", shown(old), shown(new))?;
            }
        }
        let what = if *is_pruned { "it is deleted" } else { "it stays (--prune deletes it)" };
        gone.iter()
            .try_for_each(|id| writeln!(f, "- {} {id}: no sheet names it; {what}", group.word()))
    }
}
