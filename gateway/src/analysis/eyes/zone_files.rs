//! How the zones of cameras look when nothing new stands in them, on disk: for the next start.
//!
//! One file for each camera: a mark with the version, a CRC-32 of the rest, and the references of all
//! its zones, as the eye's protocol writes them. A file that is damaged is said once and learned anew.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use eye::Reference;
use runtime::metrics;
use scene::MOST_STANDING_ZONES;
use tracing::{info, warn};

/// Begins a file; the digit is the version.
const MARK: [u8; 4] = *b"GWZ1";

/// What a file's name ends with.
const EXTENSION: &str = "zones";

/// The files of all cameras. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ZoneFiles(Arc<Files>);

struct Files {
    folder: PathBuf,
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
}

impl ZoneFiles {
    /// Those in `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        filing::make_folder(&folder)?;
        Ok(Self(Arc::new(Files { folder, failing: Mutex::new(false) })))
    }

    /// What is kept of a camera's zones; nothing if nothing can be read.
    pub(super) fn read(&self, camera: &str) -> Vec<Reference> {
        let path = self.path(camera);
        match read(&path) {
            Ok(references) => references,
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
        match write(&self.path(camera), references) {
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

fn read(path: &Path) -> Result<Vec<Reference>, ZoneFileError> {
    let bytes = filing::read(path)?;
    let (mark, rest) = bytes.split_first_chunk::<4>().ok_or(ZoneFileError::Damaged)?;
    if *mark != MARK {
        let is_ours = mark.starts_with(b"GWZ");
        return Err(if is_ours { ZoneFileError::OtherVersion } else { ZoneFileError::Damaged });
    }
    let (checksum, body) = rest.split_first_chunk::<4>().ok_or(ZoneFileError::Damaged)?;
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(ZoneFileError::Damaged);
    }
    let references: Vec<Reference> =
        postcard::from_bytes(body).map_err(|_| ZoneFileError::Damaged)?;
    let is_sound = references.len() <= MOST_STANDING_ZONES
        && references.iter().all(Reference::is_of_possible_length);
    if is_sound { Ok(references) } else { Err(ZoneFileError::Damaged) }
}

fn write(path: &Path, references: &[Reference]) -> io::Result<()> {
    let body = postcard::to_stdvec(references).map_err(io::Error::other)?;
    filing::replace(path, |file| {
        file.write_all(&MARK)?;
        file.write_all(&crc32fast::hash(&body).to_le_bytes())?;
        file.write_all(&body)
    })
}

#[cfg(test)]
mod tests {
    use scene::{Point, Polygon};

    use super::*;

    fn reference(zone: &str) -> Reference {
        let corner = |x, y| Point { x, y };
        let outline = vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0)];
        let zone = eye::StandingZone::new(zone, &Polygon::new(outline).unwrap());
        Reference { zone, saved: vec![7; 1000] }
    }

    #[test]
    fn what_is_kept_comes_back_and_goes_with_its_camera() {
        let folder = tempfile::tempdir().unwrap();
        let files = ZoneFiles::open(folder.path().join("zones")).unwrap();
        let kept = vec![reference("cam-01.a"), reference("cam-01.b")];
        for camera in ["cam-01", "cam-01.north"] {
            files.write(camera, &kept);
        }
        let next = ZoneFiles::open(folder.path().join("zones")).unwrap();
        assert_eq!((next.read("cam-01"), next.read("cam-02")), (kept.clone(), Vec::new()));
        next.keep_only(|camera| camera != "cam-01");
        assert_eq!((next.read("cam-01"), next.read("cam-01.north")), (Vec::new(), kept));
        next.forget("cam-01.north");
        assert_eq!(next.read("cam-01.north"), Vec::new());
    }

    #[test]
    fn whatever_becomes_of_a_file_it_is_whole_or_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = ZoneFiles::open(folder.path().to_owned()).unwrap();
        let kept = vec![reference("cam-01.a")];
        files.write("cam-01", &kept);
        let path = folder.path().join("cam-01.zones");
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut spoilt = whole.clone();
            spoilt[at] ^= 0x10;
            std::fs::write(&path, &spoilt).unwrap();
            assert_eq!(files.read("cam-01"), Vec::new(), "{at}");
            std::fs::write(&path, &whole[..at]).unwrap();
            assert_eq!(files.read("cam-01"), Vec::new(), "{at}");
        }
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(files.read("cam-01"), kept);
    }
}
