//! Casework between delivery and the cameras, neither of which it knows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use incident::alert::Evidence;
use incident::casefile::CaseFile;
use ledger::{Ledger, LedgerError};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::analysis::{Failure, Line, Pool, Registrar};
use crate::casework::{Clerk, Desk, LabelRoom, Lines, Office, Snapshot, SnapshotOrder, Vacancy};
use crate::config::Config;
use crate::evidence::EvidenceStore;
use crate::exit::{self, Stopped};
use delivery::{Inbox, Incoming};

/// Opens for what comes in: an inbox for the broker and one for a case system beside it, and a
/// place for a clerk.
pub(super) fn desk(config: &Config, ledger: &Ledger) -> ([Box<dyn Inbox>; 2], Vacancy) {
    let desk = Desk::open(Office {
        ledger: ledger.clone(),
        topics: config.gateway.topics.clone(),
        stage_names: Arc::new(config.casework.stage_names.clone()),
    });
    let vacancy = desk.vacancy();
    let desk = Arc::new(desk);
    ([Box::new(FrontDesk(Arc::clone(&desk))), Box::new(FrontDesk(desk))], vacancy)
}

/// A clerk who is not at work yet: feedback on an alert, or a command, that found no camera would
/// be done with.
pub(super) struct NewClerk {
    vacancy: Vacancy,
    lines: CameraLines,
    labels: LabelRoom,
    told: Arc<dyn Fn() + Send + Sync>,
}

impl NewClerk {
    /// Sets to work: all cameras are there.
    pub(super) fn start(self) -> Result<Clerk, Stopped> {
        let Self { vacancy, lines, labels, told } = self;
        Clerk::start(vacancy, Box::new(lines), labels, told)
            .map_err(|error| Stopped::new(exit::FAULT, error))
    }
}

/// Finds a clerk; `told` is called when something waits to be sent.
pub(super) fn employ(
    config: &Config,
    vacancy: Vacancy,
    lines: CameraLines,
    evidence: &Arc<EvidenceStore>,
    told: Arc<dyn Fn() + Send + Sync>,
) -> Result<NewClerk, Stopped> {
    let folder = config.storage.label_folder();
    let max_bytes = config.casework.label_max_bytes;
    let observations = config.storage.observation_folder();
    let labels = LabelRoom::open(folder.clone(), max_bytes, Arc::clone(evidence), observations);
    let labels = labels.map_err(|error| {
        let cause = anyhow!("cannot open the labels in {}: {error}", folder.display());
        Stopped::new(exit::LEDGER, cause)
    })?;
    Ok(NewClerk { vacancy, lines, labels, told })
}

/// The desk as delivery knows it.
struct FrontDesk(Arc<Desk>);

impl Inbox for FrontDesk {
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError> {
        self.0.take(message.topic, message.payload)
    }
}

/// The cameras' lines as casework knows them.
pub(super) struct CameraLines {
    pub(super) pool: Arc<Pool>,
    /// What ends the gateway.
    pub(super) failed: mpsc::Sender<Failure>,
}

impl CameraLines {
    fn change<T>(
        &self,
        device: &str,
        change: impl FnOnce(&mut Line, &Registrar) -> Result<T, Failure>,
    ) -> Option<T> {
        match self.pool.change_named(device, change)? {
            Ok(changed) => Some(changed),
            Err(failure) => {
                self.fail(failure);
                None
            }
        }
    }

    fn fail(&self, failure: Failure) {
        // A full channel means that a failure is already on its way to stop the gateway.
        drop(self.failed.try_send(failure));
    }
}

impl Lines for CameraLines {
    fn follow_case(&self, device: &str, alert: (Uuid, &str), file: &CaseFile) -> bool {
        self.change(device, |line, registrar| line.follow_case(alert, file, registrar)).is_some()
    }

    fn check_now(&self, device: &str, alert_id: Uuid, msg_id: Uuid) -> bool {
        self.change(device, |line, registrar| line.check_now(alert_id, msg_id, registrar))
            .unwrap_or(false)
    }

    fn mute(
        &self,
        device: Option<&str>,
        choose: &dyn Fn(&str, &str, &str) -> bool,
        lasts: Duration,
    ) -> usize {
        let devices = device.map_or_else(|| self.pool.names(), |device| vec![device.to_owned()]);
        let muted = devices.iter().filter_map(|device| {
            self.change(device, |line, registrar| line.mute(choose, lasts, registrar))
        });
        muted.sum()
    }

    fn order_snapshot(&self, device: &str, order: SnapshotOrder) -> bool {
        let shown = Box::new(move |shown: Result<Evidence, String>| {
            order(shown.map(|Evidence { sha256, uri, captured_at, .. }| Snapshot {
                sha256,
                uri,
                captured_at,
            }));
        });
        self.change(device, |line, _| Ok(line.order_snapshot(shown))).unwrap_or(false)
    }

    fn pass_time(&self) {
        if let Err(failure) = self.pool.pass_time() {
            self.fail(failure);
        }
    }
}
