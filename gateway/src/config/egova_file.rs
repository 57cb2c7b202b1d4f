//! The `[egova]` table of `gateway.toml`, as it is written and as it is checked.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::{Host, Url};

use super::document::Document;
use super::findings::Findings;
use crate::northbound::egova::EgovaSettings;

/// An eGova case system (数字城管) that alerts are reported to over HTTP, beside the broker.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EgovaTable {
    /// Its address, `https://host/`; `http://` on this machine only.
    #[schemars(length(min = 1, max = 512))]
    pub(crate) url: String,
    /// For `https://`: certificate (PEM) of the authority that signed its certificate.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ca_file: Option<String>,
    /// What it calls this gateway (`senderCode`).
    #[schemars(length(min = 1, max = 64))]
    pub(crate) sender_code: String,
    /// Who asks for tokens (`client_id`).
    #[schemars(length(min = 1, max = 128))]
    pub(crate) client_id: String,
    /// A file that holds the client's secret in its first line.
    #[schemars(length(min = 1))]
    pub(crate) client_secret_file: String,
    /// Where the token goes: `query` (`egova_openapi_token`) or `header`
    /// (`X-EGOVA-Authorization`).
    #[serde(default)]
    pub(crate) token_in: TokenIn,
    /// The longest time between two looks for notices.
    #[serde(default = "poll_secs")]
    #[schemars(range(min = 1, max = 3600))]
    pub(crate) poll_secs: u32,
    /// Time for each call.
    #[serde(default = "timeout_secs")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) timeout_secs: u32,
    /// Which scheme of the city's codes is the case's type (`recTypeId`); left out, or where an
    /// alert has no such code, its first code.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) scheme: Option<String>,
    /// Where cases come from (问题来源): its id in the case system.
    #[serde(default = "source_id")]
    #[schemars(length(min = 1, max = 32))]
    pub(crate) source_id: String,
    /// Its name.
    #[serde(default = "source_name")]
    #[schemars(length(min = 1, max = 32))]
    pub(crate) source_name: String,
    /// What opened longer ago, and is over, is not reported any more.
    #[serde(default = "report_days")]
    #[schemars(range(min = 1, max = 366))]
    pub(crate) report_days: u16,
    /// Reports drills (演练), too: for a case system that is one itself.
    #[serde(default)]
    pub(crate) drills: bool,
}

/// Where the token goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenIn {
    #[default]
    Query,
    Header,
}

fn poll_secs() -> u32 {
    EgovaSettings::POLL_SECS
}

fn timeout_secs() -> u32 {
    EgovaSettings::TIMEOUT_SECS
}

fn source_id() -> String {
    EgovaSettings::SOURCE.0.to_owned()
}

fn source_name() -> String {
    EgovaSettings::SOURCE.1.to_owned()
}

fn report_days() -> u16 {
    EgovaSettings::REPORT_DAYS
}

/// A case system, checked; all files exist.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Egova {
    /// Ends with `/`.
    pub(crate) url: Url,
    /// `None` speaks in the clear, on loopback.
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) sender_code: String,
    pub(crate) client_id: String,
    pub(crate) client_secret_file: PathBuf,
    pub(crate) token_in: TokenIn,
    pub(crate) poll: Duration,
    pub(crate) timeout: Duration,
    pub(crate) scheme: Option<String>,
    pub(crate) source: (String, String),
    pub(crate) report_within: Duration,
    pub(crate) drills: bool,
}

/// The settings of a table that passed its schema; `None` if a fault was noted.
pub(super) fn check(
    table: &EgovaTable,
    document: &Document,
    findings: &mut Findings,
) -> Option<Egova> {
    let url = url(table, document, findings);
    let ca_file = match &table.ca_file {
        Some(_) => findings.pem_file(document, "/egova/ca_file", "CERTIFICATE").map(Some),
        None => Some(None),
    };
    let client_secret_file = findings.secret_file(document, "/egova/client_secret_file");
    let secs = |secs| Duration::from_secs(u64::from(secs));
    Some(Egova {
        url: url?,
        ca_file: ca_file?,
        sender_code: table.sender_code.clone(),
        client_id: table.client_id.clone(),
        client_secret_file: client_secret_file?,
        token_in: table.token_in,
        poll: secs(table.poll_secs),
        timeout: secs(table.timeout_secs),
        scheme: table.scheme.clone(),
        source: (table.source_id.clone(), table.source_name.clone()),
        report_within: Duration::from_hours(24 * u64::from(table.report_days)),
        drills: table.drills,
    })
}

fn url(table: &EgovaTable, document: &Document, findings: &mut Findings) -> Option<Url> {
    let at = "/egova/url";
    let written =
        if table.url.ends_with('/') { table.url.clone() } else { table.url.clone() + "/" };
    let Ok(url) = Url::parse(&written) else {
        return findings.refuse(document, at, "not an address; expected https://host/");
    };
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        None => false,
    };
    match (url.scheme(), &table.ca_file) {
        _ if !url.username().is_empty() || url.password().is_some() => {
            let message = "user and password do not belong in the address: use `client_id` and \
                           `client_secret_file`";
            findings.refuse(document, at, message)
        }
        ("https", Some(_)) => Some(url),
        ("https", None) => {
            let message = "https:// needs `ca_file`: the certificate (PEM) of the authority that \
                           signed the case system's";
            findings.refuse(document, at, message)
        }
        ("http", None) if is_here => Some(url),
        ("http", Some(_)) => {
            let message = "a certificate has no effect on http://; did you mean https://?";
            findings.refuse(document, at, message)
        }
        ("http", None) => {
            let message = "http:// would send cases and the secret in the clear: use https://";
            findings.refuse(document, at, message)
        }
        (other, _) => {
            let message = format!("{other}:// is not HTTP; expected https://host/");
            findings.refuse(document, at, message)
        }
    }
}
