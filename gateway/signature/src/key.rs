//! The gateway's signing key in its file, and the public key that others verify with.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// `SubjectPublicKeyInfo` of an Ed25519 key up to the key itself (RFC 8410 §4).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0];

const KEY_BYTES: usize = 32;

/// Hexadecimal digits of a key's id: 128 bits.
const KID_DIGITS: usize = 32;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file or its folder.
    #[error("cannot {action} the key {}: {source}", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// The key's file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another kind of key, or none.
    #[error("{} holds no Ed25519 {what} in PEM; {advice}", path.display())]
    Unusable {
        /// The key's file.
        path: PathBuf,
        /// Private or public key.
        what: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The system's source of randomness failed.
    #[error("cannot make a key: the system gives no random numbers")]
    Random,
}

/// What to do about a key that is another kind of file.
const MAKE: &str = "make a private key with: openssl genpkey -algorithm ed25519";

/// What to do about one that is empty, as after a full disk: whoever verifies knows the key that was there.
const LOST: &str = "it is empty: put back the file that was there";

/// The private key. It is never shown, and never leaves the gateway.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

/// The key by which others verify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey([u8; KEY_BYTES]);

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public.kid())
    }
}

impl SigningKey {
    /// The key in `path`: PKCS#8 in PEM.
    ///
    /// # Errors
    /// If there is no such file, or no such key in it.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = filing::text(path).map_err(|source| KeyError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let advice = if text.trim().is_empty() { LOST } else { MAKE };
        let unusable = || KeyError::Unusable { path: path.to_owned(), what: "private key", advice };
        let der = pem_content(&text, "PRIVATE KEY").ok_or_else(unusable)?;
        Self::of_pkcs8(&der).ok_or_else(unusable)
    }

    /// The key in `path`. If there is no such file, makes one that only its owner can read.
    ///
    /// # Errors
    /// If it cannot be read, made or written.
    pub fn load_or_make(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
            known => return known,
        }
        let made =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyError::Random)?;
        let text = pem("PRIVATE KEY", made.as_ref());
        filing::replace(path, |file| file.write_all(text.as_bytes()))
            .map_err(|source| KeyError::Io { action: "write", path: path.to_owned(), source })?;
        Self::load(path)
    }

    /// A private key from PKCS#8, version 1 (as OpenSSL writes it) or 2 (RFC 8410 §7).
    pub(super) fn of_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
        let public = PublicKey(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    /// Its public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    pub(super) fn signature_of(&self, bytes: &[u8]) -> Vec<u8> {
        self.pair.sign(bytes).as_ref().to_vec()
    }
}

impl PublicKey {
    /// The key in `path`: `SubjectPublicKeyInfo` in PEM.
    ///
    /// # Errors
    /// If there is no such file, or no such key in it.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = fs::read_to_string(path).map_err(|source| KeyError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        })?;
        let der = pem_content(&text, "PUBLIC KEY");
        der.and_then(|der| der.strip_prefix(&SPKI_HEAD)?.try_into().ok().map(Self)).ok_or_else(
            || KeyError::Unusable {
                path: path.to_owned(),
                what: "public key",
                advice: "`gridwhistle key` prints the gateway's",
            },
        )
    }

    /// Its id: the beginning of its SHA-256.
    pub fn kid(&self) -> String {
        hex::encode(digest(&SHA256, &self.0)).chars().take(KID_DIGITS).collect()
    }

    /// In PEM, as OpenSSL reads it.
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &[SPKI_HEAD.as_slice(), &self.0].concat())
    }

    pub(super) fn fits(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, signature).is_ok()
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

fn pem_content(text: &str, kind: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {kind}-----"))?;
    let (content, _) = rest.split_once(&format!("-----END {kind}-----"))?;
    let content: String = content.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    STANDARD.decode(content).ok()
}
