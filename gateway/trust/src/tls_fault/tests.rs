//! Each way in which a handshake fails, in its own words.

use rustls::PeerMisbehaved;

use super::*;

fn alert(alert: AlertDescription) -> Error {
    Error::AlertReceived(alert)
}

#[test]
fn a_handshake_that_fails_says_why() {
    use AlertDescription as A;
    use InvalidMessage as M;
    use PeerIncompatible as P;
    for (fault, expected) in [
        (None, TlsError::Closed),
        (Some(Error::InvalidMessage(M::InvalidContentType)), TlsError::NotEncrypted),
        (Some(Error::InvalidMessage(M::HandshakePayloadTooLarge)), TlsError::TooManyCertificates),
        (Some(Error::InvalidMessage(M::CertificatePayloadTooLarge)), TlsError::TooManyCertificates),
        (Some(Error::InvalidMessage(M::MissingData("x"))), TlsError::BreaksRules),
        (Some(Error::PeerIncompatible(P::ServerDoesNotSupportTls12Or13)), TlsError::OldVersion),
        (Some(Error::PeerIncompatible(P::NoCipherSuitesInCommon)), TlsError::NothingInCommon),
        (Some(Error::PeerMisbehaved(PeerMisbehaved::InvalidKeyShare)), TlsError::BreaksRules),
        (Some(Error::NoCertificatesPresented), TlsError::NoCertificate),
        (Some(alert(A::ProtocolVersion)), TlsError::OldVersion),
        (Some(alert(A::HandshakeFailure)), TlsError::NothingInCommon),
        (Some(alert(A::BadCertificate)), TlsError::OwnCertificate),
        (Some(alert(A::UnknownCA)), TlsError::OwnCertificate),
        (Some(alert(A::CertificateRequired)), TlsError::OwnCertificate),
        (Some(alert(A::UnrecognisedName)), TlsError::UnknownName),
        (Some(alert(A::InternalError)), TlsError::BrokenOff),
    ] {
        assert_eq!(before_certificate(fault.as_ref()), expected, "{fault:?}");
    }
}

#[test]
fn after_its_certificate_a_device_that_wants_ours_is_told_from_one_that_breaks_off() {
    use AlertDescription as A;
    for (fault, was_asked, expected) in [
        (Some(alert(A::CertificateRequired)), false, TlsError::OwnCertificate),
        (Some(alert(A::BadCertificate)), true, TlsError::OwnCertificate),
        (Some(alert(A::HandshakeFailure)), true, TlsError::OwnCertificate),
        (Some(alert(A::HandshakeFailure)), false, TlsError::BrokenOff),
        (None, true, TlsError::OwnCertificate),
        (None, false, TlsError::BrokenOff),
        (Some(alert(A::InternalError)), true, TlsError::BrokenOff),
    ] {
        assert_eq!(after_certificate(fault.as_ref(), was_asked), expected, "{fault:?}");
    }
}

/// Every alert of the registry, and numbers that no alert has.
#[test]
fn no_word_of_the_library_is_shown() {
    for number in 0..=u8::MAX {
        let fault = alert(AlertDescription::from(number));
        for told in [before_certificate(Some(&fault)), after_certificate(Some(&fault), true)] {
            let (told, theirs) = (told.to_string(), fault.to_string());
            assert!(!told.contains(&theirs) && !told.contains("lert"), "{told}");
            assert!(told.contains(' ') && !told.ends_with('.'), "{told}");
        }
    }
}
