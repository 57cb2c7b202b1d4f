//! The files of all cameras, `<camera>/<yyyymmdd>.obs`: appended to, and removed when too old.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use scene::CaptureTime;

use crate::day::Day;
use crate::error::ArchiveError;

/// The extension of a day's file.
const EXTENSION: &str = "obs";

/// The nanoseconds of a time of writing that a clock has vouched for which is believed: they say so
/// after a restart. The system writes them once in a thousand million files. A file system that keeps
/// no nanoseconds loses them: there, age counts from each start.
const VOUCHED_NANOS: u32 = 123_456_789;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days (UTC) with the present one, from 1. Older ones go when [`crate::Archive::expire`] is called.
    pub days: u16,
    /// Size of all files together; those that were written least recently go first.
    pub max_bytes: u64,
}

impl Default for Retention {
    /// A week and the present day; a gibibyte.
    fn default() -> Self {
        Self { days: 8, max_bytes: 1024 * 1024 * 1024 }
    }
}

/// What lies in the folder.
#[derive(Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    retention: Retention,
    files: Mutex<Files>,
}

#[derive(Debug, Default)]
struct Files {
    kept: BTreeMap<(Day, String), Kept>,
    bytes: u64,
    /// Rises with every writing.
    writes: u64,
}

#[derive(Debug, Default)]
struct Kept {
    bytes: u64,
    /// Number of the latest writing. Days are told by cameras, whose clocks may be wrong.
    written: u64,
    /// When a clock that is believed first saw it as it is.
    vouched_at: Option<SystemTime>,
}

impl Shelf {
    /// Looks what lies in `folder`; makes it if there is none.
    pub(crate) fn open(folder: &Path, retention: Retention) -> Result<Self, ArchiveError> {
        filing::make_folder(folder).map_err(ArchiveError::of("make the folder", folder))?;
        let mut found = Vec::new();
        for camera in cameras(folder)? {
            for (day, path) in days(folder, &camera)? {
                let metadata = path.metadata().map_err(ArchiveError::of("look at", &path))?;
                let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                let vouched_at = Some(modified).filter(|at| is_vouched(*at));
                let is_fresh = vouched_at.is_none();
                found.push((is_fresh, modified, day, camera.clone(), metadata.len()));
            }
        }
        found.sort();
        let mut files = Files::default();
        for (is_fresh, modified, day, camera, bytes) in found {
            files.add(day, &camera, bytes).vouched_at = (!is_fresh).then_some(modified);
        }
        Ok(Self { folder: folder.to_owned(), retention, files: Mutex::new(files) })
    }

    /// Adds a block to the file of a camera's day. Nothing waits for the disk: after a power cut
    /// the latest blocks may be missing or torn.
    pub(crate) fn append(&self, camera: &str, day: Day, frame: &[u8]) -> Result<(), ArchiveError> {
        let folder = self.folder.join(camera);
        filing::make_folder(&folder).map_err(ArchiveError::of("make the folder", &folder))?;
        let path = folder.join(format!("{day}.{EXTENSION}"));
        let write = || -> io::Result<()> {
            // Opened each time: the file may have been removed to make room.
            filing::append(&path)?.write_all(frame)
        };
        let written = write().map_err(ArchiveError::of("write observations to", &path));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        files.add(day, camera, frame.len() as u64);
        written
    }

    /// Removes the oldest files while there is too much. The latest file stays, however large.
    pub(crate) fn make_room(&self) -> Result<(), ArchiveError> {
        self.shrink_to(self.retention.max_bytes).map(|_| ())
    }

    /// Removes the oldest files until `bytes` are gone; gives how many are. The latest file stays.
    pub(crate) fn give_up(&self, bytes: u64) -> Result<u64, ArchiveError> {
        self.shrink_to(self.bytes().saturating_sub(bytes))
    }

    fn shrink_to(&self, max_bytes: u64) -> Result<u64, ArchiveError> {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let before = files.bytes;
        while files.bytes > max_bytes && files.kept.len() > 1 {
            let oldest = files.kept.iter().min_by_key(|(_, kept)| kept.written);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            self.remove(&mut files, &key)?;
        }
        Ok(before - files.bytes)
    }

