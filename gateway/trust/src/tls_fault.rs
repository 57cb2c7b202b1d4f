//! Why no encrypted connection to a device came about, in words for the person who can change that.

use std::fmt;

use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

/// A SHA-256 fingerprint of a certificate.
pub type Fingerprint = [u8; 32];

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
    /// What came is no TLS.
    #[error(
        "what the device answers on this port is not encrypted; name the port of its encrypted service, or \
         an address without encryption"
    )]
    NotEncrypted,
    /// It closed the connection before it had said anything.
    #[error(
        "the device closes the connection when the encryption begins; does it speak TLS 1.2 or later on this port?"
    )]
    Closed,
    /// It said nothing.
    #[error(
        "no answer to the TLS handshake within {secs} s; is this the port of the device's encrypted service, \
         and the device on?"
    )]
    Mute {
        /// How long it was given, in seconds.
        secs: u64,
    },
    /// All of its versions are before 1.2.
    #[error(
        "the device speaks only versions of TLS before 1.2, which protect nothing any more; switch TLS 1.2 on in \
         it, or renew its firmware"
    )]
    OldVersion,
    /// No cipher, curve or signature that both know.
    #[error(
        "the device and this gateway have no way to encrypt in common; allow the device TLS 1.2 or 1.3 with \
         ECDHE and AES-GCM or ChaCha20, or renew its firmware"
    )]
    NothingInCommon,
    /// Its certificates are longer than rustls reads, 64 KiB.
    #[error(
        "the device shows more than 64 KiB of certificates, which nobody reads; install in it only its own \
         and those of the authorities that signed it"
    )]
    TooManyCertificates,
    /// It has no certificate for the name that it was called by.
    #[error(
        "the device has no certificate for the name in the address; write the name in its certificate there"
    )]
    UnknownName,
    /// The host is no name that a certificate can hold.
    #[error("the host in the address is no name or IP address that a certificate can be for")]
    NoName,
    /// It shows no certificate at all.
    #[error("the device shows no certificate; install one in it")]
    NoCertificate,
    /// What it says breaks the rules.
    #[error("what the device says breaks the rules of TLS; restart it, or renew its firmware")]
    BreaksRules,
    /// A fault of ours.
    #[error("this gateway cannot encrypt; report it")]
    Ours,
}

/// A fingerprint for people, as cameras and browsers show it: pairs with colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown(pub(crate) Option<Fingerprint>);

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

/// Why the handshake failed before the device had shown a certificate; `fault` is none if the connection ended.
pub(crate) fn before_certificate(fault: Option<&Error>) -> TlsError {
    match fault {
        None => TlsError::Closed,
        Some(Error::AlertReceived(alert)) => of_alert(*alert),
        Some(Error::InvalidMessage(fault)) => match fault {
            InvalidMessage::HandshakePayloadTooLarge
            | InvalidMessage::CertificatePayloadTooLarge => TlsError::TooManyCertificates,
            InvalidMessage::InvalidContentType
            | InvalidMessage::UnknownProtocolVersion
            | InvalidMessage::MessageTooLarge => TlsError::NotEncrypted,
            _ => TlsError::BreaksRules,
        },
        Some(Error::PeerIncompatible(fault)) => match fault {
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => TlsError::OldVersion,
            _ => TlsError::NothingInCommon,
        },
        Some(Error::NoCertificatesPresented) => TlsError::NoCertificate,
        Some(Error::FailedToGetRandomBytes | Error::FailedToGetCurrentTime | Error::General(_)) => {
            TlsError::Ours
        }
        Some(_) => TlsError::BreaksRules,
    }
}

/// Why a connection failed whose device had shown a certificate that passed. `was_asked`: it wanted one of ours.
pub(crate) fn after_certificate(fault: Option<&Error>, was_asked: bool) -> TlsError {
    match fault {
        // Some have no other word for a certificate that they miss (OpenSSL, in TLS 1.2).
        Some(Error::AlertReceived(AlertDescription::HandshakeFailure)) | None if was_asked => {
            TlsError::OwnCertificate
        }
        Some(Error::AlertReceived(alert)) => match of_alert(*alert) {
            own @ TlsError::OwnCertificate => own,
            _ => TlsError::BrokenOff,
        },
        None => TlsError::BrokenOff,
        fault @ Some(_) => before_certificate(fault),
    }
}

/// What a device means by an alert (RFC 8446 section 6.2) to a client that has shown no certificate.
fn of_alert(alert: AlertDescription) -> TlsError {
    use AlertDescription as A;
    match alert {
        A::ProtocolVersion | A::InappropriateFallback => TlsError::OldVersion,
        A::HandshakeFailure | A::InsufficientSecurity | A::MissingExtension => {
            TlsError::NothingInCommon
        }
        A::UnrecognisedName => TlsError::UnknownName,
        A::NoCertificate
        | A::BadCertificate
        | A::UnsupportedCertificate
        | A::CertificateRevoked
        | A::CertificateExpired
        | A::CertificateUnknown
        | A::UnknownCA
        | A::AccessDenied
        | A::CertificateRequired => TlsError::OwnCertificate,
        _ => TlsError::BrokenOff,
    }
}

#[cfg(test)]
mod tests;
