//! `gridwhistle check`: every fault of a configuration folder and of the model that it names, or that
//! there is none.

mod trial;

use std::fmt::Write;
use std::path::PathBuf;

use ::eye::{Inference, onnxruntime_library};
use anyhow::anyhow;
use clap::Parser;
use detector::{CableFiles, HeadFiles, HeadManifest, HeadTask, SecondLookFiles};
use incident::Assessor;
use output::Mode;

use super::entry::{Subcommand, say};
use crate::analysis::{InputChoice, model_files, model_in_use, search};
use crate::config::{self, Config};
use crate::exit::{self, Stopped};

/// Check a configuration folder and name every fault by file and line; then let the model look at a
/// picture.
#[derive(Debug, Parser)]
#[command(name = "check")]
pub(super) struct Check {
    /// Folder with gateway.toml and cameras/*.toml.
    #[arg(long, default_value = "config")]
    config: PathBuf,
    /// Leave the model and ONNX Runtime out: for a machine that does not have them.
    #[arg(long)]
    without_model: bool,
    /// Only the model; what came of it, without a fault of the configuration, is all that is said. So the model is
    /// tried in a process of its own: a damaged library ends the process that loads it.
    #[arg(long, hide = true)]
    only_model: bool,
}

impl Subcommand for Check {
    fn run(self) -> Result<(), Stopped> {
        let config = config::load(&self.config)?;
        if self.only_model {
            let tried = try_model(&config);
            let told = tried.as_ref().map_or_else(|fault| fault.cause.to_string(), Clone::clone);
            say(&told)?;
            return tried.map(drop);
        }
        let model = match self.without_model {
            true => "the model was not tried".to_owned(),
            false => trial::of_model(&self.config, &config)?,
        };
        let rules: usize = config.cameras.iter().map(|camera| camera.rules.len()).sum();
        let cameras = config.cameras.len();
        let folder = self.config.display();
        let outputs: String = config.outputs.iter().map(output_line).collect();
        let city = config.city.map(|city| format!("{city}\n")).unwrap_or_default();
        say(&format!(
            "{city}{model}\n{outputs}{folder}: {cameras} camera(s), {rules} rule(s), no fault\n"
        ))
    }
}

/// What may move, how far it may go, and who has approved that.
fn output_line(settings: &output::Settings) -> String {
    let persons: Vec<&str> =
        settings.approved.approvals.iter().map(|approval| approval.person.as_str()).collect();
    let may = match (settings.mode, settings.approved.missing()) {
        (Mode::Off, _) => "off".to_owned(),
        (Mode::Test, _) => "in test: it moves nothing".to_owned(),
        (Mode::Live, None) => format!("live, approved by {}", persons.join(", ")),
        (Mode::Live, Some(missing)) => format!("live, but it moves nothing: {missing}"),
    };
    format!("output {}: {may}\n", settings.id)
}

/// Loads the model as the gateway would, which lets it look at a grey picture; says which one it is.
fn try_model(config: &Config) -> Result<String, Stopped> {
    let refuse = |cause: anyhow::Error| Stopped::new(exit::CONFIG, cause);
    let files = model_files(&config.inference).map_err(|error| refuse(error.into()))?;
    let library = onnxruntime_library(config.inference.onnxruntime_file.as_deref());
    let loaded = library.and_then(|library| Inference::of(&files, &library, 1));
    let Inference { manifest, models } = loaded.map_err(|error| refuse(error.into()))?;
    let model = model_in_use(&files);
    for mut models in models {
        models.detector.prove_larger().map_err(|error| refuse(error.into()))?;
    }
    let classes = manifest.classes.len();
    let mut told =
        format!("model {} {}: it runs, {classes} class(es)", manifest.name, manifest.version);
    if let Some(SecondLookFiles { model, heads }) = &files.second_look {
        let (name, version) = (&model.manifest.name, &model.manifest.version);
        write!(
            told,
            "\nmodel {name} {version}: it runs, and looks at two-wheelers and stalls a second time"
        )
        .map_err(|error| refuse(error.into()))?;
        for HeadFiles { manifest, .. } in heads {
            let HeadManifest { name, version, task, .. } = manifest;
            let task = match task {
                HeadTask::Stall => "how likely a stall is",
                HeadTask::TwoWheeler => "whether a two-wheeler has a motor",
            };
            write!(told, "\nhead {name} {version}: it passes its self-test, and tells {task}")
                .map_err(|error| refuse(error.into()))?;
        }
    }
    if let Some(CableFiles { manifest, .. }) = &files.cable {
        let (name, version) = (&manifest.name, &manifest.version);
        write!(told, "\nmodel {name} {version}: it passes its self-test, and finds new cables")
            .map_err(|error| refuse(error.into()))?;
    }
    for camera in &config.cameras {
        let of_camera = |error: anyhow::Error| refuse(anyhow!("camera {}: {error}", camera.id));
        search(&camera.rules, &manifest).map_err(|error| of_camera(error.into()))?;
        let profile = config.gateway.profile(camera, model.clone());
        let assessor = Assessor::new(profile, camera.rules.clone());
        let every = assessor.map_err(|error| of_camera(error.into()))?.sampling().interval;
        let input = InputChoice::of(&camera.rules, camera.ground.as_ref(), every, &manifest);
        write!(told, "\ncamera {}: {input}", camera.id).map_err(|error| refuse(error.into()))?;
    }
    Ok(told)
}
