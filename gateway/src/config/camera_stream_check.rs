//! How a camera's stream is fetched: its address, its password, its certificate.

use camera::{Credentials, SessionError, Settings, Transport, Trust};
use url::Url;

use super::address;
use super::camera_context::CameraCheck;
use super::camera_file::CredentialsFile;
use super::document::Document;
use super::faults::Fault;
use super::findings::Findings;
use super::schema::FileSchema;
use super::span::secs;
use super::trust_check::TrustWritten;

/// The settings of the stream, if all that belongs to it is sound.
pub(super) fn stream(check: &CameraCheck<'_>, findings: &mut Findings) -> Option<Settings> {
    let CameraCheck { file, document, surroundings, .. } = check;
    let defaults = &surroundings.defaults;
    let url = url(check, findings);
    let credentials = match &file.credentials_file {
        Some(_) => credentials(check, findings).map(Some),
        None => Some(None),
    };
    let trust = trust(check, findings);
    let transport = file.transport.unwrap_or(defaults.transport);
    let encrypted = url.as_ref().is_some_and(is_encrypted);
    if encrypted && transport == Transport::Udp {
        return findings.refuse(document, "/transport", SessionError::InClear.to_string());
    }
    if file.allow_basic_auth && encrypted {
        let message = "rtsps:// needs no `allow_basic_auth`";
        findings.warn(document, "/allow_basic_auth", message);
    }
    Some(Settings {
        camera: file.id.clone(),
        url: url?,
        client: file.client,
        transport,
        credentials: credentials?,
        allow_basic_auth: file.allow_basic_auth,
        trust: trust?,
        step_timeout: secs(defaults.connect_timeout_secs),
        first_frame_timeout: secs(defaults.first_frame_timeout_secs),
        silence_timeout: secs(defaults.silence_timeout_secs),
        decoder_queue_bytes: defaults.decoder_queue_bytes as usize,
        max_picture_px: defaults.max_picture_px,
    })
}

fn is_encrypted(url: &Url) -> bool {
    url.scheme() == "rtsps"
}

fn url(check: &CameraCheck<'_>, findings: &mut Findings) -> Option<Url> {
    let CameraCheck { file, document, .. } = check;
    let Ok(url) = Url::parse(&file.url) else {
        let message = "not an address; expected rtsp://host:554/path";
        return findings.refuse(document, "/url", message);
    };
    if !matches!(url.scheme(), "rtsp" | "rtsps") {
        let scheme = address::scheme(&url);
        let instead = match url.scheme() {
            "http" => "; for RTSP over HTTP write rtsp:// and add `transport = \"http\"`",
            "https" => "; for RTSP over HTTPS write rtsps:// and add `transport = \"http\"`",
            _ => "",
        };
        let message = format!("{scheme} is not supported; expected rtsp:// or rtsps://{instead}");
        return findings.refuse(document, "/url", message);
    }
    if address::holds_login(&url) {
        let message = "user and password do not belong in the address: write them into a \
                       file and name it in `credentials_file`";
        return findings.refuse(document, "/url", message);
    }
    if url.host_str().is_none_or(str::is_empty) {
        return findings.refuse(document, "/url", "the address names no host");
    }
    Some(url)
}

fn credentials(check: &CameraCheck<'_>, findings: &mut Findings) -> Option<Credentials> {
    let path = findings.secret_file(check.document, "/credentials_file")?;
    let whose = format!("`credentials_file` of camera {}", check.file.id);
    let mut document = match Document::read(&path) {
        Ok(document) => document.concerning(whose).confidential(),
        Err(fault) => {
            findings.faults.push(Fault { subject: Some(whose), ..fault });
            return None;
        }
    };
    let (faults, _) = FileSchema::of::<CredentialsFile>().check(&mut document);
    if !faults.is_empty() {
        findings.faults.extend(faults);
        return None;
    }
    match document.decode::<CredentialsFile>() {
        Ok(CredentialsFile { user, password }) => Some(Credentials { user, password }),
        Err(fault) => {
            findings.faults.push(fault);
            None
        }
    }
}

/// What the certificate must be, if the address asks for one.
fn trust(check: &CameraCheck<'_>, findings: &mut Findings) -> Option<Option<Trust>> {
    let CameraCheck { file, document, .. } = check;
    let written = TrustWritten {
        owner: "camera",
        scheme: "rtsps",
        is_encrypted: file.url.starts_with("rtsps:"),
        ca_file: file.ca_file.as_deref(),
        certificate_sha256: file.certificate_sha256.as_deref(),
        how_to_find: "`gridwhistle probe URL`",
    };
    written.check(document, findings)
}
