//! `gridwhistle retune`: from two folders and a camera's id to a question, and its answer.

use std::path::Path;

use anyhow::anyhow;
use detector::Manifest;
use incident::Model;
use scene::CaptureTime;

use super::{Stopped, build, exit};
use crate::cli::Since;
use crate::config::{Camera, Config};
use crate::retune::{self, Question, Refusal};
use runtime::utc_now;

/// `gridwhistle retune`: the report about one camera.
///
/// # Errors
/// Every fault of either folder; no such camera; no observations of it; a disk that cannot be read.
pub(crate) fn retune(
    camera: &str,
    since: Since,
    proposed: &Path,
    current: &Path,
) -> Result<String, Stopped> {
    let since = match since {
        Since::Ago(span) => utc_now().before(span),
        Since::At(at) => at,
    };
    let question = question(camera, since, proposed, current)?;
    match retune::retune(question) {
        Ok(report) => Ok(report.to_string()),
        Err(refusal) => Err(Stopped::new(
            match refusal {
                Refusal::Rule(_) => exit::CONFIG,
                Refusal::Unreadable(_) => exit::LEDGER,
                Refusal::Nothing { .. } => exit::UNAVAILABLE,
            },
            refusal,
        )),
    }
}

fn question(
    camera: &str,
    since: CaptureTime,
    proposed: &Path,
    current: &Path,
) -> Result<Question, Stopped> {
    let config = build::load_config(proposed)?;
    let in_force = build::load_config(current)?;
    let Some(changed) = find(&config, camera) else {
        let known: Vec<&str> = config.cameras.iter().map(|camera| camera.id.as_str()).collect();
        let (folder, known) = (proposed.display(), known.join(", "));
        return Err(Stopped::new(
            exit::USAGE,
            anyhow!("no camera {camera} in {folder}; known there: {known}"),
        ));
    };
    let manifest = Manifest::load(&config.inference.model_dir)
        .map_err(|error| Stopped::new(exit::CONFIG, error))?;
    let model = Model { name: manifest.name, version: manifest.version, sha256: None };
    Ok(Question {
        observations: build::observation_folder(&config.storage),
        camera: build::profile(&config.gateway, changed, model),
        since,
        proposed: changed.rules.clone(),
        current: find(&in_force, camera).map(|camera| camera.rules.clone()).unwrap_or_default(),
    })
}

fn find<'a>(config: &'a Config, id: &str) -> Option<&'a Camera> {
    config.cameras.iter().find(|camera| camera.id.as_str() == id)
}