    /// Removes up to `at_most` files that are too old at `now`, by their day and by how long they
    /// have been seen; gives how many.
    pub(crate) fn expire(&self, now: CaptureTime, at_most: usize) -> Result<usize, ArchiveError> {
        let days = self.retention.days.saturating_sub(1);
        let first_kept = Day::of(now).before(days);
        let (now, term) = (system_time(now), Duration::from_hours(24) * u32::from(days));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut old = Vec::new();
        for ((day, camera), kept) in &mut files.kept {
            // Later than now: vouched for by a clock that was wrong after all.
            let vouched_at = kept.vouched_at.filter(|at| *at <= now);
            if vouched_at.is_none() {
                self.vouch(&self.path(*day, camera), now)?;
                kept.vouched_at = Some(now);
            }
            let seen_for = vouched_at.and_then(|at| now.duration_since(at).ok());
            if *day < first_kept && seen_for.is_some_and(|seen_for| seen_for >= term) {
                old.push((*day, camera.clone()));
            }
        }
        old.truncate(at_most);
        for key in &old {
            self.remove(&mut files, key)?;
        }
        Ok(old.len())
    }

    fn vouch(&self, path: &Path, now: SystemTime) -> Result<(), ArchiveError> {
        let whole = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let at = SystemTime::UNIX_EPOCH + Duration::new(whole, VOUCHED_NANOS);
        let write = || File::open(path)?.set_modified(at);
        match write() {
            // Whoever removed it wanted the room.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ArchiveError::of("note the age of", path)(error))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, day: Day, camera: &str) -> PathBuf {
        self.folder.join(camera).join(format!("{day}.{EXTENSION}"))
    }

    fn remove(&self, files: &mut Files, key: &(Day, String)) -> Result<(), ArchiveError> {
        // It leaves the list even if the disk refuses: the next start counts it again.
        let Some(kept) = files.kept.remove(key) else { return Ok(()) };
        files.bytes = files.bytes.saturating_sub(kept.bytes);
        let (day, camera) = key;
        let path = self.path(*day, camera);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(ArchiveError::of("remove old observations", path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The size of all files together.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }
}

impl Files {
    fn add(&mut self, day: Day, camera: &str, bytes: u64) -> &mut Kept {
        self.bytes += bytes;
        self.writes += 1;
        let kept = self.kept.entry((day, camera.to_owned())).or_default();
        *kept = Kept { bytes: kept.bytes + bytes, written: self.writes, vouched_at: None };
        kept
    }
}

fn is_vouched(at: SystemTime) -> bool {
    at.duration_since(SystemTime::UNIX_EPOCH).is_ok_and(|at| at.subsec_nanos() == VOUCHED_NANOS)
}

fn system_time(at: CaptureTime) -> SystemTime {
    let micros = u64::try_from(at.unix_micros()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

/// The cameras of which `folder` holds observations, by name; none if there is no such folder.
///
/// # Errors
/// If it cannot be read.
pub fn cameras(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let mut found = Vec::new();
    for name in names(folder)? {
        if !days(folder, &name)?.is_empty() {
            found.push(name);
        }
    }
    Ok(found)
}

/// The files of one camera, the oldest first.
pub(crate) fn days(folder: &Path, camera: &str) -> Result<Vec<(Day, PathBuf)>, ArchiveError> {
    let folder = folder.join(camera);
    let mut found = Vec::new();
    for name in names(&folder)? {
        let stem = name.strip_suffix(EXTENSION).and_then(|stem| stem.strip_suffix('.'));
        if let Some(day) = stem.and_then(Day::parse) {
            found.push((day, folder.join(name)));
        }
    }
    found.sort();
    Ok(found)
}

/// What lies in a folder, by name.
fn names(folder: &Path) -> Result<Vec<String>, ArchiveError> {
    let fail = || ArchiveError::of("read the folder", folder);
    let entries = match folder.read_dir() {
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(Vec::new());
        }
        entries => entries.map_err(fail())?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.extend(entry.map_err(fail())?.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}
