//! Clips in the evidence folder. They show faces and plates, and only coding them again could mask
//! them: so none lies there as it is.

use std::fs;
use std::io;
use std::sync::Arc;

use scene::CaptureTime;
use sha2::{Digest, Sha256};
use tracing::{error, info};

use super::originals::{OriginalError, Originals};
use super::store::{EvidenceStore, FileKind, Stored};
use super::store_error::StoreError;

/// Where clips are kept, sealed, under the digest of the video that alerts name.
#[derive(Clone)]
pub struct ClipStore {
    files: Arc<EvidenceStore>,
    seal: Arc<Originals>,
}

/// Why a clip cannot be kept, or given back.
#[derive(Debug, thiserror::Error)]
pub enum ClipStoreError {
    /// The folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key.
    #[error(transparent)]
    Seal(#[from] OriginalError),
    /// The clip's file.
    #[error("cannot read it: {0}")]
    File(#[from] io::Error),
}

impl ClipStore {
    /// Clips among `files`, sealed by `seal`.
    pub fn new(files: Arc<EvidenceStore>, seal: Arc<Originals>) -> Self {
        Self { files, seal }
    }

    /// Keeps a clip; digest and size are those of the video.
    ///
    /// # Errors
    /// As [`EvidenceStore::put`]; no random numbers.
    pub fn put(&self, mp4: &[u8], now: CaptureTime) -> Result<Stored, ClipStoreError> {
        let sha256 = hex::encode(Sha256::digest(mp4));
        let sealed = self.seal.seal(mp4, &name(&sha256))?;
        let stored = self.files.put_as(FileKind::Clip, &sha256, &sealed, now)?;
        Ok(Stored { bytes: mp4.len() as u64, ..stored })
    }

    /// The size of a clip's video in bytes, if the clip is still kept.
    pub fn size(&self, sha256: &str) -> Option<u64> {
        let length = |kind| Some(fs::metadata(self.files.find(kind, sha256)?).ok()?.len());
        let sealed =
            length(FileKind::Clip).map(|bytes| bytes.saturating_sub(Originals::MARGIN_BYTES));
        sealed.or_else(|| length(FileKind::PlainClip))
    }

    /// A clip's video, if the clip is still kept.
    ///
    /// # Errors
    /// The file cannot be read; another key sealed it.
    pub fn get(&self, sha256: &str) -> Result<Option<Vec<u8>>, ClipStoreError> {
        if let Some(path) = self.files.find(FileKind::Clip, sha256) {
            return Ok(Some(self.seal.open(&fs::read(path)?, &name(sha256))?));
        }
        let plain = self.files.find(FileKind::PlainClip, sha256);
        Ok(plain.map(fs::read).transpose()?)
    }

    /// Seals the clips that earlier versions left as they were, one after another. A fault goes to the
    /// log: such a clip can still be fetched, and the next start tries again.
    pub fn seal_plain(&self) {
        let plain = self.files.plain_clips();
        if plain.is_empty() {
            return;
        }
        info!(clips = plain.len(), "sealing the clips that an earlier version left unencrypted");
        for sha256 in plain {
            match self.seal_one(&sha256) {
                Err(ClipStoreError::File(error)) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    error!(%error, sha256, "a clip stays unencrypted until the next start")
                }
                Ok(()) => {}
            }
        }
        info!("all clips are sealed");
    }

    fn seal_one(&self, sha256: &str) -> Result<(), ClipStoreError> {
        let Some(path) = self.files.find(FileKind::PlainClip, sha256) else { return Ok(()) };
        let sealed = self.seal.seal(&fs::read(path)?, &name(sha256))?;
        Ok(self.files.replace_plain_clip(sha256, &sealed)?)
    }
}

/// What a sealed clip is bound to; no original is bound to such a name.
fn name(sha256: &str) -> String {
    format!("{sha256}.mp4")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::evidence::Limits;

    const NOW: CaptureTime = CaptureTime::from_unix_micros(1_795_000_000_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn open(folder: &std::path::Path) -> (Arc<EvidenceStore>, ClipStore) {
        let limits = Limits { max_bytes: 1 << 20, min_free_bytes: 0, keep_for: DAY * 30 };
        let files = Arc::new(EvidenceStore::open(&folder.join("evidence"), limits).unwrap());
        let seal = Arc::new(Originals::open_key(&folder.join("originals.key")).unwrap());
        (Arc::clone(&files), ClipStore::new(files, seal))
    }

    /// Whether any file of the folder shows `bytes`.
    fn shows(folder: &std::path::Path, bytes: &[u8]) -> bool {
        fs::read_dir(folder.join("evidence")).unwrap().any(|entry| {
            let content = fs::read(entry.unwrap().path()).unwrap();
            content.windows(bytes.len()).any(|window| window == bytes)
        })
    }

    #[test]
    fn a_clip_lies_there_sealed_and_comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (_, clips) = open(folder.path());
        let stored = clips.put(b"a face goes by", NOW).unwrap();
        assert_eq!((stored.bytes, clips.size(&stored.sha256)), (14, Some(14)));
        assert_eq!(stored.sha256, hex::encode(Sha256::digest(b"a face goes by")));
        assert!(!shows(folder.path(), b"face"));
        assert_eq!(clips.get(&stored.sha256).unwrap().unwrap(), b"a face goes by");
        assert!(clips.get(&"0".repeat(64)).unwrap().is_none());
        // It is of no use as an original, or under the name of another clip.
        let other = clips.put(b"another", NOW).unwrap();
        let path = |sha256: &str| folder.path().join(format!("evidence/{sha256}.mp4.sealed"));
        fs::copy(path(&other.sha256), path(&stored.sha256)).unwrap();
        assert!(matches!(clips.get(&stored.sha256), Err(ClipStoreError::Seal(_))));
    }

    #[test]
    fn plain_clips_of_an_earlier_version_are_sealed_and_keep_their_age() {
        let folder = tempfile::tempdir().unwrap();
        let (files, _) = open(folder.path());
        let old = files.put(FileKind::PlainClip, b"an old face", NOW).unwrap().sha256;
        files.put(FileKind::Picture, b"a masked picture", NOW.after(DAY)).unwrap();
        drop(files);
        let (files, clips) = open(folder.path());
        assert_eq!(clips.get(&old).unwrap().unwrap(), b"an old face", "before it is sealed");
        // As if the last start had been killed before it removed the plain file.
        let both = fs::read(folder.path().join(format!("evidence/{old}.mp4"))).unwrap();
        clips.seal_plain();
        let left = folder.path().join(format!("evidence/{old}.mp4"));
        fs::write(&left, both).unwrap();
        let written_at = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_000_000);
        fs::File::options().write(true).open(&left).unwrap().set_modified(written_at).unwrap();
        drop((files, clips));
        let (files, clips) = open(folder.path());
        clips.seal_plain();
        assert!(!shows(folder.path(), b"face"));
        assert_eq!(clips.get(&old).unwrap().unwrap(), b"an old face");
        assert_eq!(fs::read_dir(folder.path().join("evidence")).unwrap().count(), 2);
        assert_eq!(files.expire(NOW.after(DAY), 10), 0, "a clock that is believed sees them");
        assert_eq!(files.expire(NOW.after(DAY * 30 + DAY / 2), 10), 1, "the clip goes first");
        assert!(clips.get(&old).unwrap().is_none());
    }
}
