//! The files an operator edits, checked whole and turned into every edge's settings.
//!
//! A folder holds `gateway.toml`, one `cameras/<id>.toml` for each camera, one `devices/<id>.toml` for
//! each door controller or sensor, one `checkpoints/<id>.toml` for each checkpoint, and one
//! `outputs/<id>.toml` for each thing that alerts may move. Loading finds every
//! fault of every file at once and refuses the set whole if there is one.

mod address;
mod calibration;
mod camera_check;
mod camera_context;
mod camera_file;
mod camera_stream_check;
mod casework_file;
mod charging_wire_check;
mod checkpoint;
mod checkpoint_check;
mod checkpoint_file;
mod checkpoint_folder;
mod checkpoint_witness;
mod city_check;
mod city_file;
mod device_check;
mod device_claims;
mod device_context;
mod device_file;
mod device_folder;
mod device_key_check;
mod device_link_check;
mod device_point_check;
mod device_rule_check;
mod device_terms;
mod device_web_check;
mod difference;
mod document;
mod egova_check;
mod egova_file;
mod evidence_check;
mod evidence_file;
mod example_check;
mod faults;
mod file_kind;
mod findings;
mod folder;
mod folder_itself;
mod folder_watch;
mod gateway_check;
mod gateway_file;
mod hours;
mod id;
mod import_ground;
mod kind_check;
mod known_model;
mod listeners;
mod load;
mod mqtt_check;
mod mqtt_file;
mod output_check;
mod output_file;
mod output_folder;
mod pixels;
mod place_check;
mod pointer;
mod profile;
mod referred;
mod rule_check;
mod rule_context;
mod rule_terms;
mod schema;
mod second_look_check;
mod settings;
mod span;
mod stray;
mod tcp_address;
mod trust_check;
mod types;
mod wording;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use calibration::{CalibratedCamera, calibrate};
pub(crate) use checkpoint::{Checkpoint, SeenBy};
pub(crate) use difference::{
    CameraChange, DeviceChange, camera_changes, device_changes, fixed_sections,
};
pub(crate) use file_kind::{FileKind, schema_json};
#[cfg(test)]
pub(crate) use folder::{References, examine_folder};
pub(crate) use folder_itself::judge_folder;
pub(crate) use folder_watch::FolderWatch;
pub(crate) use import_ground::import_ground;
pub(crate) use load::{examine, load};
pub(crate) use output_folder::approval_file;
pub(crate) use referred::Referred;
pub(crate) use settings::{Camera, Config, Device, Gateway, Storage};
