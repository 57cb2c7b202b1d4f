//! `gridwhistle retune`: from two folders and the id of a camera or device to a question, and its answer.

use std::path::PathBuf;

use ::retune::{Question, RetuneError, RuleSet};
use anyhow::anyhow;
use clap::Parser;
use detector::Manifest;
use incident::{CameraProfile, Model};

use super::entry::{Subcommand, say};
use super::since::{Since, since};
use crate::config::{self, Config};
use crate::exit::{self, Stopped};

/// Judge changed rules by what a camera saw, or a door or sensor said: which alerts they add, which they
/// remove.
#[derive(Debug, Parser)]
#[command(name = "retune")]
pub(super) struct Retune {
    /// The id of the camera, door or sensor.
    #[arg(long, visible_alias = "device")]
    camera: String,
    /// Start of the span: 7d, 12h or 90m ago, or a time such as 2026-07-15T08:00:00+08:00.
    #[arg(long, default_value = "7d", value_parser = since)]
    since: Since,
    /// Folder with the changed rules; its `[storage]` says where the observations are.
    #[arg(long)]
    config: PathBuf,
    /// Folder with the rules in force.
    #[arg(long, default_value = "config")]
    against: PathBuf,
}

impl Subcommand for Retune {
    fn run(self) -> Result<(), Stopped> {
        match ::retune::retune(self.question()?) {
            Ok(report) => say(&report.to_string()),
            Err(error) => Err(Stopped::new(
                match error {
                    RetuneError::Rule(_) => exit::CONFIG,
                    RetuneError::Unreadable(_) => exit::LEDGER,
                    RetuneError::Nothing { .. } => exit::UNAVAILABLE,
                },
                error,
            )),
        }
    }
}

impl Retune {
    fn question(&self) -> Result<Question, Stopped> {
        let proposed = config::load(&self.config)?;
        let in_force = config::load(&self.against)?;
        let manifest = Manifest::load(&proposed.inference.model_dir)
            .map_err(|error| Stopped::new(exit::CONFIG, error))?;
        let model = Model {
            name: manifest.name,
            version: manifest.version,
            sha256: None,
            second_look: Vec::new(),
        };
        let Some((camera, rules)) = judged(&proposed, &self.camera, model.clone()) else {
            let cameras = proposed.cameras.iter().map(|camera| camera.id.as_str());
            let devices = proposed.devices.iter().map(|device| device.id.as_str());
            let checkpoints = proposed.checkpoints.iter().map(|it| it.id.as_str());
            let known = cameras.chain(devices).chain(checkpoints);
            let known = known.collect::<Vec<_>>().join(", ");
            let folder = self.config.display();
            return Err(Stopped::new(
                exit::USAGE,
                anyhow!("no camera or device {} in {folder}; known there: {known}", self.camera),
            ));
        };
        let current = judged(&in_force, &self.camera, model).map(|(_, rules)| rules);
        Ok(Question {
            observations: proposed.storage.observation_folder(),
            camera,
            since: self.since.time(),
            proposed: rules,
            current: current.unwrap_or_default(),
        })
    }
}

/// The camera, device or checkpoint of this id, and its rules.
fn judged(config: &Config, id: &str, model: Model) -> Option<(CameraProfile, RuleSet)> {
    let by_pictures = config.camera(id).map(|camera| {
        // What a checkpoint judges raises no alert of the camera's own.
        let is_silent = |rule: &incident::RuleSettings| {
            camera.witnesses.iter().any(|it| it.is_silent && it.rule == rule.id)
        };
        let pictures = camera.rules.iter().filter(|rule| !is_silent(rule)).cloned().collect();
        let rules = RuleSet { pictures, ..RuleSet::default() };
        (config.gateway.profile(camera, model.clone()), rules)
    });
    let at_checkpoint = || {
        let checkpoint = config.checkpoint(id)?;
        let rules = RuleSet { signals: checkpoint.rules.clone(), ..RuleSet::default() };
        Some((config.gateway.checkpoint_profile(checkpoint, model.clone()), rules))
    };
    by_pictures.or_else(at_checkpoint).or_else(|| {
        let device = config.device(id)?;
        let rules = RuleSet { signals: device.rules.clone(), ..RuleSet::default() };
        Some((config.gateway.device_profile(device, model.clone()), rules))
    })
}
