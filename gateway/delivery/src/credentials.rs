//! What a connection proves itself by: certificates, key and password, read from their files whole,
//! and read again when the files change.
//!
//! Files are looked at, not watched: that works on every file system, and two looks with the same
//! result tell that the writer is done. Credentials that cannot be used are reported, and the
//! earlier ones stay in use, in memory.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::ClientConfig;
use tokio::time::Instant;
use tracing::{error, info};

use crate::error::SetupError;
use crate::settings::{Identity, Login, Settings};
use crate::tls;

/// The latest credentials that could be used.
pub(super) struct Credentials {
    /// For `mqtts://`.
    tls: Option<Arc<ClientConfig>>,
    password: Option<String>,
    files: Vec<PathBuf>,
    /// The files as they were read, whether or not they could be used.
    read: Vec<Stamp>,
    /// The files at the last look, if they were others then.
    seen: Option<Vec<Stamp>>,
    look_at: Instant,
    refusal: Option<String>,
}

/// What changes when a file is written or replaced; none for a file that cannot be looked at.
type Stamp = Option<(SystemTime, u64, u64)>;

impl Credentials {
    /// Reads and checks all files that the settings name.
    ///
    /// # Errors
    /// The first file that is missing or wrong.
    pub(super) fn load(settings: &Settings) -> Result<Self, SetupError> {
        let files = files(settings);
        let read = stamps(&files);
        let (tls, password) = read_all(settings)?;
        let look_at = Instant::now() + settings.look_at_files;
        Ok(Self { tls, password, files, read, seen: None, look_at, refusal: None })
    }

    /// Looks at the files, if it is time to. Gives whether there are new credentials to use.
    pub(super) fn look(&mut self, settings: &Settings, now: Instant) -> bool {
        if self.files.is_empty() || now < self.look_at {
            return false;
        }
        self.look_at = now + settings.look_at_files;
        let stamps = stamps(&self.files);
        if stamps == self.read {
            self.seen = None;
            return false;
        }
        if self.seen.as_ref() != Some(&stamps) {
            self.seen = Some(stamps);
            return false;
        }
        self.seen = None;
        self.read = stamps;
        match read_all(settings) {
            Ok((tls, password)) => {
                info!("new certificates or password: connecting again with them");
                (self.tls, self.password, self.refusal) = (tls, password, None);
                true
            }
            Err(fault) => {
                error!(%fault, "new certificates or password cannot be used; the earlier ones stay");
                self.refusal = Some(format!("{fault}; the earlier ones stay in use"));
                false
            }
        }
    }

    /// When to look next; never without files.
    pub(super) fn look_at(&self) -> Option<Instant> {
        (!self.files.is_empty()).then_some(self.look_at)
    }

    /// Why what lies in the files now is not in use.
    pub(super) fn refusal(&self) -> Option<&String> {
        self.refusal.as_ref()
    }

    pub(super) fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.tls.clone()
    }

    pub(super) fn password(&self) -> Option<String> {
        self.password.clone()
    }
}

fn read_all(
    settings: &Settings,
) -> Result<(Option<Arc<ClientConfig>>, Option<String>), SetupError> {
    let tls = if settings.broker.tls { Some(tls::client_config(settings)?) } else { None };
    let password = settings.login.as_ref().map(Login::password).transpose()?;
    Ok((tls, password))
}

fn files(settings: &Settings) -> Vec<PathBuf> {
    let Settings { ca_file, identity, login, .. } = settings;
    let identity = identity.iter();
    let pair = identity.flat_map(|Identity { cert_file, key_file }| [cert_file, key_file]);
    let of_tls = ca_file.iter().chain(pair).filter(|_| settings.broker.tls);
    of_tls.chain(login.iter().map(|login| &login.password_file)).cloned().collect()
}

fn stamps(files: &[PathBuf]) -> Vec<Stamp> {
    files.iter().map(|file| stamp(file)).collect()
}

fn stamp(file: &Path) -> Stamp {
    let found = fs::metadata(file).ok()?;
    Some((found.modified().ok()?, found.len(), found.ino()))
}
