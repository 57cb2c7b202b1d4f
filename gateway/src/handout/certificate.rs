//! The server's certificate, read again when its files change.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// One of its two files.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// They do not belong together, or TLS cannot use them.
    #[error("{} and {} make no TLS certificate: {source}", cert_file.display(), key_file.display())]
    Unusable {
        /// The certificate chain.
        cert_file: PathBuf,
        /// The key.
        key_file: PathBuf,
        /// What TLS said.
        source: rustls::Error,
    },
}

/// A certificate in use, and the files it came from.
pub(super) struct Certificate {
    cert_file: PathBuf,
    key_file: PathBuf,
    written_at: [Option<(SystemTime, u64)>; 2],
    config: Arc<ServerConfig>,
}

impl Certificate {
    pub(super) fn load(cert_file: &Path, key_file: &Path) -> Result<Self, CertificateError> {
        // Before the files are read: what is written in between is found at the next look.
        let written_at = [cert_file, key_file].map(written_at);
        let config = read(cert_file, key_file)?;
        let (cert_file, key_file) = (cert_file.to_owned(), key_file.to_owned());
        Ok(Self { cert_file, key_file, written_at, config })
    }

    /// For one connection. Looks whether the files have changed; while the new ones cannot be used
    /// (one of the two may not be there yet) the old certificate stays.
    pub(super) fn acceptor(&mut self) -> TlsAcceptor {
        let written_at = [&self.cert_file, &self.key_file].map(|path| self::written_at(path));
        if written_at != self.written_at {
            self.written_at = written_at;
            match read(&self.cert_file, &self.key_file) {
                Ok(config) => {
                    info!(file = %self.cert_file.display(), "evidence has a new certificate");
                    self.config = config;
                }
                Err(error) => warn!(%error, "evidence keeps its old certificate"),
            }
        }
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

/// Its inode, too: another file may be linked into its place that is as old.
fn written_at(path: &Path) -> Option<(SystemTime, u64)> {
    let found = fs::metadata(path).ok()?;
    Some((found.modified().ok()?, found.ino()))
}

fn read(cert_file: &Path, key_file: &Path) -> Result<Arc<ServerConfig>, CertificateError> {
    let fail =
        |path: &Path, reason: String| CertificateError::File { path: path.to_owned(), reason };
    let pem = |path: &Path| {
        filing::pem(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => fail(path, "no such file".to_owned()),
            _ => fail(path, error.to_string()),
        })
    };
    let chain = CertificateDer::pem_slice_iter(&pem(cert_file)?).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| fail(cert_file, error.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&pem(key_file)?);
    let key = key.map_err(|error| fail(key_file, error.to_string()))?;
    let unusable = |source| CertificateError::Unusable {
        cert_file: cert_file.to_owned(),
        key_file: key_file.to_owned(),
        source,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map(Arc::new)
        .map_err(unusable)
}
