//! Which keys of a device's file mean something to its protocol: another is a mistake, not a wish to
//! ignore.

use super::device_context::DeviceCheck;
use super::device_file::ProtocolName;
use super::findings::Findings;
use super::pointer::join;

use ProtocolName::{Dahua, Gb26875, Isapi, Modbus, Onvif, OnvifMqtt};

const WEB: &[ProtocolName] = &[Isapi, Dahua, Onvif];

/// Keys of a device that not every protocol takes.
const OF_DEVICE: [(&str, &[ProtocolName]); 11] = [
    ("url", &[Isapi, Dahua, Onvif, Modbus, Gb26875]),
    ("username", WEB),
    ("password_file", WEB),
    ("allow_basic_auth", WEB),
    ("ca_file", WEB),
    ("certificate_sha256", WEB),
    ("poll_interval_secs", &[Modbus]),
    ("answer_timeout_secs", &[Modbus]),
    ("transmitter", &[Gb26875]),
    ("dialect", &[Gb26875]),
    ("topic_prefix", &[OnvifMqtt]),
];

/// Keys of a point that not every protocol takes.
const OF_POINT: [(&str, &[ProtocolName]); 20] = [
    ("door", &[Isapi, Dahua]),
    ("reader", &[Isapi]),
    ("input", &[Isapi, Dahua]),
    ("token", &[Onvif]),
    ("topic", &[OnvifMqtt]),
    ("source", &[OnvifMqtt]),
    ("item", &[OnvifMqtt]),
    ("system", &[Gb26875]),
    ("component", &[Gb26875]),
    ("quantity", &[Gb26875]),
    ("unit_id", &[Modbus]),
    ("table", &[Modbus]),
    ("address", &[Modbus]),
    ("value", &[Modbus]),
    ("bit", &[Modbus]),
    ("word_order", &[Modbus]),
    ("scale", &[Modbus, Gb26875]),
    ("offset", &[Modbus, Gb26875]),
    ("inverted", &[Modbus]),
    ("valid", &[Modbus]),
];

/// Notes every key that means nothing to the device's protocol.
pub(super) fn check_keys(device: &DeviceCheck<'_>, findings: &mut Findings) {
    refuse_idle(device, "", &OF_DEVICE, findings);
    for index in 0..device.file.point.len() {
        refuse_idle(device, &format!("/point/{index}"), &OF_POINT, findings);
    }
}

fn refuse_idle(
    device: &DeviceCheck<'_>,
    at: &str,
    keys: &[(&str, &[ProtocolName])],
    findings: &mut Findings,
) {
    let protocol = device.file.protocol;
    for (key, takers) in keys {
        let place = join(at, key);
        if !takers.contains(&protocol) && device.document.holds(&place) {
            let message =
                format!("`{key}` means nothing to a device that speaks `{}`", protocol.word());
            findings.refuse::<()>(device.document, &place, message);
        }
    }
}
