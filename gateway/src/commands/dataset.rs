//! `gridwhistle dataset`: what people have judged, as a training set.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Parser};
use rule::Slug;
use rule::kind::absence::AbsenceSettings;

use super::entry::{self, say};
use super::since::{Since, since};
use crate::assembly;
use crate::config::{self, Config};
use crate::dataset::{self, DatasetError, ExportRequest, Label, PictureSource, Selection};
use crate::exit::{self, Stopped};

/// Make a training set of the alerts that people have judged; the gateway may be running.
#[derive(Debug, Parser)]
#[command(name = "dataset")]
pub(super) struct Dataset {
    /// What to do.
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, clap::Subcommand)]
enum Task {
    Export(Export),
}

/// Write a folder with masked pictures and their boxes, in the format of COCO: of alerts that were
/// confirmed or called false, and of re-checks.
#[derive(Debug, Args)]
struct Export {
    /// Folder whose `[storage]` says where ledger, evidence and labels are.
    #[arg(long, default_value = "config")]
    config: PathBuf,
    /// The folder to write; it must be empty or not there yet.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Only alerts of this incident type, such as `fire_passage_blocked`.
    #[arg(long = "type", value_name = "TYPE")]
    incident_type: Option<String>,
    /// Only alerts opened since: 30d, 12h or 90m ago, or a time such as 2026-07-15T08:00:00+08:00.
    #[arg(long, value_parser = since)]
    from: Option<Since>,
    /// Only alerts opened before, written in the same way.
    #[arg(long, value_parser = since)]
    to: Option<Since>,
    /// Only pictures with this label; may be given several times.
    #[arg(long, value_enum)]
    label: Vec<Label>,
    /// Write pictures as the cameras took them, WITHOUT MASKS, where they are kept: they show faces
    /// and number plates. The key of originals must be readable.
    #[arg(long)]
    originals: bool,
}

impl entry::Subcommand for Dataset {
    fn run(self) -> Result<(), Stopped> {
        let Task::Export(task) = self.command;
        let config = config::load(&task.config)?;
        let request = task.request(&config)?;
        let tally = dataset::export(&request).map_err(stopped)?;
        say(&format!("{}: {tally}", task.out.display()))
    }
}

impl Export {
    fn request(&self, config: &Config) -> Result<ExportRequest, Stopped> {
        let usage = |cause: String| Stopped::new(exit::USAGE, anyhow!(cause));
        if let Some(code) = &self.incident_type {
            Slug::new(code).map_err(|error| usage(format!("--type {code}: {error}")))?;
        }
        let (from, to) = (self.from.map(Since::time), self.to.map(Since::time));
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            return Err(usage("--from must be earlier than --to".to_owned()));
        }
        let originals = self.originals.then(|| assembly::opening_key(config)).transpose()?;
        let storage = &config.storage;
        let rules = config.cameras.iter().flat_map(|camera| {
            let absences = camera.rules.iter().filter(|rule| {
                let settings = rule.kind.settings::<AbsenceSettings>();
                settings.is_some()
            });
            absences.map(|rule| (camera.id.as_str().to_owned(), rule.id.as_str().to_owned()))
        });
        Ok(ExportRequest {
            out: self.out.clone(),
            selection: Selection {
                incident_type: self.incident_type.clone(),
                from,
                to,
                labels: self.label.clone(),
            },
            ledger: storage.ledger_file(),
            state_dir: storage.state_dir.clone(),
            pictures: PictureSource {
                evidence: storage.evidence_folder(),
                labels: storage.label_folder(),
                originals,
            },
            absences: rules.collect(),
            min_free_bytes: config.evidence.limits.min_free_bytes,
            keep_for: config.evidence.limits.keep_for,
        })
    }
}

fn stopped(error: DatasetError) -> Stopped {
    let code = match &error {
        DatasetError::Ledger(_) => exit::LEDGER,
        DatasetError::NotEmpty { .. } | DatasetError::InState { .. } => exit::USAGE,
        DatasetError::Unwritable { .. } | DatasetError::NearlyFull { .. } => exit::FAULT,
        DatasetError::Nothing { .. } => exit::UNAVAILABLE,
    };
    Stopped::new(code, error)
}
