//! The web server of a door controller: its address, its password, its certificate.

use camera::Credentials;
use intake::WebServer;
use url::Url;

use super::address;
use super::device_context::DeviceCheck;
use super::findings::Findings;
use super::trust_check::TrustWritten;

/// How it is reached, if all that belongs to it is sound.
pub(super) fn web(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<WebServer> {
    let (file, document) = (device.file, device.document);
    let url = url(device, findings);
    let credentials = credentials(device, findings);
    let written = TrustWritten {
        owner: "device",
        scheme: "https",
        is_encrypted: url.as_ref().is_some_and(|url| url.scheme() == "https"),
        ca_file: file.ca_file.as_deref(),
        certificate_sha256: file.certificate_sha256.as_deref(),
        how_to_find: "`openssl s_client -connect HOST:443 </dev/null | openssl x509 -noout -fingerprint -sha256`",
    };
    let url = url?;
    let trust = written.check(document, findings);
    Some(WebServer {
        credentials: credentials?,
        allow_basic_auth: file.allow_basic_auth,
        trust: trust?,
        ..WebServer::new(url)
    })
}

fn url(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<Url> {
    const EXPECTED: &str = "expected http://host:80 or https://host:443";
    let document = device.document;
    let Some(written) = &device.file.url else {
        let message = format!("a device of this protocol needs `url`; {EXPECTED}");
        return findings.refuse(document, "", message);
    };
    let Ok(url) = Url::parse(written) else {
        return findings.refuse(document, "/url", format!("not an address; {EXPECTED}"));
    };
    if !matches!(url.scheme(), "http" | "https") {
        let scheme = address::scheme(&url);
        return findings.refuse(document, "/url", format!("{scheme} is not supported; {EXPECTED}"));
    }
    if address::holds_login(&url) {
        let message = "user and password do not belong in the address: write the user into `username`, \
                       the password into a file, and name it in `password_file`";
        return findings.refuse(document, "/url", message);
    }
    Some(url)
}

fn credentials(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<Option<Credentials>> {
    let (file, document) = (device.file, device.document);
    match (&file.username, &file.password_file) {
        (None, None) => Some(None),
        (Some(_), None) => {
            let message =
                "`username` needs `password_file`, a file with the password in its first line";
            findings.refuse(document, "/username", message)
        }
        (None, Some(_)) => {
            findings.refuse(document, "/password_file", "`password_file` needs `username`")
        }
        (Some(user), Some(_)) => {
            let (_, password) = findings.secret_line(document, "/password_file", "password")?;
            Some(Some(Credentials { user: user.clone(), password }))
        }
    }
}
