//! TLS towards the broker: verification is always on, and every file at fault is named.

use std::path::Path;
use std::sync::Arc;

use runtime::{rfc3339, utc_now};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};

use crate::error::SetupError;
use crate::settings::{Identity, Settings};

/// Reads the files and builds what a connection needs.
pub(super) fn client_config(settings: &Settings) -> Result<Arc<ClientConfig>, SetupError> {
    let ca_file = settings.ca_file.as_deref().ok_or(SetupError::NoCaFile)?;
    let mut authorities = RootCertStore::empty();
    for certificate in certificates(ca_file)? {
        authorities.add(certificate).map_err(|_| SetupError::Certificate {
            path: ca_file.to_path_buf(),
            reason: "a certificate in it is damaged".into(),
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
                reason: match error {
                    rustls::Error::InconsistentKeys(_) => "the key is not that of the certificate",
                    _ => "one of them is damaged, or of a kind that TLS cannot use",
                }
                .into(),
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
    match error {
        rustls::Error::InvalidCertificate(fault) => {
            let host = &settings.broker.host;
            let ca_file = settings.ca_file.as_deref().unwrap_or(Path::new("(none)"));
            certificate(fault, host, ca_file)
        }
        rustls::Error::AlertReceived(alert) => format!("the broker broke off TLS: {}", says(*alert)),
        rustls::Error::InvalidMessage(
            rustls::InvalidMessage::HandshakePayloadTooLarge
            | rustls::InvalidMessage::CertificatePayloadTooLarge,
        ) => {
            "the broker shows more than 64 KiB of certificates; its certfile must hold only its own and \
             those of the authorities that signed it"
                .into()
        }
        rustls::Error::InvalidMessage(_) => {
            "what it says is not TLS; does the broker speak TLS on this port?".into()
        }
        rustls::Error::PeerIncompatible(_) => {
            "broker and gateway have no TLS version or cipher in common; the broker must speak TLS 1.2 \
             or 1.3"
                .into()
        }
        rustls::Error::NoCertificatesPresented => {
            "the broker shows no certificate; set its certfile and keyfile".into()
        }
        _ => "TLS failed; does the broker speak TLS on this port? Its log tells more".into(),
    }
}

/// What is wrong with the broker's certificate, and who can mend it.
fn certificate(fault: &CertificateError, host: &str, ca_file: &Path) -> String {
    use CertificateError as C;
    let clock = || format!("this machine's clock says {}: set it if that is wrong", now());
    match fault {
        C::UnknownIssuer | C::BadSignature => format!(
            "the broker's certificate was not signed by an authority in {}; put the right one there",
            ca_file.display()
        ),
        C::NotValidForName | C::NotValidForNameContext { .. } => format!(
            "the broker's certificate does not hold the name {host}; use a name from it in the broker \
             URL, or renew the certificate"
        ),
        C::Expired | C::ExpiredContext { .. } => {
            format!("the broker's certificate has expired; renew it. But {}", clock())
        }
        C::NotValidYet | C::NotValidYetContext { .. } => {
            format!("the broker's certificate is not valid yet; {}", clock())
        }
        C::Revoked => "the broker's certificate was revoked; the broker needs a new one".into(),
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            "the broker's certificate is not for servers; it needs one with the use serverAuth"
                .into()
        }
        C::UnsupportedSignatureAlgorithmContext { .. }
        | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "the broker's certificate is signed by a method that is not trusted any more, such as \
             SHA-1; renew it"
                .into()
        }
        C::Other(_) => format!(
            "the broker's certificate cannot be trusted; a certificate of version 1, or one that is its \
             own authority, cannot be used: have it signed by an authority, named in {}",
            ca_file.display()
        ),
        _ => {
            "the broker's certificate is damaged or of a form that cannot be used; renew it".into()
        }
    }
}

/// What the broker has against the gateway (RFC 8446 §6).
fn says(alert: AlertDescription) -> &'static str {
    use AlertDescription as A;
    match alert {
        A::CertificateRequired | A::NoCertificate => {
            "it asks for a client certificate (client_cert_file and client_key_file in [mqtt])"
        }
        A::UnknownCA => {
            "it does not know the authority that signed this gateway's client certificate; the broker's \
             cafile must hold it"
        }
        A::CertificateExpired => {
            "this gateway's client certificate has expired, or the broker's clock is wrong; renew \
             client_cert_file"
        }
        A::CertificateRevoked => {
            "this gateway's client certificate was revoked; it needs a new one"
        }
        A::BadCertificate | A::UnsupportedCertificate | A::CertificateUnknown | A::AccessDenied => {
            "it does not take this gateway's client certificate (client_cert_file in [mqtt]); the \
             broker's log tells why"
        }
        A::DecryptError => {
            "it could not check this gateway's client certificate; client_cert_file and \
             client_key_file must be a pair"
        }
        A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity => {
            "broker and gateway have no TLS version or cipher in common, or it asks for a client \
             certificate; the broker must speak TLS 1.2 or 1.3"
        }
        A::UnrecognisedName => "it knows no server of the name in url; use the name that it has",
        A::InternalError => "it has a fault of its own; look into its log",
        _ => {
            "it gives a reason that only its log explains; does it ask for a client certificate, or for \
             another one?"
        }
    }
}

/// By this machine's clock, in UTC.
fn now() -> String {
    rfc3339(utc_now())
}
