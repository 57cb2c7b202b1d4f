//! A start on a disk that is full: what may be freed goes first, then the ledger is opened.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use archive::Archive;
use ledger::LedgerError;
use runtime::Recurring;
use tracing::{error, info, warn};

use super::storage::{Storage, open_storage};
use crate::config::Config;
use crate::evidence::EvidenceStore;
use crate::exit::Stopped;

/// The ledger is given so much at a time: enough to begin, and for thousands of alerts.
const STEP_BYTES: u64 = 16 * 1024 * 1024;

/// What a start needs: the ledger's log, its index, and a trial whether alerts can be written.
const NEEDED_BYTES: u64 = 2 * 1024 * 1024;

/// How often it is tried again when nothing can be freed.
const RETRY: Duration = Duration::from_secs(10);

/// Opens what lies in the state folder. While the disk is full, observations and evidence that are oldest
/// give way to it; if none is left, it is told and tried again after each `pause`, which gives whether to go
/// on.
///
/// # Errors
/// If it cannot be read, or if `pause` says to end.
pub(super) fn open_in_any_case(
    config: &Config,
    mut pause: impl FnMut(Duration) -> bool,
) -> Result<Storage, Stopped> {
    let mut faults = Recurring::default();
    loop {
        let opened = open_storage(&config.storage);
        let refusal = match &opened {
            Ok(storage) => storage.ledger.check_room().err().filter(is_full),
            Err(stopped) if is_full_below(&stopped.cause) => None,
            Err(_) => return opened,
        };
        if opened.is_ok() && refusal.is_none() {
            if faults.has_happened() {
                info!("there is room on the disk again; the start goes on");
            }
            return opened;
        }
        let folder = config.storage.state_dir.display();
        let freed = free_some(config);
        if freed > 0 {
            warn!(
                bytes = freed,
                "the disk under {folder} is full: the oldest observations or evidence gave way"
            );
            continue;
        }
        match opened {
            Ok(storage) => {
                error!(
                    "the disk under {folder} is full and nothing of the gateway's own can give way: alerts that wait \
                     are delivered, new ones wait for room; free {NEEDED_BYTES} bytes or more there"
                );
                return Ok(storage);
            }
            Err(stopped) => {
                let cause = format!(
                    "{:#}; the disk under {folder} is full and nothing of the gateway's own can give way: free \
                     {NEEDED_BYTES} bytes or more there",
                    stopped.cause
                );
                if let Some(times) = faults.happens(&cause, Instant::now()) {
                    error!(times, again_in = ?RETRY, "the gateway cannot start: {cause}");
                }
                if !pause(RETRY) {
                    return Err(Stopped::new(stopped.code, anyhow!(cause)));
                }
            }
        }
    }
}

/// Removes the oldest of what alerts do not need: evidence beyond its share, then observations, then evidence.
/// Gives how many bytes.
fn free_some(config: &Config) -> u64 {
    let storage = &config.storage;
    let evidence = EvidenceStore::open(&storage.evidence_folder(), config.evidence.limits);
    let evidence = evidence.inspect_err(|error| warn!(%error, "evidence cannot give way")).ok();
    let beyond = evidence.as_ref().map_or(0, EvidenceStore::give_up_excess);
    if beyond > 0 {
        return beyond;
    }
    let observations = Archive::open(&storage.observation_folder(), storage.retention)
        .and_then(|archive| archive.give_up(STEP_BYTES))
        .inspect_err(|error| warn!(%error, "observations cannot give way"))
        .unwrap_or(0);
    if observations > 0 {
        return observations;
    }
    evidence.map_or(0, |evidence| evidence.give_up(STEP_BYTES))
}

/// Whether the disk is full, or a quota used up.
fn is_full(fault: &LedgerError) -> bool {
    matches!(fault, LedgerError::Full { .. })
}

/// The same of what stands behind an error.
fn is_full_below(cause: &anyhow::Error) -> bool {
    cause.chain().any(|it| {
        let system = it.downcast_ref::<io::Error>().map(io::Error::kind);
        it.downcast_ref::<LedgerError>().is_some_and(is_full)
            || matches!(system, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded))
    })
}
