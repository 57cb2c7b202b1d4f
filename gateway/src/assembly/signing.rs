//! The key that signs alerts, and verifying what it signed.

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};

use super::{Stopped, build, exit};
use crate::config::Config;
use crate::signature::{PublicKey, SigningKey};

/// `gridwhistle key`: the public key, as PEM.
///
/// # Errors
/// Every fault of the folder, or of the key.
pub(crate) fn public_key(folder: &Path) -> Result<String, Stopped> {
    let config = build::load_config(folder)?;
    build::make_state_dir(&config.storage)?;
    Ok(signing_key(&config)?.public().to_pem())
}

/// The key that the configuration names; without one, that of the state folder, made at first use.
pub(super) fn signing_key(config: &Config) -> Result<SigningKey, Stopped> {
    let key = match &config.evidence.signing_key_file {
        Some(file) => SigningKey::load(file),
        None => SigningKey::load_or_make(&config.storage.state_dir.join("signing.key")),
    };
    key.map_err(|error| Stopped::new(exit::CONFIG, error))
}

/// `gridwhistle verify`: the report about a message that is as it was signed.
///
/// # Errors
/// If it is not, with the same report; if a file cannot be read.
pub(crate) fn verify(file: &Path, key: &Path, evidence: Option<&Path>) -> Result<String, Stopped> {
    let key = PublicKey::load(key).map_err(|error| Stopped::new(exit::NO_INPUT, error))?;
    let message = fs::read(file)
        .with_context(|| format!("cannot read {}", file.display()))
        .map_err(|error| Stopped::new(exit::NO_INPUT, error))?;
    let shown = file.display();
    let verdict = crate::signature::verify(&message, &key, evidence)
        .map_err(|error| Stopped::new(exit::NOT_VALID, anyhow!("{shown}: {error}")))?;
    if verdict.is_valid() {
        return Ok(verdict.to_string());
    }
    Err(Stopped::new(exit::NOT_VALID, anyhow!("{shown}:\n{}", verdict.to_string().trim_end())))
}
