//! The files an operator edits, checked whole and turned into every edge's settings.
//!
//! A folder holds `gateway.toml` and one `cameras/<id>.toml` for each camera. Loading finds every
//! fault of every file at once and refuses the set whole if there is one.

mod calibration;
mod camera_check;
mod camera_file;
mod casework_file;
mod city_check;
mod city_file;
mod document;
mod egova_file;
mod evidence_file;
mod faults;
mod findings;
mod folder;
mod gateway_check;
mod gateway_file;
mod hours;
mod mqtt_check;
mod mqtt_file;
mod rule_check;
mod rule_kind;
mod rule_terms;
mod schema;
mod secret;
mod settings;
mod types;
mod wording;

#[cfg(test)]
mod tests;

pub(crate) use calibration::{CalibratedCamera, calibrate};
pub(crate) use egova_file::TokenIn;
pub(crate) use folder::{References, load};
pub(crate) use gateway_file::{Precision, Transport};
pub(crate) use mqtt_file::MqttProtocol;
pub(crate) use settings::{Area, Camera, Clip, Config, Gateway, Inference, Storage};

/// The kinds of file in a configuration folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `gateway.toml`.
    Gateway,
    /// `cameras/<id>.toml`.
    Camera,
    /// What a camera's `credentials_file` names.
    Credentials,
    /// `city.toml` of a city's folder.
    City,
    /// `types.toml` of a city's folder.
    Types,
    /// `calendar.toml` of a city's folder.
    Calendar,
}

/// The JSON Schema (draft 2020-12) of one kind of file, for editors that complete and check TOML.
pub(crate) fn schema_json(kind: FileKind) -> String {
    let schema = match kind {
        FileKind::Gateway => schema::json::<gateway_file::GatewayFile>(),
        FileKind::Camera => schema::json::<camera_file::CameraFile>(),
        FileKind::Credentials => schema::json::<camera_file::CredentialsFile>(),
        FileKind::City => schema::json::<city_file::CityFile>(),
        FileKind::Types => schema::json::<city_file::TypesFile>(),
        FileKind::Calendar => schema::json::<city_file::CalendarFile>(),
    };
    format!("{schema:#}\n")
}
