//! `gridwhistle import`: the configuration follows the sheets of a registry.

mod writing;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Parser;
use registry::{FileGroup, Folder, JOURNAL, Plan, SheetFile, plan, read_journal};

use super::entry::{Subcommand, say};
use crate::config;
use crate::exit::{self, Stopped};

/// Let the configuration follow sheets (CSV, XLSX) of cameras, checkpoints, doors and points. Without
/// --apply it only tells what would change.
#[derive(Debug, Parser)]
#[command(name = "import")]
pub(super) struct Import {
    /// The sheets. A workbook may hold several.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder with gateway.toml and cameras/*.toml.
    #[arg(long, default_value = "config")]
    config: PathBuf,
    /// Write the files. An import that broke off is finished first.
    #[arg(long)]
    apply: bool,
    /// Delete what is in the folder and in no sheet, if a sheet of its kind is there.
    #[arg(long)]
    prune: bool,
}

impl Subcommand for Import {
    fn run(self) -> Result<(), Stopped> {
        let _alone = self.alone()?;
        self.finish()?;
        if self.files.is_empty() {
            return Ok(());
        }
        let Plan { edits, .. } = &self.plan()?;
        match (self.apply, edits.len()) {
            (_, 0) => say("nothing changes\n"),
            (false, count) => say(&format!(
                "{count} file(s) would be written; nothing was changed. To write: --apply\n"
            )),
            (true, count) => {
                self.write(edits)?;
                let folder = self.config.display();
                say(&format!("{count} file(s) written. Now: gridwhistle check --config {folder}\n"))
            }
        }
    }
}

impl Import {
    /// Two imports at once would write over each other.
    fn alone(&self) -> Result<File, Stopped> {
        config::judge_folder(&self.config)
            .map_err(|faults| Stopped::new(exit::CONFIG, anyhow!("{faults}")))?;
        let folder =
            File::open(&self.config).map_err(|error| self.stopped(&self.config, &error))?;
        folder.try_lock().map_err(|_| {
            let folder = self.config.display();
            Stopped::new(
                exit::CONFIG,
                anyhow!("{folder}: another import is at work here: wait for it"),
            )
        })?;
        Ok(folder)
    }

    /// Finishes an import that broke off.
    fn finish(&self) -> Result<(), Stopped> {
        let path = self.config.join(JOURNAL);
        let text = match filing::text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && !self.files.is_empty() => {
                return Ok(());
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(Stopped::new(
                    exit::USAGE,
                    anyhow!("name the sheets to import: CSV or XLSX files"),
                ));
            }
            Err(error) => return Err(self.stopped(&path, &error)),
        };
        let edits = read_journal(&text)
            .map_err(|error| Stopped::new(exit::CONFIG, anyhow!("{}: {error}", path.display())))?;
        if !self.apply {
            let message = "an import has broken off, and the folder is half old and half new. Use --apply: it finishes that import first";
            return Err(Stopped::new(exit::CONFIG, anyhow!("{}: {message}", path.display())));
        }
        writing::carry_out(&self.config, &edits)
            .map_err(|error| Stopped::new(exit::CONFIG, error))?;
        say(&format!("an import that had broken off is finished: {} file(s)\n", edits.len()))
    }

    fn plan(&self) -> Result<Plan, Stopped> {
        // What reads a workbook may panic on a damaged one: that is told as a fault of the file.
        runtime::tell_panics_briefly();
        let mut contents = Vec::new();
        for path in &self.files {
            let content = filing::read(path).map_err(|error| {
                Stopped::new(exit::NO_INPUT, anyhow!("{}: cannot be read: {error}", path.display()))
            })?;
            contents.push((path.display().to_string(), content));
        }
        let files: Vec<SheetFile<'_>> =
            contents.iter().map(|(name, content)| SheetFile { name, content }).collect();
        let ground = config::import_ground(&self.config)
            .map_err(|faults| Stopped::new(exit::CONFIG, anyhow!("{faults}")))?;
        let is_file = |path: &Path| self.config.join(path).is_file();
        let folder = Folder {
            cameras: self.texts(FileGroup::Cameras)?,
            devices: self.texts(FileGroup::Devices)?,
            checkpoints: self.texts(FileGroup::Checkpoints)?,
            county: Some(ground.county),
            grid_map: ground.grid_map.as_ref(),
            is_file: &is_file,
        };
        let plan = plan(&files, &folder, self.prune)
            .map_err(|faults| Stopped::new(exit::WRONG, faults))?;
        say(&plan.to_string())?;
        Ok(plan)
    }

    /// The files of a group as they are. A folder that is not there holds none.
    fn texts(&self, group: FileGroup) -> Result<BTreeMap<String, String>, Stopped> {
        let folder = self.config.join(group.folder());
        let entries = match folder.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(self.stopped(&folder, &error)),
        };
        let mut texts = BTreeMap::new();
        for entry in entries {
            let path = entry.map_err(|error| self.stopped(&folder, &error))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(id) = name.strip_suffix(".toml").filter(|id| rule::Slug::new(id).is_ok())
            else {
                continue;
            };
            let text = filing::text(&path).map_err(|error| self.stopped(&path, &error))?;
            texts.insert(id.to_owned(), text);
        }
        Ok(texts)
    }

    fn write(&self, edits: &[registry::FileEdit]) -> Result<(), Stopped> {
        let refuse = |error: anyhow::Error| Stopped::new(exit::CONFIG, error);
        writing::begin(&self.config, edits).map_err(refuse)?;
        writing::carry_out(&self.config, edits).map_err(refuse)
    }

    fn stopped(&self, path: &Path, error: &std::io::Error) -> Stopped {
        Stopped::new(exit::CONFIG, anyhow!("{}: cannot be read: {error}", path.display()))
    }
}

#[cfg(test)]
mod tests;
