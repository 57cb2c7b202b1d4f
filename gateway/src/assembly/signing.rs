//! The key that signs alerts.

use super::storage::make_state_dir;
use crate::config::Config;
use crate::exit::{self, Stopped};
use signature::SigningKey;

/// The key that the configuration names; without one, that of the state folder, made at first use.
///
/// # Errors
/// If it cannot be read or made.
pub(crate) fn signing_key(config: &Config) -> Result<SigningKey, Stopped> {
    make_state_dir(&config.storage)?;
    let refuse = |cause: anyhow::Error| Stopped::new(exit::CONFIG, cause);
    let key = match &config.evidence.signing_key_file {
        Some(file) => {
            filing::check_key(file).map_err(|error| refuse(error.into()))?;
            SigningKey::load(file)
        }
        None => SigningKey::load_or_make(&config.storage.signing_key_file()),
    };
    key.map_err(|error| refuse(error.into()))
}
