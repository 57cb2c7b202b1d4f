//! The evidence folder: files named by their SHA-256, never half written, bounded in bytes.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest, Sha256};
use tracing::{info, warn};

/// Why evidence could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}: {source}", .path.display())]
pub(crate) struct StoreError {
    action: &'static str,
    path: PathBuf,
    source: io::Error,
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// Lower-case hexadecimal SHA-256 of the bytes; also the file's name.
    pub(crate) sha256: String,
    /// Length in bytes.
    pub(crate) bytes: u64,
}

/// The evidence folder of one gateway.
#[derive(Debug)]
pub(crate) struct EvidenceStore {
    folder: PathBuf,
    max_bytes: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Oldest first.
    files: VecDeque<(PathBuf, u64)>,
    bytes: u64,
}

impl EvidenceStore {
    /// Opens `folder`, making it if need be, and counts what is in it.
    ///
    /// # Errors
    /// If the folder cannot be made or read.
    pub(crate) fn open(folder: &Path, max_bytes: u64) -> Result<Self, StoreError> {
        let fail = |action| move |source| StoreError { action, path: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(fail("make the evidence folder"))?;
        let mut found: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail("read the evidence folder"))? {
            let entry = entry.map_err(fail("read the evidence folder"))?;
            let metadata = entry.metadata().map_err(fail("read the evidence folder"))?;
            if entry.path().extension().is_some_and(|extension| extension == "part") {
                // Left over from a power cut; no alert names it.
                fs::remove_file(entry.path()).map_err(fail("tidy the evidence folder"))?;
                continue;
            }
            let modified_at = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push((modified_at, entry.path(), metadata.len()));
        }
        found.sort();
        let bytes = found.iter().map(|(_, _, bytes)| bytes).sum();
        let files = found.into_iter().map(|(_, path, bytes)| (path, bytes)).collect();
        let kept = Mutex::new(Kept { files, bytes });
        Ok(Self { folder: folder.to_owned(), max_bytes, kept })
    }

    /// Writes `jpeg` durably: after return it survives a power cut.
    ///
    /// # Errors
    /// Full or read-only disk.
    pub(crate) fn put(&self, jpeg: &[u8]) -> Result<Stored, StoreError> {
        let sha256 = hex(&Sha256::digest(jpeg));
        let path = self.path(&sha256);
        let bytes = jpeg.len() as u64;
        // One writer at a time: two cameras may bring the same picture.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if path.exists() {
            return Ok(Stored { sha256, bytes });
        }
        let partial = path.with_extension("part");
        let fail = |source| StoreError { action: "write evidence", path: path.clone(), source };
        let write = || -> io::Result<()> {
            let mut file = File::create(&partial)?;
            file.write_all(jpeg)?;
            file.sync_all()?;
            fs::rename(&partial, &path)?;
            // The new name itself must reach the disk (man 2 fsync).
            File::open(&self.folder)?.sync_all()
        };
        if let Err(source) = write() {
            if let Err(error) = fs::remove_file(&partial)
                && error.kind() != io::ErrorKind::NotFound
            {
                warn!(%error, path = %partial.display(), "cannot remove a half-written file");
            }
            return Err(fail(source));
        }
        kept.add(path, bytes, self.max_bytes);
        Ok(Stored { sha256, bytes })
    }

    /// The file with this digest, if `sha256` is one and it is still kept.
    pub(crate) fn find(&self, sha256: &str) -> Option<PathBuf> {
        let is_digest = sha256.len() == 64
            && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let path = self.path(sha256);
        (is_digest && path.is_file()).then_some(path)
    }

    /// Digests of the latest files, newest first, `count` at most.
    pub(crate) fn latest(&self, count: usize) -> Vec<String> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let stems = kept.files.iter().rev().filter_map(|(path, _)| path.file_stem()?.to_str());
        stems.take(count).map(str::to_owned).collect()
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}.jpg"))
    }
}

impl Kept {
    /// Counts a new file in, and removes the oldest while there is too much.
    fn add(&mut self, path: PathBuf, bytes: u64, max_bytes: u64) {
        self.files.push_back((path, bytes));
        self.bytes += bytes;
        while self.bytes > max_bytes && self.files.len() > 1 {
            let Some((oldest, bytes)) = self.files.pop_front() else { return };
            self.bytes -= bytes;
            match fs::remove_file(&oldest) {
                Ok(()) => info!(path = %oldest.display(), "evidence quota reached, oldest removed"),
                Err(error) => warn!(%error, path = %oldest.display(), "cannot remove old evidence"),
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_it_was_given_under_its_digest() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = EvidenceStore::open(folder.path(), 1000).expect("opens");
        let stored = store.put(b"abc").expect("stores");
        // FIPS 180-2 appendix B.1.
        assert_eq!(
            stored.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let path = store.find(&stored.sha256).expect("found");
        assert_eq!(fs::read(path).expect("readable"), b"abc");
        assert_eq!(store.find("../../etc/passwd"), None);
    }

    #[test]
    fn stays_within_its_quota_across_restarts_and_removes_the_oldest() {
        let folder = tempfile::tempdir().expect("temporary folder");
        let store = EvidenceStore::open(folder.path(), 25).expect("opens");
        let first = store.put(&[1; 10]).expect("stores");
        let second = store.put(&[2; 10]).expect("stores");
        // The file system's clock may be too coarse to tell two quick writes apart.
        let first_file = File::open(store.find(&first.sha256).expect("kept")).expect("opens");
        first_file.set_modified(SystemTime::UNIX_EPOCH).expect("made older");
        drop(store);
        fs::write(folder.path().join("left.part"), [0; 10]).expect("a torn write");
        let store = EvidenceStore::open(folder.path(), 25).expect("opens");
        let third = store.put(&[3; 10]).expect("stores");
        assert_eq!(store.find(&first.sha256), None);
        assert!(store.find(&second.sha256).is_some() && store.find(&third.sha256).is_some());
        assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 2);
    }
}
