//! The files an operator edits, checked whole and turned into every edge's settings.
//!
//! A folder holds `gateway.toml` and one `cameras/<id>.toml` for each camera. Loading finds every
//! fault of every file at once and refuses the set whole if there is one.

mod calibration;
mod camera_check;
mod camera_file;
mod document;
mod faults;
mod findings;
mod folder;
mod gateway_check;
mod gateway_file;
mod schema;
mod secret;
mod settings;
mod wording;

#[cfg(test)]
mod tests;

pub(crate) use calibration::{CalibratedCamera, calibrate};
pub(crate) use folder::{References, load};
pub(crate) use gateway_file::{Precision, Transport};
pub(crate) use settings::{Area, Camera, Config, Gateway, Inference, Storage};

/// The kinds of file in a configuration folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `gateway.toml`.
    Gateway,
    /// `cameras/<id>.toml`.
    Camera,
    /// What a camera's `credentials_file` names.
    Credentials,
}

/// The JSON Schema (draft 2020-12) of one kind of file, for editors that complete and check TOML.
pub(crate) fn schema_json(kind: FileKind) -> String {
    let schema = match kind {
        FileKind::Gateway => schema::json::<gateway_file::GatewayFile>(),
        FileKind::Camera => schema::json::<camera_file::CameraFile>(),
        FileKind::Credentials => schema::json::<camera_file::CredentialsFile>(),
    };
    format!("{schema:#}\n")
}
