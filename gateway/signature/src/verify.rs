//! `gridwhistle verify`: whether a message is as the gateway signed it, and its evidence too.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::canonical::{AlertTextError, parse_strictly, without_signature};
use super::key::PublicKey;

/// What verifying a message found.
#[derive(Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why the message is not as it was signed; `None` if it is.
    pub fault: Option<String>,
    /// Who signed it, by the message.
    pub kid: String,
    /// Every file that it names, if there was a folder to look in.
    pub evidence: Vec<(String, EvidenceCheck)>,
}

/// Whether a file is the one that a message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvidenceCheck {
    /// It is.
    Fits,
    /// Another content.
    Differs {
        /// What was found.
        sha256: String,
    },
    /// No such file.
    Missing,
    /// It cannot be read.
    Unreadable(String),
}

/// Verifies `message` by `key`; looks for its evidence in `folder`, as `<sha256>.<extension>`.
///
/// # Errors
/// If `message` is no JSON object, or an ambiguous one.
pub fn verify(
    message: &[u8],
    key: &PublicKey,
    folder: Option<&Path>,
) -> Result<Verdict, AlertTextError> {
    let value = parse_strictly(message)?;
    let signed = without_signature(&value)?;
    let text = |name: &str| value["signature"][name].as_str().unwrap_or_default();
    let evidence = folder.map(|folder| check_evidence(&value, folder)).unwrap_or_default();
    let fault = fault(&value, &signed, key);
    Ok(Verdict { fault, kid: text("kid").to_owned(), evidence })
}

fn fault(value: &Value, signed: &[u8], key: &PublicKey) -> Option<String> {
    let Some(signature) = value["signature"].as_object() else {
        return Some("the message bears no signature".to_owned());
    };
    let text = |name: &str| signature.get(name).and_then(Value::as_str).unwrap_or_default();
    if let Some(other) = signature.keys().find(|name| !["alg", "kid", "value"].contains(&&***name))
    {
        return Some(format!("signature.{other}: nobody has signed this member"));
    }
    if text("alg") != "Ed25519" {
        return Some(format!("signature.alg is \"{}\"; expected \"Ed25519\"", text("alg")));
    }
    let (kid, expected) = (text("kid"), key.kid());
    if kid != expected {
        return Some(format!("signature.kid is \"{kid}\", but the key given is \"{expected}\""));
    }
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(text("value")) else {
        return Some("signature.value is not base64url".to_owned());
    };
    let changed = "the message is not what this key signed: it was changed, or signed by another";
    (!key.fits(signed, &bytes)).then(|| changed.to_owned())
}

fn check_evidence(value: &Value, folder: &Path) -> Vec<(String, EvidenceCheck)> {
    let items = value["evidence"].as_array().map(Vec::as_slice).unwrap_or_default();
    let check = |item: &Value| {
        let expected = item["sha256"].as_str().unwrap_or_default();
        let extension = if item["mime"] == "video/mp4" { "mp4" } else { "jpg" };
        // A message from outside must not make us read arbitrary files.
        let is_digest = expected.len() == 64 && expected.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_digest {
            return EvidenceCheck::Unreadable("its sha256 is no digest".to_owned());
        }
        match fs::read(folder.join(format!("{expected}.{extension}"))) {
            Ok(content) => match hex::encode(Sha256::digest(&content)) {
                found if found == expected => EvidenceCheck::Fits,
                sha256 => EvidenceCheck::Differs { sha256 },
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => EvidenceCheck::Missing,
            Err(error) => EvidenceCheck::Unreadable(error.to_string()),
        }
    };
    let id = |item: &Value| item["id"].as_str().unwrap_or("without id").to_owned();
    items.iter().map(|item| (id(item), check(item))).collect()
}

impl Verdict {
    /// Whether the message is as it was signed, and no file differs.
    pub fn is_valid(&self) -> bool {
        let spoilt =
            |check: &EvidenceCheck| !matches!(check, EvidenceCheck::Fits | EvidenceCheck::Missing);
        self.fault.is_none() && !self.evidence.iter().any(|(_, check)| spoilt(check))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            None => writeln!(f, "signature: valid, by key {}", self.kid)?,
            Some(fault) => writeln!(f, "signature: NOT VALID: {fault}")?,
        }
        for (id, check) in &self.evidence {
            match check {
                EvidenceCheck::Fits => writeln!(f, "evidence {id}: the file that the alert names")?,
                EvidenceCheck::Differs { sha256 } => {
                    writeln!(f, "evidence {id}: ANOTHER FILE, its sha256 is {sha256}")?;
                }
                EvidenceCheck::Missing => writeln!(f, "evidence {id}: not here, not checked")?,
                EvidenceCheck::Unreadable(reason) => {
                    writeln!(f, "evidence {id}: CANNOT BE CHECKED: {reason}")?;
                }
            }
        }
        Ok(())
    }
}
