//! What a plan is made from: the sheets, and the configuration as it is.

use std::collections::BTreeMap;
use std::path::Path;

use incident::GridMap;

use crate::kind::FileGroup;

/// A sheet's file as it was read.
#[derive(Debug, Clone, Copy)]
pub struct SheetFile<'a> {
    /// Its name, for reports. Its ending tells CSV from XLSX.
    pub name: &'a str,
    /// What is in it.
    pub content: &'a [u8],
}

/// A configuration folder as it is.
pub struct Folder<'a> {
    /// The text of each `cameras/<id>.toml`, by id.
    pub cameras: BTreeMap<String, String>,
    /// The text of each `devices/<id>.toml`, by id.
    pub devices: BTreeMap<String, String>,
    /// The text of each `checkpoints/<id>.toml`, by id.
    pub checkpoints: BTreeMap<String, String>,
    /// The gateway's county, 6 digits, if it is known.
    pub county: Option<String>,
    /// The city's grid map, if it has one.
    pub grid_map: Option<&'a GridMap>,
    /// Whether a file is there. The path is relative to the folder, such as `cameras/../secrets/a`.
    pub is_file: &'a dyn Fn(&Path) -> bool,
}

impl Folder<'_> {
    /// The files of a group, by id.
    #[must_use]
    pub const fn files(&self, group: FileGroup) -> &BTreeMap<String, String> {
        match group {
            FileGroup::Cameras => &self.cameras,
            FileGroup::Devices => &self.devices,
            FileGroup::Checkpoints => &self.checkpoints,
        }
    }
}
