//! What a schema cannot check in `[egova]`, and the way from text to settings.

use std::net::IpAddr;

use jiff::tz::Offset;
use url::{Host, Url};

use super::address;
use super::document::Document;
use super::egova_file::EgovaTable;
use super::findings::Findings;
use super::span::{days, secs};
use crate::northbound::egova::EgovaSettings;

/// The settings of a table that passed its schema; `None` if a fault was noted.
pub(super) fn check(
    table: &EgovaTable,
    utc_offset: Offset,
    document: &Document,
    findings: &mut Findings,
) -> Option<EgovaSettings> {
    let url = url(table, document, findings);
    let ca_file = match &table.ca_file {
        Some(_) => findings.pem_file(document, "/egova/ca_file", "CERTIFICATE").map(Some),
        None => Some(None),
    };
    let client_secret = findings.secret_line(document, "/egova/client_secret_file", "secret");
    Some(EgovaSettings {
        url: url?,
        ca_file: ca_file?,
        sender_code: table.sender_code.clone(),
        client_id: table.client_id.clone(),
        client_secret_file: client_secret?.0,
        token_in: table.token_in,
        poll: secs(table.poll_secs),
        timeout: secs(table.timeout_secs),
        scheme: table.scheme.clone(),
        source: (table.source_id.clone(), table.source_name.clone()),
        report_within: days(table.report_days),
        drills: table.drills,
        utc_offset,
        retry: EgovaSettings::RETRY,
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
        _ if address::holds_login(&url) => {
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
        _ => {
            let scheme = address::scheme(&url);
            let message = format!("{scheme} is not HTTP; expected https://host/");
            findings.refuse(document, at, message)
        }
    }
}
