//! TLS towards the broker: verification is always on, and every file at fault is named.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::error::SetupError;
use crate::settings::{Identity, Settings};

/// Reads the files and builds what a connection needs.
pub(super) fn client_config(settings: &Settings) -> Result<Arc<ClientConfig>, SetupError> {
    let ca_file = settings.ca_file.as_deref().ok_or(SetupError::NoCaFile)?;
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(ca_file)? {
        authorities.add(certificate).map_err(|error| SetupError::Certificate {
            path: ca_file.to_path_buf(),
            reason: error.to_string(),
        })?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?
        .with_root_certificates(authorities);
    let config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some(Identity { cert_file, key_file }) => builder
            .with_client_auth_cert(certificates(cert_file)?, private_key(key_file)?)
            .map_err(|error| SetupError::Identity {
                cert_file: cert_file.clone(),
                key_file: key_file.clone(),
                reason: error.to_string(),
            })?,
    };
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let refuse = |reason: String| SetupError::Certificate { path: path.to_path_buf(), reason };
    let pem = filing::pem(path)
        .map_err(|source| SetupError::File { path: path.to_path_buf(), source })?;
    let found = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let found = found.map_err(|error| refuse(error.to_string()))?;
    if found.is_empty() { Err(refuse("no PEM certificate in it".into())) } else { Ok(found) }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, SetupError> {
    let pem = filing::pem(path)
        .map_err(|source| SetupError::File { path: path.to_path_buf(), source })?;
    PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|error| SetupError::Key { path: path.to_path_buf(), reason: error.to_string() })
}

/// A failed handshake in words for the operator.
pub(super) fn explain(error: &rustls::Error, settings: &Settings) -> String {
    let host = &settings.broker.host;
    let ca_file = settings.ca_file.as_deref().unwrap_or(Path::new("(none)")).display();
    let rustls::Error::InvalidCertificate(fault) = error else {
        return match error {
            rustls::Error::AlertReceived(alert) => format!(
                "the broker broke off TLS ({alert:?}); does it ask for a client certificate \
                 (client cert_file, key_file), or for another one?"
            ),
            other => format!("TLS failed: {other}; does the broker speak TLS on this port?"),
        };
    };
    match fault {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => format!(
            "the broker's certificate was not signed by an authority in {ca_file}; put the right \
             one there"
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "the broker's certificate does not hold the name {host}; use a name from it in \
                 the broker URL, or renew the certificate"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the broker's certificate has expired; renew it, or set this machine's clock".into()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet; set this machine's clock".into()
        }
        other => format!("the broker's certificate cannot be trusted: {other}"),
    }
}
