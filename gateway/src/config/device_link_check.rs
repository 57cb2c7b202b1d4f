//! How a device is reached and what its points are: its keys, protocol by protocol.

use std::net::SocketAddr;
use std::time::Duration;

use intake::gb26875::{self, SourceAddress, TestBit, Transmitter};
use intake::{dahua, isapi, modbus, mqtt, onvif};

use super::device_context::DeviceCheck;
use super::device_file::{DialectName, ProtocolName};
use super::device_key_check::check_keys;
use super::device_point_check as points;
use super::device_web_check::web;
use super::findings::Findings;
use super::tcp_address::host_and_port;
use crate::analysis::DeviceLink;

/// Where nearly all ONVIF devices have their device service.
const DEVICE_SERVICE: &str = "/onvif/device_service";
/// The port of Modbus TCP.
const MODBUS_PORT: u16 = 502;
/// A poll costs a slow bus some tens of milliseconds.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// How the device is reached, if all that belongs to it is sound.
pub(super) fn link(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let known = findings.faults.len();
    check_keys(device, findings);
    let link = match device.file.protocol {
        ProtocolName::Isapi => isapi(device, findings),
        ProtocolName::Dahua => dahua(device, findings),
        ProtocolName::Onvif => onvif(device, findings),
        ProtocolName::OnvifMqtt | ProtocolName::Mqtt => published(device, findings),
        ProtocolName::Modbus => modbus(device, findings),
        ProtocolName::Gb26875 => gb26875(device, findings),
    };
    link.filter(|_| findings.faults.len() == known)
}

fn isapi(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let points = points::numbered(device, findings);
    let utc_offset_minutes = device.utc_offset_minutes;
    let settings = isapi::Settings { web: web(device, findings)?, utc_offset_minutes, points };
    let fault = settings.fault();
    sound(device, fault, DeviceLink::Isapi(settings), findings)
}

fn dahua(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let names = points::numbered(device, findings);
    let inputs = points::numbered_inputs(device, findings);
    let settings = dahua::Settings { web: web(device, findings)?, points: names, inputs };
    let fault = settings.fault();
    sound(device, fault, DeviceLink::Dahua(settings), findings)
}

fn onvif(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let (names, inputs) = points::by_token(device, findings);
    let mut web = web(device, findings)?;
    if web.url.path() == "/" {
        web.url.set_path(DEVICE_SERVICE);
    }
    let settings = onvif::Settings { web, points: names, inputs };
    let fault = settings.fault();
    sound(device, fault, DeviceLink::Onvif(settings), findings)
}

/// What publishes at the broker.
fn published(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let file = device.file;
    let way = if file.protocol == ProtocolName::Mqtt {
        mqtt::Way::Json
    } else {
        let Some(topic_prefix) = file.topic_prefix.clone() else {
            let message = "a device that speaks `onvif_mqtt` needs `topic_prefix`, what its topics \
                           begin with before /onvif-ej/";
            return findings.refuse(device.document, "", message);
        };
        mqtt::Way::OnvifEj { topic_prefix }
    };
    let of_device = mqtt::DeviceSettings {
        device: device.id.to_owned(),
        way,
        points: points::published(device, findings)?,
        silent_after: device.silence(),
    };
    let settings =
        mqtt::Settings { prefix: device.topic_prefix.to_owned(), devices: vec![of_device] };
    let fault = settings.validate().err();
    sound(device, fault.map(|fault| fault.to_string()), DeviceLink::Mqtt(settings), findings)
}

fn modbus(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let (host, port) = host_and_port(device.document, device.file.url.as_deref(), findings)?;
    let secs = |written: Option<f64>, usual| written.map_or(usual, Duration::from_secs_f64);
    let settings = modbus::Settings {
        host,
        port: port.unwrap_or(MODBUS_PORT),
        points: points::registers(device, findings)?,
        poll_interval: secs(device.file.poll_interval_secs, POLL_INTERVAL),
        timeout: secs(device.file.answer_timeout_secs, ANSWER_TIMEOUT),
    };
    if let Err(fault) = settings.validate() {
        let (at, message) = points::place_of(&fault);
        return findings.refuse(device.document, &at, message);
    }
    Some(DeviceLink::Modbus(settings))
}

fn gb26875(device: &DeviceCheck<'_>, findings: &mut Findings) -> Option<DeviceLink> {
    let (host, port) = host_and_port(device.document, device.file.url.as_deref(), findings)?;
    let written = format!("{host}:{}", port.unwrap_or_default());
    let Some(listen) = written.parse::<SocketAddr>().ok().filter(|listen| listen.port() != 0)
    else {
        let message = "expected where the gateway listens, an address of its own and a port such as \
                       tcp://0.0.0.0:5200";
        return findings.refuse(device.document, "/url", message);
    };
    let dialect = match device.file.dialect.unwrap_or_default() {
        DialectName::Binary => gb26875::Dialect::Binary,
        DialectName::Bcd => gb26875::Dialect::Bcd,
        DialectName::Short => gb26875::Dialect::Short,
    };
    let Some(written) = device.file.transmitter.as_deref() else {
        let message = "a device that speaks `gb26875` needs `transmitter`, its own address as its \
                       display shows it";
        return findings.refuse(device.document, "", message);
    };
    let read = match dialect {
        gb26875::Dialect::Short => SourceAddress::from_user_code(written),
        _ => SourceAddress::from_digits(written),
    };
    let Some(address) = read.into_iter().next() else {
        let message = "expected 12 hexadecimal digits, or with dialect `short` a user code of 1 to 6 \
                       characters";
        return findings.refuse(device.document, "/transmitter", message);
    };
    let transmitter = Transmitter {
        device: device.id.to_owned(),
        address,
        dialect,
        utc_offset_secs: device.utc_offset_minutes * 60,
        test_bit: TestBit::default(),
        points: points::components(device, findings)?,
    };
    let link = DeviceLink::Gb26875 { listen, transmitter };
    let fault = link.fault();
    sound(device, fault, link, findings)
}

/// `link`, unless the protocol itself finds a fault in it.
fn sound(
    device: &DeviceCheck<'_>,
    fault: Option<String>,
    link: DeviceLink,
    findings: &mut Findings,
) -> Option<DeviceLink> {
    match fault {
        None => Some(link),
        Some(fault) => findings.refuse(device.document, "", fault),
    }
}
