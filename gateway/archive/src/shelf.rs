//! The files of all cameras, `<camera>/<yyyymmdd>.obs`: appended to, and removed when too old.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::day::Day;
use crate::error::ArchiveError;

/// The extension of a day's file.
const EXTENSION: &str = "obs";

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days (UTC) with the present one, from 1. Older ones go when [`crate::Archive::expire`] is called.
    pub days: u16,
    /// Size of all files together; the oldest days go first.
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
    /// Sizes, the oldest day first.
    bytes_of: BTreeMap<(Day, String), u64>,
    bytes: u64,
}

impl Shelf {
    /// Looks what lies in `folder`; makes it if there is none.
    pub(crate) fn open(folder: &Path, retention: Retention) -> Result<Self, ArchiveError> {
        filing::make_folder(folder).map_err(ArchiveError::of("make the folder", folder))?;
        let mut files = Files::default();
        for camera in cameras(folder)? {
            for (day, path) in days(folder, &camera)? {
                let metadata = path.metadata().map_err(ArchiveError::of("look at", &path))?;
                files.add(day, &camera, metadata.len());
            }
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
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        while files.bytes > self.retention.max_bytes && files.bytes_of.len() > 1 {
            self.remove_oldest(&mut files)?;
        }
        Ok(())
    }

    /// Removes up to `at_most` files that are too old on `today`; gives how many.
    pub(crate) fn expire(&self, today: Day, at_most: usize) -> Result<usize, ArchiveError> {
        let first_kept = today.before(self.retention.days.saturating_sub(1));
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = 0;
        while removed < at_most
            && files.bytes_of.keys().next().is_some_and(|(day, _)| *day < first_kept)
        {
            self.remove_oldest(&mut files)?;
            removed += 1;
        }
        Ok(removed)
    }

    fn remove_oldest(&self, files: &mut Files) -> Result<(), ArchiveError> {
        // It leaves the list even if the disk refuses: the next start counts it again.
        let Some(((day, camera), bytes)) = files.bytes_of.pop_first() else { return Ok(()) };
        files.bytes = files.bytes.saturating_sub(bytes);
        let path = self.folder.join(camera).join(format!("{day}.{EXTENSION}"));
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
    fn add(&mut self, day: Day, camera: &str, bytes: u64) {
        *self.bytes_of.entry((day, camera.to_owned())).or_default() += bytes;
        self.bytes += bytes;
    }
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
