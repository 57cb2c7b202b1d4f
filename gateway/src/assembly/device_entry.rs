//! What doors and sensors come in by, and the parts that take them in.

use std::sync::Arc;

use archive::Archive;
use incident::Model;
use intake::Mailbox;
use ledger::Ledger;

use super::checkpoints::{CheckpointParts, Checkpoints};
use super::devices::{DeviceParts, Devices};
use crate::analysis::{
    CheckpointFeed, DeviceDesk, DeviceLines, DeviceList, DeviceWorker, SensorRoutes,
};
use crate::config::Config;
use crate::exit::{self, Stopped};

/// What must be there before the publisher, which hears sensors too.
pub(super) struct DeviceEntry {
    /// What sensors publish comes by these.
    pub(super) routes: SensorRoutes,
    /// What doors and cameras tell checkpoints.
    pub(super) feed: CheckpointFeed,
    /// The devices as others see them.
    pub(super) list: DeviceList,
    mailbox: Arc<Mailbox>,
}

/// Doors and sensors, none at work yet.
pub(super) struct DevicesBuilt {
    pub(super) devices: Devices,
    pub(super) checkpoints: Checkpoints,
    pub(super) feed: CheckpointFeed,
    /// As others see them.
    pub(super) list: DeviceList,
    pub(super) service: DeviceService,
}

/// The threads that talk to devices and judge what they say.
pub(super) struct DeviceService {
    lines: DeviceLines,
    worker: DeviceWorker,
}

impl DeviceService {
    /// Ends all connections, judges what was said up to then, and saves all. Blocks.
    pub(super) fn stop(self) {
        self.lines.stop();
        self.worker.stop();
    }
}

impl Default for DeviceEntry {
    fn default() -> Self {
        let mailbox = Arc::<Mailbox>::default();
        let feed = CheckpointFeed::new(Arc::clone(&mailbox));
        Self { routes: SensorRoutes::default(), feed, list: DeviceList::default(), mailbox }
    }
}

impl DeviceEntry {
    /// Starts the threads that talk to devices and judge what they say by the pipelines of `desk`.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(super) fn build(
        self,
        config: &Config,
        (ledger, observations): (&Ledger, &Archive),
        model: &Model,
        (desk, told): (&DeviceDesk, &Arc<dyn Fn() + Send + Sync>),
    ) -> Result<DevicesBuilt, Stopped> {
        let Self { routes, feed, list, mailbox } = self;
        let lines = DeviceLines::start(Arc::clone(&mailbox), routes)
            .map_err(|error| Stopped::new(exit::FAULT, error))?;
        let worker = DeviceWorker::start(Arc::clone(&mailbox), desk.clone())
            .map_err(|error| Stopped::new(exit::FAULT, error))?;
        let parts = DeviceParts {
            gateway: config.gateway.clone(),
            model: model.clone(),
            cases: Arc::clone(&config.casework.cases),
            ledger: ledger.clone(),
            observations: observations.clone(),
            desk: desk.clone(),
            lines: lines.clone(),
            told: Arc::clone(told),
            list: list.clone(),
            mailbox: Arc::clone(&mailbox),
        };
        let checkpoints = Checkpoints::new(CheckpointParts {
            gateway: parts.gateway.clone(),
            model: model.clone(),
            cases: Arc::clone(&parts.cases),
            ledger: ledger.clone(),
            observations: observations.clone(),
            desk: desk.clone(),
            feed: feed.clone(),
            list: list.clone(),
            mailbox,
        });
        let service = DeviceService { lines, worker };
        Ok(DevicesBuilt { devices: Devices::new(parts), checkpoints, feed, list, service })
    }
}
