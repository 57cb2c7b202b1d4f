//! What is left of the example in a camera's file: such a camera cannot be reached, or lies about its place.

use std::net::IpAddr;

use url::Url;

use super::camera_context::CameraCheck;
use super::findings::Findings;

/// What the example's names and places hold.
const MARK: &str = "示例";

/// Warns of an address that no camera has (RFC 5737), and of names that are the example's. A camera of this
/// machine is a simulated one, and may have them.
pub(super) fn warn_of_example(check: &CameraCheck<'_>, url: &Url, findings: &mut Findings) {
    let CameraCheck { file, document, .. } = check;
    // The host of an address that is none of the web is not taken apart.
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let ip = host.parse::<IpAddr>().ok();
    if ip.is_some_and(|ip| matches!(ip, IpAddr::V4(ip) if ip.is_documentation())) {
        let message =
            "this is the address of the example, which no camera has; write the one of yours";
        findings.warn(document, "/url", message);
    }
    if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
        return;
    }
    let path = file.grid.as_ref().and_then(|grid| grid.path.as_deref()).unwrap_or_default();
    let path: String = path.iter().filter_map(|level| level.name.as_deref()).collect();
    for (at, text) in [
        ("/name", file.name.as_deref()),
        ("/place/address", file.place.address.as_deref()),
        ("/grid/path", Some(path.as_str())),
    ] {
        if text.is_some_and(|text| text.contains(MARK)) {
            let message =
                format!("this is still the example's ({MARK}); alerts would say it of your camera");
            findings.warn(document, at, message);
        }
    }
}
