//! How a checkpoint is written into its file, and what the file must then say.

use toml_edit::Table;

use crate::checkpoint::Checkpoint;
use crate::edit::{Edit, FieldChange, array};
use crate::finding::Findings;
use crate::header::Field;
use crate::site_file::{expect_place, write_site};

/// Writes a checkpoint into its file.
pub(crate) fn write(
    root: &mut Table,
    checkpoint: &Checkpoint,
    changes: &mut Vec<FieldChange>,
    findings: &mut Findings,
) {
    let mut edit = Edit::new(root, "", changes);
    edit.set("name", checkpoint.name.as_deref());
    edit.set(
        "doors",
        checkpoint.doors.as_ref().map(|doors| array(doors.value.iter().map(String::as_str))),
    );
    edit.set("camera", checkpoint.camera.as_ref().map(|told| told.value.as_str()));
    edit.set("zone", checkpoint.zone.as_ref().map(|told| told.value.as_str()));
    edit.set("line", checkpoint.line.as_ref().map(|told| told.value.as_str()));
    edit.set(
        "duty_roles",
        checkpoint.duty_roles.as_ref().map(|roles| array(roles.iter().map(String::as_str))),
    );
    write_site(root, (&checkpoint.site, &checkpoint.row.spot), changes, findings);
    let is_told =
        [Field::Doors, Field::Camera].iter().any(|field| checkpoint.row.value.contains(field));
    if !root.contains_key("doors") && !root.contains_key("camera") && !is_told {
        findings.refuse::<()>(
            checkpoint.row.spot.clone(),
            "a checkpoint has doors or a camera: fill 门 (doors) or 摄像机编号 (camera)",
        );
    }
    expect_place(root, &checkpoint.row, findings);
}
