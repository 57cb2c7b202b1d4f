//! What the certificate of a camera, door or sensor must be, as its file says.

use std::fs;

use camera::Trust;

use super::document::Document;
use super::findings::Findings;

/// Bytes of a SHA-256 fingerprint.
const FINGERPRINT_BYTES: usize = 32;

/// What a file says of the other end's certificate.
pub(super) struct TrustWritten<'a> {
    /// Who the other end is, such as `camera`.
    pub(super) owner: &'static str,
    /// What the address begins with if it is encrypted, such as `rtsps`.
    pub(super) scheme: &'static str,
    /// Whether it is.
    pub(super) is_encrypted: bool,
    pub(super) ca_file: Option<&'a str>,
    pub(super) certificate_sha256: Option<&'a str>,
    /// How the fingerprint is found.
    pub(super) how_to_find: &'static str,
}

impl TrustWritten<'_> {
    /// What the certificate must be, if the address asks for one.
    pub(super) fn check(
        &self,
        document: &Document,
        findings: &mut Findings,
    ) -> Option<Option<Trust>> {
        let Self { owner, scheme, how_to_find, .. } = self;
        match (self.ca_file, self.certificate_sha256) {
            (None, None) if self.is_encrypted => {
                let message = format!(
                    "{scheme}:// needs `ca_file`, the certificate (PEM) of the authority that signed the \
                     {owner}'s, or `certificate_sha256`, the fingerprint of the {owner}'s own; \
                     {how_to_find} prints the fingerprint"
                );
                findings.refuse(document, "/url", message)
            }
            (None, None) => Some(None),
            (Some(_), Some(_)) => {
                let message = "`ca_file` and `certificate_sha256` exclude each other; keep one";
                findings.refuse(document, "/certificate_sha256", message)
            }
            (Some(_), None) if !self.is_encrypted => {
                let message = format!("`ca_file` needs an address with {scheme}://");
                findings.refuse(document, "/ca_file", message)
            }
            (None, Some(_)) if !self.is_encrypted => {
                let message = format!("`certificate_sha256` needs an address with {scheme}://");
                findings.refuse(document, "/certificate_sha256", message)
            }
            (Some(_), None) => authority(document, findings).map(Some),
            (None, Some(written)) => {
                let digits: String = written.chars().filter(|it| *it != ':').collect();
                let mut fingerprint = [0; FINGERPRINT_BYTES];
                match hex::decode_to_slice(digits, &mut fingerprint) {
                    Ok(()) => Some(Some(Trust::Fingerprint(fingerprint))),
                    Err(_) => findings.refuse(document, "/certificate_sha256", "not a fingerprint"),
                }
            }
        }
    }
}

fn authority(document: &Document, findings: &mut Findings) -> Option<Trust> {
    let path = findings.pem_file(document, "/ca_file", "CERTIFICATE")?;
    let pem = match fs::read_to_string(&path) {
        Ok(pem) => pem,
        Err(e) => {
            let message = format!("this file cannot be read: {}", e.kind());
            return findings.refuse(document, "/ca_file", message);
        }
    };
    let trust = Trust::Authority { pem };
    match camera::check_trust(&trust) {
        Ok(()) => Some(trust),
        Err(reason) => findings.refuse(document, "/ca_file", reason.to_string()),
    }
}
