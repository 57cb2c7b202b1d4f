//! What may be repeated of an address (URL) in a fault, and what it must not hold.

use url::Url;

/// What an address may begin with by mistake. Anything else may be a password with a colon behind it.
const KNOWN: [&str; 16] = [
    "http", "https", "ws", "wss", "ftp", "file", "tcp", "ssl", "tls", "mqtt", "mqtts", "rtsp",
    "rtsps", "rtmp", "srt", "udp",
];

/// What an address begins with, if that is no secret.
pub(super) fn scheme(url: &Url) -> String {
    match KNOWN.iter().find(|known| **known == url.scheme()) {
        Some(known) => format!("{known}://"),
        None => "what this address begins with".to_owned(),
    }
}

/// Whether a user name or a password stands in the address: it would be written into logs and alerts.
pub(super) fn holds_login(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}
