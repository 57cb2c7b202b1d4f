//! A configuration folder as a command takes it up: a fault ends the command, warnings are logged.

use std::path::Path;

use anyhow::anyhow;
use detector::Manifest;
use incident::IncidentTypes;
use tracing::warn;

use super::folder::{References, examine_folder};
use super::known_model::KnownModel;
use super::referred::Referred;
use super::settings::Config;
use crate::exit::{self, Stopped};

/// Reads and checks a folder.
///
/// # Errors
/// Every fault of the folder.
pub(crate) fn load(folder: &Path) -> Result<Config, Stopped> {
    examine(folder).0
}

/// As [`load`], with what the files name, which is worth watching also if they are at fault.
pub(crate) fn examine(folder: &Path) -> (Result<Config, Stopped>, Referred) {
    let mut referred = Referred::default();
    (checked(folder, &mut referred), referred)
}

fn checked(folder: &Path, referred: &mut Referred) -> Result<Config, Stopped> {
    let incident_types = IncidentTypes::parse(IncidentTypes::STANDARD)
        .map_err(|error| Stopped::new(exit::FAULT, anyhow!("built-in incident types: {error}")))?;
    let model_in = |model: &Path| {
        Manifest::load(model).map(KnownModel::from).map_err(|error| error.to_string())
    };
    let references = References { incident_types: &incident_types, model_in: &model_in };
    let examined = examine_folder(folder, &references);
    *referred = examined.referred;
    let config =
        examined.outcome.map_err(|faults| Stopped::new(exit::CONFIG, anyhow!("{faults}")))?;
    for warning in &config.warnings {
        warn!("{warning}");
    }
    Ok(config)
}
