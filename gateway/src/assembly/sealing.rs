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
    let credentials = env::var_os(CREDENTIALS).map(PathBuf::from);
    let key = match elsewhere(config.evidence.originals_key_file.as_deref(), credentials) {
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

/// What the configuration names comes before what systemd gives.
fn elsewhere(named: Option<&Path>, credentials: Option<PathBuf>) -> Option<PathBuf> {
    let credential =
        credentials.map(|folder| folder.join(CREDENTIAL)).filter(|file| file.is_file());
    named.map(Path::to_owned).or(credential)
}

/// The same key, to open what it sealed: none is ever made.
///
/// # Errors
/// If there is none, or if it cannot be read.
pub(crate) fn opening_key(config: &Config) -> Result<Originals, Stopped> {
    let credentials = env::var_os(CREDENTIALS).map(PathBuf::from);
    let elsewhere = elsewhere(config.evidence.originals_key_file.as_deref(), credentials);
    let file = elsewhere.unwrap_or_else(|| config.storage.originals_key_file());
    Originals::read_key(&file).map_err(|error| Stopped::new(exit::CONFIG, error))
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

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_elsewhere_is_used_and_never_beside_another() {
        let folder = tempfile::tempdir().unwrap();
        let (usb, home) = (folder.path().join("usb.key"), folder.path().join("originals.key"));
        let said = || key_elsewhere(&usb, &home).err().map(|error| error.to_string());
        assert!(said().unwrap().contains("cannot read the key"), "missing");
        fs::write(&usb, [7; 32]).unwrap();
        fs::set_permissions(&usb, Permissions::from_mode(0o644)).unwrap();
        assert!(said().unwrap().ends_with(&format!("run: chmod 600 {}", usb.display())));
        fs::set_permissions(&usb, Permissions::from_mode(0o400)).unwrap();
        assert_eq!(said(), None);
        assert!(!home.exists(), "none is made beside it");
        fs::write(&home, [7; 32]).unwrap();
        assert_eq!(said(), None, "the same: a warning");
        fs::write(&home, [8; 32]).unwrap();
        assert!(said().unwrap().contains("is another key than"));
    }

    #[test]
    fn systemd_gives_the_key_unless_the_configuration_names_one() {
        let folder = tempfile::tempdir().unwrap();
        let given = || Some(folder.path().to_owned());
        assert_eq!(elsewhere(None, None), None);
        assert_eq!(elsewhere(None, given()), None, "credentials without this one");
        let credential = folder.path().join("originals.key");
        fs::write(&credential, [7; 32]).unwrap();
        assert_eq!(elsewhere(None, given()), Some(credential));
        let named = Path::new("/media/key/originals.key");
        assert_eq!(elsewhere(Some(named), given()).as_deref(), Some(named));
    }
}
