//! The files of the evidence folder, oldest first.

use std::collections::VecDeque;
use std::fs::{self, File};
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
    /// Whether a clock that is believed has seen it; its time of writing is counted by that clock.
    is_vouched: bool,
}

/// A file's time of writing has whole microseconds. This one more says that it is vouched for, so that
/// a restart knows it. A file system that keeps no nanoseconds loses it: there, age counts from each
/// start.
const VOUCHED_NANOS: u64 = 1;

/// A file that was written by a clock which is only a little off keeps its time of writing.
const PLAUSIBLE_AGE: Duration = Duration::from_hours(24);

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
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let (written_at, is_vouched) = capture_time(modified);
            found.push(Kept { path, bytes: metadata.len(), written_at, is_vouched });
        }
        // What nobody has vouched for yet is newer than what somebody has.
        found.sort_by(|one, other| {
            let age = |kept: &Kept| (kept.is_vouched, kept.written_at);
            let ((vouched, at), (other_vouched, other_at)) = (age(one), age(other));
            other_vouched.cmp(&vouched).then(at.cmp(&other_at)).then(one.path.cmp(&other.path))
        });
        let bytes = found.iter().map(|kept| kept.bytes).sum();
        Ok(Self { files: found.into(), bytes })
    }

    /// When a file that is written now shall say that it was: never before those that were written
    /// earlier, or it would be taken for older than they are.
    pub(super) fn stamp(&self, now: CaptureTime) -> CaptureTime {
        let unvouched = self.files.iter().rev().take_while(|kept| !kept.is_vouched);
        let latest = unvouched.map(|kept| kept.written_at).max();
        latest.map_or(now, |at| now.max(at.after(Duration::from_micros(1))))
    }

    /// Counts a new file in. One that was there already counts as new.
    pub(super) fn add(&mut self, path: PathBuf, bytes: u64, written_at: CaptureTime) {
        if let Some(at) = self.files.iter().rposition(|kept| kept.path == path)
            && let Some(kept) = self.files.remove(at)
        {
            self.bytes -= kept.bytes;
        }
        self.files.push_back(Kept { path, bytes, written_at, is_vouched: false });
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

    /// Removes up to `at_most` files that were written before `limit`; gives how many. `now` is told by
    /// a clock that is believed. What it sees for the first time may have been written by one that
    /// was wrong: unless its date is plausible, it counts as written now.
    pub(super) fn expire(&mut self, now: CaptureTime, limit: CaptureTime, at_most: usize) -> usize {
        let mut removed = 0;
        for mut kept in std::mem::take(&mut self.files) {
            if !kept.is_vouched || kept.written_at > now {
                kept.vouch(now);
            }
            if kept.written_at < limit && removed < at_most {
                self.remove(&kept, "expired");
                removed += 1;
            } else {
                self.files.push_back(kept);
            }
        }
        removed
    }

    /// The size of all files together.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Removes the oldest until no more than `max_bytes` are left; gives how many went.
    pub(super) fn shrink_to(&mut self, max_bytes: u64) -> u64 {
        let before = self.bytes;
        while self.bytes > max_bytes {
            if !self.remove_oldest("quota reached") {
                break;
            }
        }
        before - self.bytes
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

impl Kept {
    fn vouch(&mut self, now: CaptureTime) {
        let is_plausible = self.written_at <= now && now.since(self.written_at) <= PLAUSIBLE_AGE;
        if !is_plausible {
            self.written_at = now;
        }
        self.is_vouched = true;
        let vouched = system_time(self.written_at) + Duration::from_nanos(VOUCHED_NANOS);
        let write = || File::open(&self.path)?.set_modified(vouched);
        if let Err(error) = write() {
            warn!(%error, path = %self.path.display(), "cannot note the age of evidence");
        }
    }
}

/// As the time of writing of a file, which survives a restart.
pub(super) fn system_time(at: CaptureTime) -> SystemTime {
    let micros = u64::try_from(at.unix_micros()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

/// When a file was written, and whether that is vouched for.
fn capture_time(at: SystemTime) -> (CaptureTime, bool) {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    let is_vouched = u64::from(since.subsec_nanos()) % 1_000 == VOUCHED_NANOS;
    (CaptureTime::from_unix_micros(micros), is_vouched)
}
