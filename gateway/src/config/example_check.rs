//! What is left of the example in the file of a camera or a device: it cannot be reached, or its alerts lie about the
//! place.

use std::net::IpAddr;

use url::Url;

use super::camera_context::CameraCheck;
use super::device_context::DeviceCheck;
use super::document::Document;
use super::findings::Findings;
use super::gateway_file::GridTable;

/// What the example's names and places hold.
const MARK: &str = "示例";

/// A file of which something may be left from the example.
struct Copied<'a> {
    document: &'a Document,
    /// Whose alerts would say it: `camera` or `device`.
    whose: &'static str,
    name: Option<&'a str>,
    address: Option<&'a str>,
    grid: Option<&'a GridTable>,
}

/// Warns of an address that no camera has (RFC 5737), and of names that are the example's. A camera of this
/// machine is a simulated one, and may have them.
pub(super) fn warn_of_example_camera(check: &CameraCheck<'_>, url: &Url, findings: &mut Findings) {
    let CameraCheck { file, document, .. } = check;
    let copied = Copied {
        document,
        whose: "camera",
        name: file.name.as_deref(),
        address: file.place.address.as_deref(),
        grid: file.grid.as_ref(),
    };
    copied.warn(url.host_str(), findings);
}

/// The same of a door or a sensor.
pub(super) fn warn_of_example_device(check: &DeviceCheck<'_>, findings: &mut Findings) {
    let DeviceCheck { file, document, .. } = check;
    let copied = Copied {
        document,
        whose: "device",
        name: file.name.as_deref(),
        address: file.place.address.as_deref(),
        grid: file.grid.as_ref(),
    };
    let url = file.url.as_deref().and_then(|url| Url::parse(url).ok());
    copied.warn(url.as_ref().and_then(Url::host_str), findings);
}

impl Copied<'_> {
    fn warn(&self, host: Option<&str>, findings: &mut Findings) {
        let Self { document, whose, .. } = self;
        // The host of an address that is none of the web is not taken apart.
        let host = host.unwrap_or_default().trim_matches(['[', ']']);
        let ip = host.parse::<IpAddr>().ok();
        if ip.is_some_and(|ip| matches!(ip, IpAddr::V4(ip) if ip.is_documentation())) {
            let message = format!(
                "this is the address of the example, which no {whose} has; write the one of yours"
            );
            findings.warn(document, "/url", message);
        }
        if host == "localhost" || ip.is_some_and(|ip| ip.is_loopback()) {
            return;
        }
        let path = self.grid.and_then(|grid| grid.path.as_deref()).unwrap_or_default();
        let path: String = path.iter().filter_map(|level| level.name.as_deref()).collect();
        for (at, text) in [
            ("/name", self.name),
            ("/place/address", self.address),
            ("/grid/path", Some(path.as_str())),
        ] {
            if text.is_some_and(|text| text.contains(MARK)) {
                let message = format!(
                    "this is still the example's ({MARK}); alerts would say it of your {whose}"
                );
                findings.warn(document, at, message);
            }
        }
    }
}
