//! A small configuration to import into.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{Faults, Folder, Plan, SheetFile, plan};

/// A camera as somebody wrote it by hand.
pub(super) const CAMERA: &str = r#"# 东门,2026年5月装
id = "cam-01"
name = "东门" # as the guards call it
url = "rtsp://192.0.2.1:554/1"
credentials_file = "../secrets/cam-01.toml"
picture_px = [1280, 720]

[place]
longitude = 117.1 # measured
latitude = 40

[[zone]]
id = "gate"
polygon_px = [[0, 0], [100, 0], [100, 100]]

[[rule]]
id = "in"
type = "other"
"#;

/// The folder with that camera, and the files that it may name.
pub(super) fn folder() -> Folder<'static> {
    Folder {
        cameras: BTreeMap::from([("cam-01".to_owned(), CAMERA.to_owned())]),
        devices: BTreeMap::new(),
        checkpoints: BTreeMap::new(),
        county: Some("110117".to_owned()),
        grid_map: None,
        is_file: &|path| path == Path::new("devices/../secrets/door.password"),
    }
}

/// Plans CSV texts, each with its name.
pub(super) fn planned(texts: &[(&str, &str)]) -> Result<Plan, Faults> {
    let files: Vec<SheetFile<'_>> =
        texts.iter().map(|(name, text)| SheetFile { name, content: text.as_bytes() }).collect();
    plan(&files, &folder(), false)
}

/// All faults of CSV texts, a line each.
pub(super) fn refused(texts: &[(&str, &str)]) -> String {
    planned(texts).unwrap_err().to_string()
}
