//! The state folder.

use anyhow::anyhow;
use archive::Archive;
use ledger::Ledger;
use runtime::Steadiness;
use scene::CaptureTime;

use crate::config;
use crate::exit::{self, Stopped};

/// What lies in the state folder.
pub(super) struct Storage {
    pub(super) ledger: Ledger,
    pub(super) observations: Archive,
    /// The one time by which everything in it is old.
    pub(super) clock: Steadiness,
}

/// Makes the folder if it is missing, for the gateway's own user alone.
///
/// # Errors
/// If it cannot be made, or if others can reach what is in it.
pub(super) fn make_state_dir(storage: &config::Storage) -> Result<(), Stopped> {
    let path = &storage.state_dir;
    let refuse = |cause: anyhow::Error| {
        Stopped::new(exit::CONFIG, anyhow!("storage.state_dir {}: {cause}", path.display()))
    };
    if path.is_symlink() && !path.exists() {
        return Err(refuse(anyhow!("this link leads to nothing; make the folder that it names")));
    }
    if path.exists() && !path.is_dir() {
        return Err(refuse(anyhow!("this is no folder; move it away, or name another one")));
    }
    filing::make_folder(path).map_err(|error| refuse(anyhow!("cannot be made: {error}")))?;
    filing::check_private(path, config::Storage::is_ours).map_err(|error| refuse(error.into()))
}

/// Opens what lies in the state folder.
///
/// # Errors
/// If it cannot be read.
pub(super) fn open_storage(storage: &config::Storage) -> Result<Storage, Stopped> {
    make_state_dir(storage)?;
    let refuse = |error: anyhow::Error| Stopped::new(exit::LEDGER, error);
    let ledger = Ledger::open(&storage.ledger_file()).map_err(|e| refuse(e.into()))?;
    let observations = Archive::open(&storage.observation_folder(), storage.retention)
        .map_err(|e| refuse(e.into()))?;
    let clock = Steadiness::default();
    // It goes on from where the earlier run had come.
    let marked_at = ledger.marked_at().map_err(|e| refuse(e.into()))?;
    clock.resume(marked_at.map(CaptureTime::from_unix_micros));
    Ok(Storage { ledger, observations, clock })
}
