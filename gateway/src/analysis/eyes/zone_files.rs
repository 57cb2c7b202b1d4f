//! How the zones of cameras look when nothing new stands in them, on disk: for the next start.
//!
//! One file for each camera: a mark with the version, then the references of all its zones, as the eye's
//! protocol writes them. They are pictures that nobody has masked, so private parts are blank and the rest is
//! sealed, as clips are. A file that is damaged is said once and learned anew.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use eye::Reference;
use runtime::metrics;
use scene::MOST_STANDING_ZONES;
use tracing::{info, warn};

use crate::analysis::privacy_zones::PrivacyZones;
use crate::evidence::{OriginalError, Originals};

/// Begins a file; the digit is the version.
const MARK: [u8; 4] = *b"GWZ3";

/// What a file's name ends with.
const EXTENSION: &str = "zones";

/// The files of all cameras. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ZoneFiles(Arc<Files>);

struct Files {
    folder: PathBuf,
    seal: Arc<Originals>,
    /// What nobody may look into.
    private: PrivacyZones,
    /// Whether the latest file could not be written. Held while one is written: two eyes may tell of
    /// one camera at once.
    failing: Mutex<bool>,
}

/// Why a file says nothing.
#[derive(Debug, thiserror::Error)]
enum ZoneFileError {
    #[error(transparent)]
    Unreadable(#[from] io::Error),
    #[error("another version of the gateway wrote it")]
    OtherVersion,
    #[error("it is damaged")]
    Damaged,
    #[error(transparent)]
    Sealed(#[from] OriginalError),
}

impl ZoneFiles {
    /// Those in `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open(
        folder: PathBuf,
        seal: Arc<Originals>,
        private: PrivacyZones,
    ) -> io::Result<Self> {
        filing::make_folder(&folder)?;
        Ok(Self(Arc::new(Files { folder, seal, private, failing: Mutex::new(false) })))
    }

    /// Takes what is private now out of what is kept of a camera.
    pub(crate) fn blank(&self, camera: &str) {
        self.read(camera);
    }

    /// What is kept of a camera's zones; nothing if nothing can be read. What has become private meanwhile
    /// is gone from then on.
    pub(super) fn read(&self, camera: &str) -> Vec<Reference> {
        let path = self.path(camera);
        match read(&path, &self.0.seal, &name(camera)) {
            Ok(references) => {
                let blanked = self.blanked(camera, &references);
                if blanked != references {
                    self.write(camera, &references);
                }
                blanked
            }
            Err(ZoneFileError::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
                Vec::new()
            }
            Err(error) => {
                warn!(camera, path = %path.display(), %error, "the zones are learned anew");
                Vec::new()
            }
        }
    }

    /// Keeps these of a camera's zones, in place of what was kept. A full disk costs them, no alert.
    pub(super) fn write(&self, camera: &str, references: &[Reference]) {
        let mut failing = self.0.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let references = self.blanked(camera, references);
        match write(&self.path(camera), &references, (&self.0.seal, &name(camera))) {
            Ok(()) => {
                if std::mem::take(&mut *failing) {
                    info!("how zones look is kept again");
                }
            }
            Err(error) => {
                metrics::zones_not_kept(camera);
                if !std::mem::replace(&mut *failing, true) {
                    warn!(%error, "how zones look is not kept; a restart will learn it anew");
                }
            }
        }
    }

    /// Forgets a camera.
    pub(crate) fn forget(&self, camera: &str) {
        let _one_at_a_time = self.0.failing.lock().unwrap_or_else(PoisonError::into_inner);
        remove(&self.path(camera));
    }

    /// Forgets the cameras that are not configured.
    pub(crate) fn keep_only(&self, is_configured: impl Fn(&str) -> bool) {
        let entries = std::fs::read_dir(&self.0.folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            let camera = path.file_stem().and_then(|stem| stem.to_str());
            let is_ours = path.extension().is_some_and(|it| it == EXTENSION);
            if is_ours && camera.is_some_and(|camera| !is_configured(camera)) {
                remove(&path);
            }
        }
    }

    /// Without what is private.
    fn blanked(&self, camera: &str, references: &[Reference]) -> Vec<Reference> {
        let private = self.0.private.of(camera);
        let without = |it: &Reference| it.blanked(&private).unwrap_or_else(|| it.clone());
        references.iter().map(without).collect()
    }

    fn path(&self, camera: &str) -> PathBuf {
        // An id may hold a dot.
        self.0.folder.join(format!("{camera}.{EXTENSION}"))
    }
}

fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            warn!(path = %path.display(), %error, "the file of a camera that is gone stays");
        }
        _ => {}
    }
}

/// What a camera's file is bound to, so that two cannot be swapped.
fn name(camera: &str) -> String {
    format!("zones of {camera}")
}

fn read(path: &Path, seal: &Originals, name: &str) -> Result<Vec<Reference>, ZoneFileError> {
    let bytes = filing::read(path)?;
    let (mark, sealed) = bytes.split_first_chunk::<4>().ok_or(ZoneFileError::Damaged)?;
    if *mark != MARK {
        let is_ours = mark.starts_with(b"GWZ");
        return Err(if is_ours { ZoneFileError::OtherVersion } else { ZoneFileError::Damaged });
    }
    let body = seal.open(sealed, name)?;
    let references: Vec<Reference> =
        postcard::from_bytes(&body).map_err(|_| ZoneFileError::Damaged)?;
    let is_sound =
        references.len() <= MOST_STANDING_ZONES && references.iter().all(Reference::is_sound);
    if is_sound { Ok(references) } else { Err(ZoneFileError::Damaged) }
}

fn write(
    path: &Path,
    references: &[Reference],
    (seal, name): (&Originals, &str),
) -> io::Result<()> {
    let body = postcard::to_stdvec(references).map_err(io::Error::other)?;
    let sealed = seal.seal(&body, name).map_err(io::Error::other)?;
    filing::replace(path, |file| {
        file.write_all(&MARK)?;
        file.write_all(&sealed)
    })
}

#[cfg(test)]
mod tests;
