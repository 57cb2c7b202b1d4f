//! Edits of the configuration folder while the gateway runs: each is applied whole, or not at all.

use std::path::{Path, PathBuf};
use std::time::Duration;

use delivery::{ConfigNews, StatusBoard};
use output::Desk;
use runtime::utc_now;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::cameras::Cameras;
use super::checkpoints::Checkpoints;
use super::devices::Devices;
use crate::analysis::RecordError;
use crate::config::{self, Config, FolderWatch, Referred};

/// How often the folder is looked at; an edit is taken up within twice this time.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// An empty folder is where a disk was, more often than somebody's wish.
const ALL_GONE: &str = "cameras: all cameras are gone at once, so none is taken out; is a disk not mounted? \
    To watch none, start the gateway again";

/// As [`ALL_GONE`], for doors and sensors.
const NO_DEVICES: &str = "devices: all doors and sensors are gone at once, so none is taken out; is a disk not \
    mounted? To have none, start the gateway again";

/// The configuration in force, and what is needed to put another in its place.
pub(super) struct Reload {
    folder: PathBuf,
    /// In force.
    pub(super) config: Config,
    cameras: Cameras,
    devices: Devices,
    checkpoints: Checkpoints,
    outputs: Desk,
    board: StatusBoard,
    /// What the files named at the start, as it was then.
    started: Referred,
}

impl Reload {
    /// The first configuration, of which nothing is at work yet.
    pub(super) fn new(
        (folder, config): (&Path, Config),
        (cameras, devices, checkpoints, outputs): (Cameras, Devices, Checkpoints, Desk),
        board: StatusBoard,
    ) -> Self {
        let (folder, started) = (folder.to_owned(), config.referred.clone());
        Self { folder, config, cameras, devices, checkpoints, outputs, board, started }
    }

    /// Puts the cameras, doors, sensors and checkpoints of the first configuration to work.
    ///
    /// # Errors
    /// A rule that cannot be set up.
    pub(super) fn begin(&mut self) -> anyhow::Result<()> {
        let plan = self.cameras.plan(&self.config.cameras)?;
        self.cameras.carry_out(plan)?;
        let plan = self.devices.plan(&self.config.devices)?;
        self.devices.carry_out(plan)?;
        let plan = self.checkpoints.plan(&self.config)?;
        self.checkpoints.carry_out(plan)?;
        self.outputs.apply(&self.config.outputs);
        self.board.announce(&ConfigNews::applied(utc_now(), Vec::new()));
        Ok(())
    }

    /// Takes up every edit of the folder until `shutdown`. `failed` is told if the ledger fails.
    pub(super) async fn follow(
        self,
        shutdown: CancellationToken,
        failed: mpsc::Sender<RecordError>,
    ) {
        let mut watch = FolderWatch::new(&self.folder, self.config.referred.clone());
        let mut reload = self;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            // Looking and checking read files, perhaps of a server that is away, and a camera that
            // changes finishes its picture first: the cameras' own thread waits for none of it.
            let taken_up = tokio::task::spawn_blocking(move || {
                let outcome = match watch.has_settled() {
                    true => reload.take_up(&mut watch),
                    false => Ok(()),
                };
                (reload, watch, outcome)
            });
            let Ok((reload_back, watch_back, outcome)) = taken_up.await else {
                error!("the configuration is no longer watched; restart to apply edits");
                return;
            };
            (reload, watch) = (reload_back, watch_back);
            if let Err(failure) = outcome {
                // A full channel means that a failure is already on its way to stop the gateway.
                drop(failed.try_send(failure));
                return;
            }
        }
    }

    /// Applies what the folder holds now, or says why not.
    fn take_up(&mut self, watch: &mut FolderWatch) -> Result<(), RecordError> {
        let (outcome, referred) = config::examine(&self.folder);
        watch.follow(referred);
        let config = match outcome {
            Ok(config) => config,
            Err(stopped) => {
                self.refuse(stopped.cause.to_string().lines().map(str::to_owned).collect());
                return Ok(());
            }
        };
        if config.cameras.is_empty() && !self.config.cameras.is_empty() {
            self.refuse(vec![ALL_GONE.to_owned()]);
            return Ok(());
        }
        if config.devices.is_empty() && !self.config.devices.is_empty() {
            self.refuse(vec![NO_DEVICES.to_owned()]);
            return Ok(());
        }
        let fixed = config::fixed_sections(&self.config, &config);
        if !fixed.is_empty() {
            let sections = fixed.join(", ");
            self.refuse(vec![format!(
                "gateway.toml: a change of {sections} takes effect at the next start; nothing was \
                 applied until then"
            )]);
            return Ok(());
        }
        let plans = self.cameras.plan(&config.cameras);
        let plans = plans.and_then(|plan| {
            Ok((plan, self.devices.plan(&config.devices)?, self.checkpoints.plan(&config)?))
        });
        let (plan, device_plan, checkpoint_plan) = match plans {
            Ok(plans) => plans,
            Err(error) => {
                self.refuse(vec![error.to_string()]);
                return Ok(());
            }
        };
        let mut changes = plan.words();
        changes.extend(device_plan.words());
        changes.extend(checkpoint_plan.words());
        let waiting = config.waits_for_a_start(&self.started);
        changes.extend(
            waiting.iter().map(|file| format!("{} is used from the next start on", file.display())),
        );
        changes.extend(self.outputs.apply(&config.outputs));
        self.cameras.carry_out(plan)?;
        self.devices.carry_out(device_plan)?;
        self.checkpoints.carry_out(checkpoint_plan)?;
        self.config = config;
        if changes.is_empty() {
            info!("configuration applied; nothing in it has changed");
        } else {
            info!(changes = changes.join("; "), "configuration applied");
        }
        self.board.announce(&ConfigNews::applied(utc_now(), changes));
        Ok(())
    }

    fn refuse(&self, faults: Vec<String>) {
        error!("configuration refused, the one in force stays:\n{}", faults.join("\n"));
        self.board.announce(&ConfigNews::refused(utc_now(), faults));
    }
}
