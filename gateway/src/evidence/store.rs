//! The evidence folder: files named by their SHA-256, never half written, bounded in age and bytes.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use filing::DiskWait;
use scene::CaptureTime;
use sha2::{Digest, Sha256};

use super::caption::{Caption, Captions};
use super::file_index::{FileIndex, system_time};
use super::store_error::StoreError;

/// How much evidence may stay, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// All files together.
    pub max_bytes: u64,
    /// What must stay free on the disk: alerts are worth more than their pictures.
    pub min_free_bytes: u64,
    /// Age at which a file is deleted.
    pub keep_for: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 2 * 1024 * 1024 * 1024,
            min_free_bytes: 256 * 1024 * 1024,
            keep_for: Duration::from_hours(30 * 24),
        }
    }
}

/// What a file is; its name's extension says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A masked picture.
    Picture,
    /// Video as the camera sent it, encrypted; named by the digest of the video.
    Clip,
    /// A clip as versions before 2026-12 kept it, until it is sealed.
    PlainClip,
    /// A picture as the camera took it, encrypted; named by the digest of the masked one.
    Sealed,
}

impl FileKind {
    const ALL: [Self; 4] = [Self::Picture, Self::Clip, Self::PlainClip, Self::Sealed];

    /// Of a file's name, without the first dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Picture => "jpg",
            Self::Clip => "mp4.sealed",
            Self::PlainClip => "mp4",
            Self::Sealed => "sealed",
        }
    }
}

/// A file in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Lower-case hexadecimal SHA-256 of the bytes; also the file's name.
    pub sha256: String,
    /// Length in bytes.
    pub bytes: u64,
    /// From when on it is past its term. It may be deleted sooner if room runs out.
    pub expires_at: CaptureTime,
}

/// The evidence folder of one gateway.
#[derive(Debug)]
pub struct EvidenceStore {
    folder: PathBuf,
    limits: Limits,
    index: Mutex<FileIndex>,
    captions: Captions,
    writing: DiskWait,
}

