//! The files of the evidence folder, oldest first.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use scene::CaptureTime;
use tracing::{info, warn};

use super::store_error::StoreError;
use runtime::metrics;

/// What lies in the folder.
#[derive(Debug, Default)]
pub(super) struct FileIndex {
    /// Oldest first.
    files: VecDeque<Kept>,
    bytes: u64,
}

#[derive(Debug)]
struct Kept {
    path: PathBuf,
    bytes: u64,
    written_at: CaptureTime,
}

impl FileIndex {
    /// Counts what is in `folder`, and clears away what a power cut left half written.
    pub(super) fn read(folder: &Path) -> Result<Self, StoreError> {
        let fail = StoreError::of("read the evidence folder", folder);
        let mut found: Vec<Kept> = Vec::new();
        for entry in fs::read_dir(folder).map_err(&fail)? {
            let entry = entry.map_err(&fail)?;
            let (path, metadata) = (entry.path(), entry.metadata().map_err(&fail)?);
            if path.extension().is_some_and(|extension| extension == "part") {
                // No alert names it.
                fs::remove_file(&path)
                    .map_err(StoreError::of("remove the half-written file", &path))?;
                continue;
            }
            let written_at = capture_time(metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            found.push(Kept { path, bytes: metadata.len(), written_at });
        }
        found.sort_by(|one, other| {
            one.written_at.cmp(&other.written_at).then_with(|| one.path.cmp(&other.path))
        });
        let bytes = found.iter().map(|kept| kept.bytes).sum();
        Ok(Self { files: found.into(), bytes })
    }

    /// Counts a new file in. One that was there already counts as new.
    pub(super) fn add(&mut self, path: PathBuf, bytes: u64, written_at: CaptureTime) {
        if let Some(at) = self.files.iter().rposition(|kept| kept.path == path)
            && let Some(kept) = self.files.remove(at)
        {
            self.bytes -= kept.bytes;
        }
        self.files.push_back(Kept { path, bytes, written_at });
        self.bytes += bytes;
    }

    /// When the file at `path` was written, if it is here.
    pub(super) fn written_at(&self, path: &Path) -> Option<CaptureTime> {
        self.files.iter().find(|kept| kept.path == path).map(|kept| kept.written_at)
    }

    /// The file at `old` is now the one at `new`, as old as before.
    pub(super) fn replace(&mut self, old: &Path, new: &Path, bytes: u64) {
        // A start that was interrupted may have left both.
        self.files.retain(|kept| {
            let is_double = kept.path == new;
            self.bytes -= if is_double { kept.bytes } else { 0 };
            !is_double
        });
        if let Some(kept) = self.files.iter_mut().find(|kept| kept.path == old) {
            self.bytes = self.bytes - kept.bytes + bytes;
            (kept.path, kept.bytes) = (new.to_owned(), bytes);
        }
    }

    /// Removes up to `at_most` files that were written before `limit`; gives how many. A file dated
    /// after `now`, by a clock that ran ahead, counts as written now.
    pub(super) fn expire(&mut self, now: CaptureTime, limit: CaptureTime, at_most: usize) -> usize {
        let mut removed = 0;
        for mut kept in std::mem::take(&mut self.files) {
            kept.written_at = kept.written_at.min(now);
            if kept.written_at < limit && removed < at_most {
                self.remove(&kept, "expired");
                removed += 1;
            } else {
                self.files.push_back(kept);
            }
        }
        removed
    }

    pub(super) fn shrink_to(&mut self, max_bytes: u64) {
        while self.bytes > max_bytes {
            if !self.remove_oldest("quota reached") {
                return;
            }
        }
    }

    /// False if there is none left.
    pub(super) fn remove_oldest(&mut self, reason: &'static str) -> bool {
        let Some(oldest) = self.files.pop_front() else { return false };
        self.remove(&oldest, reason);
        true
    }

    fn remove(&mut self, kept: &Kept, reason: &'static str) {
        self.bytes -= kept.bytes;
        metrics::evidence_removed(reason);
        match fs::remove_file(&kept.path) {
            Ok(()) => info!(path = %kept.path.display(), reason, "evidence removed"),
            Err(error) => warn!(%error, path = %kept.path.display(), "cannot remove old evidence"),
        }
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().rev().map(|kept| kept.path.as_path())
    }

    /// Shows in the metrics how much there is.
    pub(super) fn show(&self) {
        metrics::evidence_kept(self.files.len(), self.bytes);
    }
}

/// As the time of writing of a file, which survives a restart.
pub(super) fn system_time(at: CaptureTime) -> SystemTime {
    let micros = u64::try_from(at.unix_micros()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

fn capture_time(at: SystemTime) -> CaptureTime {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    CaptureTime::from_unix_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
