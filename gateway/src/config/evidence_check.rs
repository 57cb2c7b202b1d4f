//! What a schema cannot check in `[evidence]`, and the way from text to settings.

use std::net::SocketAddr;
use std::path::PathBuf;

use url::Url;

use super::address;
use super::document::Document;
use super::evidence_file::EvidenceTable;
use super::findings::Findings;
use super::settings::{Evidence, Handout};
use super::span::{days, secs};
use crate::analysis::ClipSettings;
use crate::evidence::{Limits, Originals, Tokens};
use crate::handout::{HandoutSettings, Patience};

/// The settings of a table that passed its schema; `None` if a fault was noted.
pub(super) fn check(
    table: &EvidenceTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Evidence> {
    let handout = handout(table, document, findings);
    let signing_key_file = match &table.signing_key_file {
        Some(_) => {
            let at = "/evidence/signing_key_file";
            let file = findings.pem_file(document, at, "PRIVATE KEY");
            file.and_then(|_| findings.key_file(document, at)).map(Some)
        }
        None => Some(None),
    };
    let originals_key_file = match &table.originals_key_file {
        Some(_) => originals_key(document, findings).map(Some),
        None => Some(None),
    };
    let clips = ClipSettings {
        before: secs(table.clip_before_secs),
        after: secs(table.clip_after_secs),
        ring_bytes: table.clip_ring_bytes as usize,
    };
    Some(Evidence {
        limits: Limits {
            max_bytes: table.max_bytes,
            min_free_bytes: table.min_free_bytes,
            keep_for: days(table.days),
        },
        keep_originals: table.keep_originals,
        handout: handout?,
        clips: (clips.ring_bytes > 0 && !(clips.before + clips.after).is_zero()).then_some(clips),
        originals_key_file: originals_key_file?,
        signing_key_file: signing_key_file?,
    })
}

fn originals_key(document: &Document, findings: &mut Findings) -> Option<PathBuf> {
    let at = "/evidence/originals_key_file";
    let path = findings.key_file(document, at)?;
    match Originals::read_key(&path) {
        Ok(_) => Some(path),
        Err(error) => {
            let message = format!("{error}; make a new one with: head -c 32 /dev/urandom");
            findings.refuse(document, at, message)
        }
    }
}

fn handout(
    table: &EvidenceTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<Handout>> {
    let Some(listen) = &table.listen else {
        let unused = [&table.public_url, &table.cert_file, &table.key_file, &table.token_file];
        if unused.iter().any(|key| key.is_some()) || table.originals_token_file.is_some() {
            let message = "evidence is served over HTTPS only with `listen`";
            return findings.refuse(document, "/evidence", message);
        }
        return Some(None);
    };
    let (listen_at, url_at) = ("/evidence/listen", "/evidence/public_url");
    let Ok(listen) = listen.parse::<SocketAddr>() else {
        let message = "expected an address and a port such as \"0.0.0.0:18443\"";
        return findings.refuse(document, listen_at, message);
    };
    if table.cert_file.is_none() || table.key_file.is_none() || table.token_file.is_none() {
        let message = "HTTPS needs `cert_file` and `key_file`, and who may fetch evidence: \
                       `token_file`";
        return findings.refuse(document, listen_at, message);
    }
    if listen.ip().is_unspecified() && table.public_url.is_none() {
        let message = format!(
            "alerts would send people to {listen}, which is no address: write the one that reaches \
             this gateway into `public_url`"
        );
        return findings.refuse(document, listen_at, message);
    }
    let cert_file = findings.pem_file(document, "/evidence/cert_file", "CERTIFICATE");
    let key_file = findings.pem_file(document, "/evidence/key_file", "PRIVATE KEY");
    if key_file.is_some() {
        findings.secret_file(document, "/evidence/key_file");
    }
    let token_file = token_file("/evidence/token_file", document, findings);
    let originals_token_file = match &table.originals_token_file {
        Some(_) => self::token_file("/evidence/originals_token_file", document, findings).map(Some),
        None => Some(None),
    };
    let public_url = table.public_url.clone().unwrap_or_else(|| format!("https://{listen}/"));
    let public_url = if public_url.ends_with('/') { public_url } else { format!("{public_url}/") };
    let public_url = match Url::parse(&public_url) {
        Ok(url) if url.scheme() == "https" && !address::holds_login(&url) => Some(url),
        _ => findings.refuse(document, url_at, "expected an address such as https://host:18443/"),
    };
    let settings = HandoutSettings {
        listen,
        cert_file: cert_file?,
        key_file: key_file?,
        token_file: token_file?,
        originals_token_file: originals_token_file?,
        patience: Patience::default(),
    };
    Some(Some(Handout { public_url: public_url?, settings }))
}

fn token_file(at: &str, document: &Document, findings: &mut Findings) -> Option<PathBuf> {
    let path = findings.secret_file(document, at)?;
    let tokens = filing::text(&path).map_err(|error| error.to_string());
    let tokens = tokens.and_then(|text| Tokens::parse(&text).map_err(|error| error.to_string()));
    match tokens {
        Ok(_) => Some(path),
        Err(error) => {
            let message = format!("{}: {error}", path.display());
            findings.refuse(document, at, message)
        }
    }
}
