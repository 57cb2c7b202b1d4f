//! The configuration folder under watch: an edit is applied whole, as a diff, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::crew::Crew;
use crate::analysis::RecordError;
use crate::config::{self, Config};
use delivery::{ConfigNews, StatusBoard};
use runtime::utc_now;

/// How often the folder is looked at. An edit is taken up at the second look that finds the same
/// files, so that editors may write several files, or one in pieces: within twice this time.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Folders below the watched one.
const DEEPEST: usize = 4;

/// The configuration in force, and what is needed to put another in its place.
pub(super) struct Reload {
    pub(super) folder: PathBuf,
    /// In force.
    pub(super) config: Config,
    pub(super) crew: Crew,
    pub(super) board: StatusBoard,
}

/// Which files there are, and of when.
type Stamps = BTreeMap<PathBuf, (SystemTime, u64, u64)>;

impl Reload {
    /// Puts the cameras of the first configuration to work.
    ///
    /// # Errors
    /// A rule that cannot be set up.
    pub(super) fn begin(&mut self) -> anyhow::Result<()> {
        let plan = self.crew.plan(self.config.cameras.clone())?;
        self.crew.carry_out(plan)?;
        self.board.announce(&ConfigNews::applied(utc_now(), Vec::new()));
        Ok(())
    }

    /// Takes up every edit of the folder until `shutdown`. `failed` is told if the ledger fails.
    pub(super) async fn follow(
        self,
        shutdown: CancellationToken,
        failed: mpsc::Sender<RecordError>,
    ) {
        let mut seen = stamps(&self.folder);
        let mut is_settling = false;
        let mut reload = self;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let now = stamps(&reload.folder);
            if now != seen {
                seen = now;
                is_settling = true;
                continue;
            }
            if !std::mem::take(&mut is_settling) {
                continue;
            }
            // Checking reads files, and a camera that changes finishes its picture first: the
            // cameras' own thread waits for neither.
            let taken_up = tokio::task::spawn_blocking(move || {
                let outcome = reload.take_up();
                (reload, outcome)
            });
            let Ok((back, outcome)) = taken_up.await else {
                error!("the configuration is no longer watched; restart to apply edits");
                return;
            };
            reload = back;
            if let Err(failure) = outcome {
                // A full channel means that a failure is already on its way to stop the gateway.
                drop(failed.try_send(failure));
                return;
            }
        }
    }

    /// Applies what the folder holds now, or says why not.
    fn take_up(&mut self) -> Result<(), RecordError> {
        let config = match config::load(&self.folder) {
            Ok(config) => config,
            Err(stopped) => {
                self.refuse(stopped.cause.to_string().lines().map(str::to_owned).collect());
                return Ok(());
            }
        };
        let fixed = changed_sections(&self.config, &config);
        if !fixed.is_empty() {
            let sections = fixed.join(", ");
            self.refuse(vec![format!(
                "gateway.toml: a change of {sections} takes effect at the next start; nothing was \
                 applied until then"
            )]);
            return Ok(());
        }
        let plan = match self.crew.plan(config.cameras.clone()) {
            Ok(plan) => plan,
            Err(error) => {
                self.refuse(vec![error.to_string()]);
                return Ok(());
            }
        };
        let changes = plan.words();
        self.crew.carry_out(plan)?;
        self.config = config;
        info!(changes = changes.join("; "), "configuration applied");
        self.board.announce(&ConfigNews::applied(utc_now(), changes));
        Ok(())
    }

    fn refuse(&self, faults: Vec<String>) {
        error!("configuration refused, the one in force stays:\n{}", faults.join("\n"));
        self.board.announce(&ConfigNews::refused(utc_now(), faults));
    }
}

/// The sections of `gateway.toml` that changed and are only read at the start.
fn changed_sections(old: &Config, new: &Config) -> Vec<&'static str> {
    [
        ("[gateway]", old.gateway != new.gateway),
        ("[mqtt]", old.mqtt != new.mqtt),
        ("[http]", old.http != new.http),
        ("[storage]", old.storage != new.storage),
        ("[evidence]", old.evidence != new.evidence),
        ("[inference]", old.inference != new.inference),
        ("[egova]", old.egova != new.egova),
        ("[casework] or the city's stages", old.casework != new.casework),
        ("[shutdown]", old.shutdown != new.shutdown),
    ]
    .into_iter()
    .filter_map(|(section, has_changed)| has_changed.then_some(section))
    .collect()
}

/// All TOML and GeoJSON files in and below `folder`. What cannot be read counts as absent: the
/// check that follows says so.
fn stamps(folder: &Path) -> Stamps {
    let mut stamps = Stamps::new();
    collect(folder, DEEPEST, &mut stamps);
    stamps
}

fn collect(folder: &Path, depth: usize, stamps: &mut Stamps) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        // Follows links: configurations are often mounted or linked into place.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        if metadata.is_dir() && depth > 0 {
            collect(&path, depth - 1, stamps);
        } else if path.extension().is_some_and(|kind| kind == "toml" || kind == "geojson") {
            let modified_at = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            stamps.insert(path, (modified_at, metadata.len(), metadata.ino()));
        }
    }
}
