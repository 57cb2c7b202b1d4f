//! TLS towards a device: its certificate is judged by an authority or by its fingerprint, never waved through.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::account::Trust;

/// A SHA-256 fingerprint of a certificate.
pub type Fingerprint = [u8; 32];

/// Whether a certificate can be judged by `trust` at all.
///
/// # Errors
/// Why not, for a person to read.
pub fn check_trust(trust: &Trust) -> Result<(), String> {
    Judge::new(Some(trust)).map(|_| ())
}

/// Why no encrypted connection came about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// Nothing says what to judge the certificate by.
    #[error(
        "nothing says which certificate to trust; compare the fingerprint {seen} with the one that the \
         device's own page shows, then write it into `certificate_sha256`, or name a `ca_file`"
    )]
    NoTrust {
        /// What the device showed.
        seen: Shown,
    },
    /// Another certificate than the one that was pinned.
    #[error(
        "its certificate is another one, with the fingerprint {seen}; if the device was renewed, write \
         that into `certificate_sha256`, otherwise somebody stands in between"
    )]
    OtherCertificate {
        /// What the device showed.
        seen: Shown,
    },
    /// Not signed by the authority.
    #[error(
        "its certificate was not signed by an authority in `ca_file`; name the file of the one that signed \
         it, or compare the fingerprint {seen} with the one that the device's own page shows, and write \
         that into `certificate_sha256` instead of `ca_file`"
    )]
    OtherAuthority {
        /// What the device showed.
        seen: Shown,
    },
    /// It signed itself, or its form is one that no authority's signature is checked for.
    #[error(
        "no authority can vouch for its certificate: it signed itself, or it is of an old form; compare the \
         fingerprint {seen} with the one that the device's own page shows, and write that into \
         `certificate_sha256` instead of `ca_file`"
    )]
    Unsuited {
        /// What the device showed.
        seen: Shown,
    },
    /// Signed, but for another name.
    #[error(
        "its certificate is for another name than the one in the address; use the name in the \
         certificate, or pin it: certificate_sha256 = \"{seen}\""
    )]
    OtherName {
        /// What the device showed.
        seen: Shown,
    },
    /// Signed, but not for today.
    #[error(
        "its certificate is not valid today; renew it, and set the device's and this machine's clock"
    )]
    OutOfDate,
    /// `ca_file` is of no use.
    #[error("{0}")]
    Authority(String),
    /// It wants to see a certificate, too.
    #[error(
        "the device asks for a certificate of the gateway's own, and the gateway has none; switch that off in the device"
    )]
    OwnCertificate,
    /// It ends what had begun.
    #[error(
        "the device broke the encryption off; see whether its log says why, and renew its firmware"
    )]
    BrokenOff,
    /// Anything before a certificate was shown.
    #[error("the device does not speak TLS on this port, or only versions before 1.2")]
    Handshake,
}

/// A fingerprint for people, as cameras and browsers show it: pairs with colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown(Option<Fingerprint>);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(fingerprint) = self.0 else { return f.write_str("(none shown)") };
        for (at, byte) in fingerprint.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}

/// Encrypts `stream` to `host` once its certificate has passed.
///
/// # Errors
/// [`TlsError`].
pub async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    host: &str,
    trust: Option<&Trust>,
) -> Result<TlsStream<S>, TlsError> {
    let judge = Arc::new(Judge::new(trust).map_err(TlsError::Authority)?);
    let name = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let name = ServerName::try_from(name).map_err(|_| TlsError::Handshake)?;
    let config = ClientConfig::builder_with_provider(Arc::clone(&judge.provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Handshake)?
        .dangerous() // its name for a verifier of one's own; this one is stricter than a browser's
        .with_custom_certificate_verifier(Arc::<Judge>::clone(&judge))
        .with_no_client_auth();
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| {
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        judge.explain(fault, trust)
    })
}

/// Why an encrypted connection that stood already failed with `error`; none if that has nothing to do with TLS.
/// A device tells only then that it wants a certificate of ours, if it speaks TLS 1.3 (RFC 8446 section 4.4.2.4).
pub fn broken_off(error: &io::Error) -> Option<TlsError> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).map(of_established)
}

fn of_established(fault: &Error) -> TlsError {
    match fault {
        Error::AlertReceived(AlertDescription::CertificateRequired) => TlsError::OwnCertificate,
        _ => TlsError::BrokenOff,
    }
}

/// Judges the certificate of one connection and remembers its fingerprint.
#[derive(Debug)]
struct Judge {
    accepts: Accepts,
    seen: Mutex<Option<Fingerprint>>,
    provider: Arc<CryptoProvider>,
}

#[derive(Debug)]
enum Accepts {
    Nothing,
    Fingerprint(Fingerprint),
    Authority(Arc<WebPkiServerVerifier>),
}

impl Judge {
    fn new(trust: Option<&Trust>) -> Result<Self, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let accepts = match trust {
            None => Accepts::Nothing,
            Some(Trust::Fingerprint(fingerprint)) => Accepts::Fingerprint(*fingerprint),
            Some(Trust::Authority { pem }) => {
                let mut authorities = RootCertStore::empty();
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    let certificate =
                        certificate.map_err(|_| "a certificate in it is broken".to_owned())?;
                    authorities
                        .add(certificate)
                        .map_err(|_| "a certificate in it is of no authority".to_owned())?;
                }
                let (authorities, provider) = (Arc::new(authorities), Arc::clone(&provider));
                let verifier =
                    WebPkiServerVerifier::builder_with_provider(authorities, provider).build();
                Accepts::Authority(verifier.map_err(|_| "no certificate in it".to_owned())?)
            }
        };
        Ok(Self { accepts, seen: Mutex::new(None), provider })
    }

    fn explain(&self, fault: Option<&Error>, trust: Option<&Trust>) -> TlsError {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = Shown(seen);
        match (trust, fault) {
            _ if seen.is_none() => TlsError::Handshake,
            (None, _) => TlsError::NoTrust { seen: shown },
            (Some(Trust::Fingerprint(pinned)), _) if Some(*pinned) != seen => {
                TlsError::OtherCertificate { seen: shown }
            }
            (_, Some(Error::InvalidCertificate(fault))) => match fault {
                CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. } => {
                    TlsError::OtherName { seen: shown }
                }
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. } => TlsError::OutOfDate,
                CertificateError::UnknownIssuer | CertificateError::BadSignature => {
                    TlsError::OtherAuthority { seen: shown }
                }
                _ => TlsError::Unsuited { seen: shown },
            },
            (_, Some(fault @ Error::AlertReceived(_))) => of_established(fault),
            _ => TlsError::Handshake,
        }
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let fingerprint: Fingerprint = Sha256::digest(end_entity).into();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        match &self.accepts {
            Accepts::Authority(authority) => authority.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
            Accepts::Fingerprint(pinned) if *pinned == fingerprint => {
                Ok(ServerCertVerified::assertion())
            }
            Accepts::Fingerprint(_) | Accepts::Nothing => {
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
