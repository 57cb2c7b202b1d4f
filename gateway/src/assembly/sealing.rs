//! The key that seals what is not masked: in the state folder, or better elsewhere.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use tracing::{error, warn};

use crate::config::Config;
use crate::evidence::Originals;
use crate::exit::{self, Stopped};

/// What systemd calls the folder of a service's credentials (systemd.exec(5)).
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
/// What the key is called among them.
const CREDENTIAL: &str = "originals.key";

/// The key that the configuration names, or that systemd gives as the credential `originals.key`;
/// without either, that of the state folder, made at first use.
///
/// # Errors
/// If it cannot be read or made, if others can reach it, or if the state folder holds another one.
pub(super) fn sealing_key(config: &Config) -> Result<Originals, Stopped> {
    let at_home = config.storage.originals_key_file();
    let folder = env::var_os(CREDENTIALS).map(PathBuf::from);
    let credential = folder.map(|folder| folder.join(CREDENTIAL)).filter(|file| file.is_file());
    let key = match config.evidence.originals_key_file.clone().or(credential) {
        Some(elsewhere) => key_elsewhere(&elsewhere, &at_home),
        None => {
            if !at_home.exists() && holds_sealed(&config.storage.evidence_folder()) {
                error!(
                    "the key {} is gone: what it sealed cannot be opened any more, and a new key is \
                     made; put the old one back if you have it",
                    at_home.display()
                );
            }
            Originals::open_key(&at_home).map_err(anyhow::Error::from)
        }
    };
    key.map_err(|cause| Stopped::new(exit::CONFIG, cause))
}

fn key_elsewhere(elsewhere: &Path, at_home: &Path) -> anyhow::Result<Originals> {
    filing::check_key(elsewhere)?;
    let key = Originals::read_key(elsewhere)?;
    let (shown, home) = (elsewhere.display(), at_home.display());
    match filing::read(at_home) {
        Ok(other) if filing::read(elsewhere)? == other => warn!(
            "the key {shown} also lies in the state folder, where it opens what it seals: remove \
             it there with: shred -u {home}"
        ),
        Ok(_) => {
            return Err(anyhow!(
                "{home} is another key than {shown}: what it sealed could not be opened any more; \
                 use {home} as the key, or remove it together with what it sealed"
            ));
        }
        Err(_) => {}
    }
    Ok(key)
}

/// Whether an evidence folder holds anything that needs the key.
fn holds_sealed(folder: &Path) -> bool {
    let files = folder.read_dir().into_iter().flatten().flatten();
    files.map(|file| file.path()).any(|path| path.extension().is_some_and(|it| it == "sealed"))
}
