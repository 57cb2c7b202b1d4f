//! `tcp://host:port`, as devices of Modbus and fire transmitters have it.

use url::Url;

use super::address;
use super::document::Document;
use super::findings::Findings;

/// Host and port of the address at `/url`, which must be there.
pub(super) fn host_and_port(
    document: &Document,
    written: Option<&str>,
    findings: &mut Findings,
) -> Option<(String, Option<u16>)> {
    const EXPECTED: &str = "expected tcp://host:port, such as tcp://192.0.2.20:502";
    let Some(written) = written else {
        let message = format!("this protocol needs `url`; {EXPECTED}");
        return findings.refuse(document, "", message);
    };
    let Ok(url) = Url::parse(written) else {
        return findings.refuse(document, "/url", format!("not an address; {EXPECTED}"));
    };
    if address::holds_login(&url) {
        let message = "user and password do not belong in the address, and this protocol has none";
        return findings.refuse(document, "/url", message);
    }
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none();
    match url.host_str().filter(|host| !host.is_empty()) {
        Some(host) if url.scheme() == "tcp" && is_bare => Some((host.to_owned(), url.port())),
        _ => findings.refuse(document, "/url", EXPECTED),
    }
}
