//! The `[evidence]` table of `gateway.toml`, as it is written and as it is checked.

use std::net::SocketAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use super::document::Document;
use super::findings::Findings;
use super::settings::{Clip, Evidence, EvidenceDoor};

/// Pictures and clips that prove alerts: how long they stay, who may fetch them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EvidenceTable {
    /// After so many days evidence is deleted; alerts say when.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) days: u16,
    /// How much room evidence may take; the oldest goes first.
    #[schemars(range(min = 10_485_760u64, max = 1_099_511_627_776u64))]
    pub(crate) max_bytes: u64,
    /// How much of the disk evidence leaves free for alerts: nearer to full, the oldest goes and
    /// none is taken.
    #[schemars(range(min = 0u64, max = 1_099_511_627_776u64))]
    pub(crate) min_free_bytes: u64,
    /// Keeps every picture as the camera took it, too, encrypted.
    pub(crate) keep_originals: bool,
    /// Address and port where evidence is served over HTTPS to who has a token; left out, alerts
    /// name the gateway's own page.
    #[schemars(length(min = 1), extend("x-expected" = "an address and port such as \"0.0.0.0:18443\""))]
    pub(crate) listen: Option<String>,
    /// The address under which others reach it, as written into alerts; left out, `https://` and the
    /// listen address, unless that is 0.0.0.0.
    #[schemars(length(min = 1, max = 512))]
    pub(crate) public_url: Option<String>,
    /// The certificate chain (PEM) of that address.
    #[schemars(length(min = 1))]
    pub(crate) cert_file: Option<String>,
    /// Its private key (PEM).
    #[schemars(length(min = 1))]
    pub(crate) key_file: Option<String>,
    /// Who may fetch masked evidence: a line `name:token` for each, tokens of 32 characters at least.
    #[schemars(length(min = 1))]
    pub(crate) token_file: Option<String>,
    /// Who may fetch what is not masked, clips and originals, giving a reason: as `token_file`.
    #[schemars(length(min = 1))]
    pub(crate) originals_token_file: Option<String>,
    /// How much video before an alert its clip shows.
    #[schemars(range(min = 0, max = 60))]
    pub(crate) clip_before_secs: u32,
    /// How much video after it.
    #[schemars(range(min = 0, max = 60))]
    pub(crate) clip_after_secs: u32,
    /// How much coded video is remembered for clips, per camera; 0: no clips.
    #[schemars(range(min = 0, max = 268_435_456))]
    pub(crate) clip_ring_bytes: u32,
    /// The Ed25519 key (PKCS#8, PEM) that signs alerts; left out, one is made in the state folder.
    #[schemars(length(min = 1))]
    pub(crate) signing_key_file: Option<String>,
}

impl Default for EvidenceTable {
    fn default() -> Self {
        Self {
            days: 30,
            max_bytes: 2 * 1024 * 1024 * 1024,
            min_free_bytes: 256 * 1024 * 1024,
            keep_originals: false,
            listen: None,
            public_url: None,
            cert_file: None,
            key_file: None,
            token_file: None,
            originals_token_file: None,
            clip_before_secs: 10,
            clip_after_secs: 10,
            clip_ring_bytes: 8 * 1024 * 1024,
            signing_key_file: None,
        }
    }
}

/// The settings of a table that passed its schema; `None` if a fault was noted.
pub(super) fn check(
    table: &EvidenceTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Evidence> {
    let door = door(table, document, findings);
    let signing_key_file = match &table.signing_key_file {
        Some(_) => {
            let at = "/evidence/signing_key_file";
            let file = findings.pem_file(document, at, "PRIVATE KEY");
            if file.is_some() {
                findings.secret_file(document, at);
            }
            file.map(Some)
        }
        None => Some(None),
    };
    let secs = |secs| Duration::from_secs(u64::from(secs));
    let clip = Clip {
        before: secs(table.clip_before_secs),
        after: secs(table.clip_after_secs),
        ring_bytes: table.clip_ring_bytes as usize,
    };
    Some(Evidence {
        keep_for: Duration::from_hours(24 * u64::from(table.days)),
        max_bytes: table.max_bytes,
        min_free_bytes: table.min_free_bytes,
        keep_originals: table.keep_originals,
        door: door?,
        clip: (clip.ring_bytes > 0 && !(clip.before + clip.after).is_zero()).then_some(clip),
        signing_key_file: signing_key_file?,
    })
}

fn door(
    table: &EvidenceTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Option<EvidenceDoor>> {
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
        Ok(url) if url.scheme() == "https" && url.username().is_empty() => Some(url),
        _ => findings.refuse(document, url_at, "expected an address such as https://host:18443/"),
    };
    Some(Some(EvidenceDoor {
        listen,
        public_url: public_url?,
        cert_file: cert_file?,
        key_file: key_file?,
        token_file: token_file?,
        originals_token_file: originals_token_file?,
    }))
}

fn token_file(
    at: &str,
    document: &Document,
    findings: &mut Findings,
) -> Option<std::path::PathBuf> {
    let path = findings.secret_file(document, at)?;
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    match crate::evidence::Tokens::parse(&text) {
        Ok(_) => Some(path),
        Err(error) => {
            let message = format!("{}: {error}", path.display());
            findings.refuse(document, at, message)
        }
    }
}
