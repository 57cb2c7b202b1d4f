//! How a device is reached: the settings of its protocol.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use incident::{Protocol, Source, SourceKind};
use intake::{WebServer, dahua, gb26875, isapi, modbus, mqtt, onvif};

/// How a device is reached, and which of its points mean what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DeviceLink {
    /// A door controller of Hikvision.
    Isapi(isapi::Settings),
    /// A door controller of Dahua.
    Dahua(dahua::Settings),
    /// A door controller that speaks ONVIF.
    Onvif(onvif::Settings),
    /// Registers.
    Modbus(modbus::Settings),
    /// It publishes at the gateway's broker; the only device of these settings.
    Mqtt(mqtt::Settings),
    /// A fire transmitter. It calls the gateway, which listens once for all that call there.
    Gb26875 {
        /// Where the gateway listens.
        listen: SocketAddr,
        /// The one of them that this device is.
        transmitter: gb26875::Transmitter,
    },
}

/// Something that only one device can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// The key of its file that says so.
    pub(crate) at: &'static str,
    /// What it is, in words.
    pub(crate) what: String,
}

impl Claim {
    fn new(at: &'static str, what: String) -> Self {
        Self { at, what }
    }
}

/// Transmitters that may be connected at once at one place.
const MOST_CONNECTIONS: usize = 256;
/// A transmitter tells of itself at least this often, or is taken for gone.
const IDLE_TIMEOUT: Duration = Duration::from_mins(3);

impl DeviceLink {
    /// What kind of device it is, as its alerts say.
    pub(crate) fn source(&self) -> Source {
        use SourceKind::{AccessControl, FireTransmitter, Sensor};
        let is_onvif = |it: &mqtt::DeviceSettings| matches!(it.way, mqtt::Way::OnvifEj { .. });
        let (kind, protocol) = match self {
            Self::Isapi(_) => (AccessControl, Protocol::Isapi),
            Self::Dahua(_) => (AccessControl, Protocol::DahuaCgi),
            Self::Onvif(_) => (AccessControl, Protocol::Onvif),
            Self::Modbus(_) => (Sensor, Protocol::ModbusTcp),
            Self::Mqtt(it) if it.devices.iter().any(is_onvif) => (Sensor, Protocol::OnvifMqtt),
            Self::Mqtt(_) => (Sensor, Protocol::Mqtt),
            Self::Gb26875 { .. } => (FireTransmitter, Protocol::Gb26875),
        };
        Source { kind, protocol }
    }

    /// What no two devices may have in common: one of them would be deaf, or all be told twice.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        let at_web = |protocol: &str, web: &WebServer| {
            let host = web.url.host_str().unwrap_or_default().to_lowercase();
            let port = web.url.port_or_known_default().unwrap_or_default();
            Claim::new("/url", format!("{host} port {port} by {protocol}"))
        };
        match self {
            Self::Isapi(it) => vec![at_web("isapi", &it.web)],
            Self::Dahua(it) => vec![at_web("dahua", &it.web)],
            Self::Onvif(it) => vec![at_web("onvif", &it.web)],
            Self::Modbus(it) => {
                let units: BTreeSet<u8> = it.points.iter().map(|point| point.unit_id).collect();
                let host = it.host.to_lowercase();
                let of_unit = |unit| format!("unit {unit} of {host} port {}", it.port);
                units.into_iter().map(|unit| Claim::new("/url", of_unit(unit))).collect()
            }
            Self::Mqtt(it) => {
                vec![Claim::new("/topic_prefix", format!("topic {}", own_topic(it)))]
            }
            Self::Gb26875 { listen, transmitter } => {
                let address = transmitter.address;
                let port = listen.port();
                vec![Claim::new("/transmitter", format!("transmitter {address} at port {port}"))]
            }
        }
    }

    /// What the protocol itself finds wrong with a fire transmitter's settings.
    pub(crate) fn fault(&self) -> Option<String> {
        let Self::Gb26875 { listen, transmitter } = self else { return None };
        let settings = listener(*listen, vec![transmitter.clone()]);
        settings.validate().err().map(|fault| fault.to_string())
    }
}

/// What of all that is published is said by the only device of these settings.
pub(super) fn own_topic(settings: &mqtt::Settings) -> String {
    match settings.devices.first() {
        Some(mqtt::DeviceSettings { device, way: mqtt::Way::Json, .. }) => {
            format!("{}/in/{device}", settings.prefix)
        }
        _ => mqtt::filters(settings).pop().unwrap_or_default(),
    }
}

/// Where all of these transmitters call.
pub(super) fn listener(
    listen: SocketAddr,
    transmitters: Vec<gb26875::Transmitter>,
) -> gb26875::Settings {
    gb26875::Settings {
        listen,
        most_connections: MOST_CONNECTIONS,
        idle_timeout: IDLE_TIMEOUT,
        transmitters,
    }
}
