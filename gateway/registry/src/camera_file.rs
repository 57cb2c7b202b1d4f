//! How a camera is written into its file, and what the file must then say.

use toml_edit::Table;

use crate::edit::{Edit, FieldChange, array};
use crate::finding::Findings;
use crate::header::Field;
use crate::site_file::{expect, expect_place, write_site};
use crate::street_camera::StreetCamera;

/// What a new camera's zones refer to until somebody says otherwise: zones scale with the picture.
const PICTURE_PX: [i64; 2] = [1920, 1080];

/// Writes a camera into its file.
pub(crate) fn write(
    root: &mut Table,
    camera: &StreetCamera,
    changes: &mut Vec<FieldChange>,
    findings: &mut Findings,
) {
    let px = camera.picture_px.or_else(|| (!root.contains_key("picture_px")).then_some(PICTURE_PX));
    let mut edit = Edit::new(root, "", changes);
    edit.set("id", Some(camera.id.value.as_str()));
    edit.set("name", camera.name.as_deref());
    edit.set("url", camera.url.as_deref());
    edit.set("transport", camera.transport);
    edit.set("credentials_file", camera.credentials_file.as_deref());
    edit.set("gb_id", camera.gb_id.as_deref());
    edit.set("picture_px", px.map(array));
    write_site(root, (&camera.site, &camera.row.spot), changes, findings);
    expect(root, ("url", Field::Url, "取流地址 (url)"), &camera.row, findings);
    expect_place(root, &camera.row, findings);
}
