//! What is not masked, encrypted: useless to anybody who takes the disk without the key. Each file is
//! bound to its name, so that two cannot be swapped.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

/// Seals and opens what is not masked: pictures as the cameras took them, and clips.
pub struct Originals {
    key: LessSafeKey,
    random: SystemRandom,
}

/// Why an original cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum OriginalError {
    /// The key's file.
    #[error("cannot {action} the key of originals {}: {source}", path.display())]
    Key {
        /// What was to be done.
        action: &'static str,
        /// The key's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key's file holds something else.
    #[error("{} holds {bytes} bytes and a key has 32: put back the file that was there", path.display())]
    NoKey {
        /// The key's file.
        path: PathBuf,
        /// What it holds.
        bytes: usize,
    },
    /// The system's source of randomness failed.
    #[error("the system gives no random numbers")]
    Random,
    /// Encrypted by another key, or for another picture, or damaged.
    #[error("it was sealed by another key, or it is damaged")]
    Sealed,
}

impl Originals {
    /// Uses the key in `path`. If there is no such file, makes one that only its owner can read.
    ///
    /// # Errors
    /// If it cannot be read, made or written.
    pub fn open_key(path: &Path) -> Result<Self, OriginalError> {
        match Self::read_key(path) {
            Err(OriginalError::Key { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            known => return known,
        }
        let mut key = vec![0; CHACHA20_POLY1305.key_len()];
        SystemRandom::new().fill(&mut key).map_err(|_| OriginalError::Random)?;
        // Whole or not at all: half a key could never be mended.
        filing::replace(path, |file| file.write_all(&key)).map_err(|source| {
            OriginalError::Key { action: "make", path: path.to_owned(), source }
        })?;
        Self::read_key(path)
    }

    /// Uses the key in `path`, which must be there.
    ///
    /// # Errors
    /// If it cannot be read, or is none.
    pub fn read_key(path: &Path) -> Result<Self, OriginalError> {
        let key = filing::read(path).map_err(|source| OriginalError::Key {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let bytes = key.len();
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key)
            .map_err(|_| OriginalError::NoKey { path: path.to_owned(), bytes })?;
        Ok(Self { key: LessSafeKey::new(key), random: SystemRandom::new() })
    }

    /// How many bytes longer a sealed file is than its content.
    pub const MARGIN_BYTES: u64 = (NONCE_LEN + 16) as u64; // and the tag

    /// `content` encrypted, bound to `name`: for an original, the digest of the masked picture.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn seal(&self, content: &[u8], name: &str) -> Result<Vec<u8>, OriginalError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| OriginalError::Random)?;
        // In place: a clip may take many megabytes.
        let mut sealed =
            Vec::with_capacity(content.len() + NONCE_LEN + self.key.algorithm().tag_len());
        sealed.extend(nonce);
        sealed.extend(content);
        let (_, within) = sealed.split_at_mut(NONCE_LEN);
        let (aad, once) = (Aad::from(name), Nonce::assume_unique_for_key(nonce));
        let tag = self.key.seal_in_place_separate_tag(once, aad, within);
        sealed.extend(tag.map_err(|_| OriginalError::Sealed)?.as_ref());
        Ok(sealed)
    }

    /// The content that [`Originals::seal`] encrypted.
    ///
    /// # Errors
    /// If it was sealed under another name, or by another key.
    pub fn open(&self, sealed: &[u8], name: &str) -> Result<Vec<u8>, OriginalError> {
        let (nonce, content) =
            sealed.split_first_chunk::<NONCE_LEN>().ok_or(OriginalError::Sealed)?;
        let mut content = content.to_vec();
        let (aad, once) = (Aad::from(name), Nonce::assume_unique_for_key(*nonce));
        let opened = self.key.open_in_place(once, aad, &mut content);
        let length = opened.map_err(|_| OriginalError::Sealed)?.len();
        content.truncate(length);
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_its_own_key_opens_an_original_and_only_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("originals.key");
        let originals = Originals::open_key(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let sealed = originals.seal(b"a face", "aa").unwrap();
        assert!(!sealed.windows(4).any(|bytes| bytes == b"face"));
        assert_ne!(sealed, originals.seal(b"a face", "aa").unwrap(), "no nonce comes twice");

        let after_restart = Originals::open_key(&path).unwrap();
        assert_eq!(after_restart.open(&sealed, "aa").unwrap(), b"a face");
        assert!(after_restart.open(&sealed, "bb").is_err(), "of another picture");
        assert!(after_restart.open(&sealed[..8], "aa").is_err(), "cut off");
        let other = Originals::open_key(&folder.path().join("other.key")).unwrap();
        assert!(other.open(&sealed, "aa").is_err(), "by another key");
    }
}
