//! The state folder.

use anyhow::anyhow;
use archive::Archive;
use ledger::Ledger;

use crate::config;
use crate::exit::{self, Stopped};

/// What lies in the state folder.
pub(super) struct Storage {
    pub(super) ledger: Ledger,
    pub(super) observations: Archive,
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
    Ok(Storage { ledger, observations })
}
