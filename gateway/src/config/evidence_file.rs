//! The `[evidence]` table of `gateway.toml`, as it is written: every key, its range, its default.

use schemars::JsonSchema;
use serde::Deserialize;

use super::span::{in_days, in_secs};
use crate::analysis::ClipSettings;
use crate::evidence::Limits;

/// Pictures and clips that prove alerts: how long they stay, who may fetch them.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EvidenceTable {
    /// After this many days evidence is deleted; alerts say when.
    #[schemars(range(min = 1, max = 3650))]
    pub(crate) days: u16,
    /// How much room evidence may take; the oldest goes first.
    #[schemars(range(min = 10_485_760u64, max = 1_099_511_627_776u64))]
    pub(crate) max_bytes: u64,
    /// How much of the disk evidence leaves free for alerts: nearer to full, the oldest goes and
    /// none is taken.
    #[schemars(range(min = 0u64, max = 1_099_511_627_776u64))]
    pub(crate) min_free_bytes: u64,
    /// Keeps every picture also as the camera took it, encrypted.
    pub(crate) keep_originals: bool,
    /// The key (32 bytes) that encrypts clips and originals, such as a file on another disk; left out,
    /// the systemd credential `originals.key`, or a key that is made in the state folder.
    #[schemars(length(min = 1))]
    pub(crate) originals_key_file: Option<String>,
    /// Address and port where evidence is served over HTTPS to those who have a token; left out, alerts
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
    /// Who may fetch clips and originals, which are not masked, giving a reason; written like
    /// `token_file`.
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
        let Limits { max_bytes, min_free_bytes, keep_for } = Limits::default();
        let ClipSettings { before, after, ring_bytes } = ClipSettings::default();
        Self {
            days: in_days(keep_for),
            max_bytes,
            min_free_bytes,
            keep_originals: false,
            originals_key_file: None,
            listen: None,
            public_url: None,
            cert_file: None,
            key_file: None,
            token_file: None,
            originals_token_file: None,
            clip_before_secs: in_secs(before),
            clip_after_secs: in_secs(after),
            clip_ring_bytes: u32::try_from(ring_bytes).unwrap_or(u32::MAX),
            signing_key_file: None,
        }
    }
}