impl EvidenceStore {
    /// Opens `folder`, making it if need be, and counts what is in it.
    ///
    /// # Errors
    /// If the folder cannot be made or read.
    pub fn open(folder: &Path, limits: Limits) -> Result<Self, StoreError> {
        filing::make_folder(folder).map_err(StoreError::of("make the evidence folder", folder))?;
        let index = FileIndex::read(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            limits,
            index: Mutex::new(index),
            captions: Captions::default(),
            writing: DiskWait::default(),
        })
    }

    /// Writes a picture or clip durably: after return it survives a power cut.
    ///
    /// # Errors
    /// Full, nearly full or read-only disk.
    pub fn put(
        &self,
        kind: FileKind,
        content: &[u8],
        now: CaptureTime,
    ) -> Result<Stored, StoreError> {
        let sha256 = hex::encode(Sha256::digest(content));
        self.put_as(kind, &sha256, content, now)
    }

    /// As [`EvidenceStore::put`], under a name of the caller's: a digest of something else.
    ///
    /// # Errors
    /// As [`EvidenceStore::put`].
    pub fn put_as(
        &self,
        kind: FileKind,
        sha256: &str,
        content: &[u8],
        now: CaptureTime,
    ) -> Result<Stored, StoreError> {
        let path = self.path(kind, sha256);
        let bytes = content.len() as u64;
        // One writer at a time: two cameras may bring the same picture.
        let mut index = self.lock();
        let _under_way = self.writing.begin();
        self.make_room(&mut index, bytes)?;
        let stamp = index.stamp(now);
        Self::write(&path, content, stamp).map_err(StoreError::of("write evidence", &path))?;
        index.add(path, bytes, stamp);
        index.show();
        Ok(Stored { sha256: sha256.to_owned(), bytes, expires_at: now.after(self.limits.keep_for) })
    }

    /// How long the file that is being written has waited for the disk; zero if none is.
    pub fn waits_for_disk(&self) -> Duration {
        self.writing.lasts()
    }

    /// The digests of clips that are not sealed yet.
    pub(super) fn plain_clips(&self) -> Vec<String> {
        self.names(FileKind::PlainClip, usize::MAX)
    }

    /// Puts `sealed` in the place of the plain clip of this digest; it stays as old as it is.
    pub(super) fn replace_plain_clip(&self, sha256: &str, sealed: &[u8]) -> Result<(), StoreError> {
        let (old, new) =
            (self.path(FileKind::PlainClip, sha256), self.path(FileKind::Clip, sha256));
        let mut index = self.lock();
        // It may have expired meanwhile.
        let Some(written_at) = index.written_at(&old) else { return Ok(()) };
        Self::write(&new, sealed, written_at).map_err(StoreError::of("write evidence", &new))?;
        index.replace(&old, &new, sealed.len() as u64);
        fs::remove_file(&old).map_err(StoreError::of("remove the plain clip", &old))
    }

    /// Deletes up to `at_most` files that have expired by `now`, which a clock tells that is believed;
    /// gives how many.
    pub fn expire(&self, now: CaptureTime, at_most: usize) -> usize {
        let mut index = self.lock();
        let removed = index.expire(now, now.before(self.limits.keep_for), at_most);
        index.show();
        removed
    }

    /// Deletes the oldest files beyond `max_bytes`; gives how many bytes.
    pub fn give_up_excess(&self) -> u64 {
        self.lock().shrink_to(self.limits.max_bytes)
    }

    /// Deletes the oldest files until `bytes` are gone, for what is worth more; gives how many are.
    pub fn give_up(&self, bytes: u64) -> u64 {
        let mut index = self.lock();
        let left = index.bytes().saturating_sub(bytes);
        index.shrink_to(left)
    }

    /// The file of this kind and digest, if `sha256` is one and it is still kept.
    pub fn find(&self, kind: FileKind, sha256: &str) -> Option<PathBuf> {
        Self::find_in(&self.folder, kind, sha256)
    }

    /// As [`EvidenceStore::find`], in a folder that another process keeps.
    pub fn find_in(folder: &Path, kind: FileKind, sha256: &str) -> Option<PathBuf> {
        let is_digest = sha256.len() == 64
            && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let path = path_in(folder, kind, sha256);
        (is_digest && path.is_file()).then_some(path)
    }

    /// The digest and kind that a file's name stands for.
    pub fn parse(name: &str) -> Option<(FileKind, &str)> {
        let (sha256, extension) = name.split_once('.')?;
        let kind = FileKind::ALL.into_iter().find(|kind| kind.extension() == extension)?;
        Some((kind, sha256))
    }

    /// Digests of the latest pictures, newest first, `count` at most.
    pub fn latest(&self, count: usize) -> Vec<String> {
        self.names(FileKind::Picture, count)
    }

    /// Remembers whose a picture is, until the program ends.
    pub fn note_caption(&self, sha256: &str, caption: Caption) {
        self.captions.add(sha256, caption);
    }

    /// Whose one of the latest pictures is, if it was taken since the start.
    pub fn caption(&self, sha256: &str) -> Option<Caption> {
        self.captions.find(sha256)
    }

    /// When a picture was written.
    pub fn written_at(&self, sha256: &str) -> Option<CaptureTime> {
        self.lock().written_at(&self.path(FileKind::Picture, sha256))
    }

    /// Digests of files of this kind, newest first, `count` at most.
    fn names(&self, wanted: FileKind, count: usize) -> Vec<String> {
        let index = self.lock();
        let names = index.newest_first().filter_map(|path| path.file_name()?.to_str());
        let digests = names.filter_map(|name| match Self::parse(name)? {
            (kind, sha256) if kind == wanted => Some(sha256.to_owned()),
            _ => None,
        });
        digests.take(count).collect()
    }

    fn make_room(&self, index: &mut FileIndex, bytes: u64) -> Result<(), StoreError> {
        index.shrink_to(self.limits.max_bytes.saturating_sub(bytes));
        let needed = bytes + self.limits.min_free_bytes;
        loop {
            let free = self.free_bytes()?;
            if free >= needed {
                return Ok(());
            }
            if !index.remove_oldest("the disk is nearly full") {
                let folder = self.folder.clone();
                return Err(StoreError::NearlyFull { folder, free, needed });
            }
        }
    }

    fn free_bytes(&self) -> Result<u64, StoreError> {
        let of_disk = rustix::fs::statvfs(&self.folder)
            .map_err(|error| StoreError::of("ask for room at", &self.folder)(error.into()))?;
        Ok(of_disk.f_bavail.saturating_mul(of_disk.f_frsize))
    }

    fn write(path: &Path, content: &[u8], now: CaptureTime) -> io::Result<()> {
        filing::replace(path, |file| {
            file.write_all(content)?;
            file.flush()?;
            file.get_ref().set_modified(system_time(now))
        })
    }

    fn path(&self, kind: FileKind, sha256: &str) -> PathBuf {
        path_in(&self.folder, kind, sha256)
    }

    fn lock(&self) -> MutexGuard<'_, FileIndex> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path_in(folder: &Path, kind: FileKind, sha256: &str) -> PathBuf {
    folder.join(format!("{sha256}.{}", kind.extension()))
}

#[cfg(test)]
mod tests;
