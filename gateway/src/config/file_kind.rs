//! The kinds of file in a configuration folder, and the JSON Schema of each.

use super::camera_file::{CameraFile, CredentialsFile};
use super::checkpoint_file::CheckpointFile;
use super::city_file::{CalendarFile, CityFile, TypesFile};
use super::device_file::DeviceFile;
use super::gateway_file::GatewayFile;
use super::output_file::OutputFile;
use super::schema::json;

/// The kinds of file in a configuration folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `gateway.toml`.
    Gateway,
    /// `cameras/<id>.toml`.
    Camera,
    /// `devices/<id>.toml`.
    Device,
    /// `checkpoints/<id>.toml`.
    Checkpoint,
    /// `outputs/<id>.toml`.
    Output,
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
        FileKind::Gateway => json::<GatewayFile>(),
        FileKind::Camera => json::<CameraFile>(),
        FileKind::Device => json::<DeviceFile>(),
        FileKind::Checkpoint => json::<CheckpointFile>(),
        FileKind::Output => json::<OutputFile>(),
        FileKind::Credentials => json::<CredentialsFile>(),
        FileKind::City => json::<CityFile>(),
        FileKind::Types => json::<TypesFile>(),
        FileKind::Calendar => json::<CalendarFile>(),
    };
    format!("{schema:#}\n")
}
