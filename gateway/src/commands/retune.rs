//! `gridwhistle retune`: from two folders and a camera's id to a question, and its answer.

use std::path::PathBuf;

use ::retune::{Question, RetuneError};
use anyhow::anyhow;
use clap::Parser;
use detector::Manifest;
use incident::Model;

use super::entry::{Subcommand, say};
use super::since::{Since, since};
use crate::config;
use crate::exit::{self, Stopped};

/// Judge changed rules by what a camera saw: which alerts they add, which they remove.
#[derive(Debug, Parser)]
#[command(name = "retune")]
pub(super) struct Retune {
    /// The camera's id.
    #[arg(long)]
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
        let Some(changed) = proposed.camera(&self.camera) else {
            let known = proposed.cameras.iter().map(|camera| camera.id.as_str());
            let (folder, known) = (self.config.display(), known.collect::<Vec<_>>().join(", "));
            return Err(Stopped::new(
                exit::USAGE,
                anyhow!("no camera {} in {folder}; known there: {known}", self.camera),
            ));
        };
        let manifest = Manifest::load(&proposed.inference.model_dir)
            .map_err(|error| Stopped::new(exit::CONFIG, error))?;
        let model = Model {
            name: manifest.name,
            version: manifest.version,
            sha256: None,
            second_look: Vec::new(),
        };
        let current = in_force.camera(&self.camera).map(|camera| camera.rules.clone());
        Ok(Question {
            observations: proposed.storage.observation_folder(),
            camera: proposed.gateway.profile(changed, model),
            since: self.since.time(),
            proposed: changed.rules.clone(),
            current: current.unwrap_or_default(),
        })
    }
}
