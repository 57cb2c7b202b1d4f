//! TLS towards a device: its certificate is judged by an authority or by its fingerprint, never waved through.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::account::Trust;
use crate::tls_fault::{Fingerprint, Shown, TlsError, after_certificate, before_certificate};

/// Whether a certificate can be judged by `trust` at all.
///
/// # Errors
/// Why not, for a person to read.
pub fn check_trust(trust: &Trust) -> Result<(), String> {
    Judge::new(Some(trust)).map(|_| ())
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
    let name = ServerName::try_from(name).map_err(|_| TlsError::NoName)?;
    let config = ClientConfig::builder_with_provider(Arc::clone(&judge.provider))
        .with_safe_default_protocol_versions()
        .map_err(|_| TlsError::Ours)?
        .dangerous() // its name for a verifier of one's own; this one is stricter than a browser's
        .with_custom_certificate_verifier(Arc::<Judge>::clone(&judge))
        .with_client_cert_resolver(Arc::<Judge>::clone(&judge));
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
    connected.map_err(|error| {
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
        judge.explain(fault, trust)
    })
}

/// Why an encrypted connection that stood already failed with `error`; none if that has nothing to do with TLS.
/// A device tells only then that it wants a certificate of ours, if it speaks TLS 1.3 (RFC 8446 section 4.4.2.4).
pub fn broken_off(error: &io::Error) -> Option<TlsError> {
    error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())
        .map(|fault| after_certificate(Some(fault), false))
}

/// Judges the certificate of one connection and remembers its fingerprint.
#[derive(Debug)]
struct Judge {
    accepts: Accepts,
    seen: Mutex<Option<Fingerprint>>,
    /// The device wants a certificate of ours.
    was_asked: AtomicBool,
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
        Ok(Self { accepts, seen: Mutex::new(None), was_asked: AtomicBool::new(false), provider })
    }

    fn explain(&self, fault: Option<&Error>, trust: Option<&Trust>) -> TlsError {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = Shown(seen);
        match (trust, fault) {
            _ if seen.is_none() => before_certificate(fault),
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
            (_, fault) => after_certificate(fault, self.was_asked.load(Ordering::Relaxed)),
        }
    }
}

/// None of ours is shown to a device, but that one was asked for is remembered.
impl ResolvesClientCert for Judge {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
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
