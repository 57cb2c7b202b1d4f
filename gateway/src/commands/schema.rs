//! `gridwhistle schema`: the JSON Schema of a configuration file, or the AsyncAPI document.

use clap::{Parser, ValueEnum};

use super::entry::{Subcommand, say};
use crate::config::{self, FileKind};
use crate::exit::{self, Stopped};

/// Print the JSON Schema of a configuration file, for editors, or the AsyncAPI document of the
/// MQTT topics, for subscribers.
#[derive(Debug, Parser)]
#[command(name = "schema")]
pub(super) struct Schema {
    /// Which file or document.
    #[arg(value_enum)]
    file: SchemaFile,
}

/// What a schema describes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SchemaFile {
    /// gateway.toml
    Gateway,
    /// cameras/*.toml
    Camera,
    /// devices/*.toml
    Device,
    /// checkpoints/*.toml
    Checkpoint,
    /// outputs/*.toml
    Output,
    /// What a sensor publishes under `in/<id>` at the broker
    Reading,
    /// The file that a camera's `credentials_file` names.
    Credentials,
    /// city.toml of a city's folder
    City,
    /// types.toml of a city's folder
    Types,
    /// calendar.toml of a city's folder
    Calendar,
    /// The MQTT topics and their messages (AsyncAPI 3.0)
    Asyncapi,
}

impl Subcommand for Schema {
    fn run(self) -> Result<(), Stopped> {
        let of = config::schema_json;
        say(&match self.file {
            SchemaFile::Gateway => of(FileKind::Gateway),
            SchemaFile::Camera => of(FileKind::Camera),
            SchemaFile::Device => of(FileKind::Device),
            SchemaFile::Checkpoint => of(FileKind::Checkpoint),
            SchemaFile::Output => of(FileKind::Output),
            SchemaFile::Reading => intake::mqtt::SCHEMA.to_owned(),
            SchemaFile::Credentials => of(FileKind::Credentials),
            SchemaFile::City => of(FileKind::City),
            SchemaFile::Types => of(FileKind::Types),
            SchemaFile::Calendar => of(FileKind::Calendar),
            SchemaFile::Asyncapi => {
                let document = delivery::asyncapi(intake::mqtt::SCHEMA);
                format!("{:#}\n", document.map_err(|error| Stopped::new(exit::FAULT, error))?)
            }
        })
    }
}
