//! What kind of device an alert comes from, and how it is spoken to.

use serde::{Deserialize, Serialize};

/// What kind of device an alert comes from, and how it is spoken to. The default is a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// The protocol by which it is spoken to.
    pub protocol: Protocol,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A camera whose pictures the gateway judges.
    #[default]
    VideoAi,
    /// A door, or the controller of doors.
    AccessControl,
    /// A transmitter of fire alarms (GB/T 26875.3 用户信息传输装置).
    FireTransmitter,
    /// Anything that measures.
    Sensor,
}

/// A protocol, as messages spell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the wire's own words")]
pub enum Protocol {
    #[default]
    Rtsp,
    Isapi,
    DahuaCgi,
    Onvif,
    OnvifMqtt,
    Osdp,
    Wiegand,
    ModbusTcp,
    ModbusRtu,
    Gb26875,
    Gb28181,
    Mqtt,
    Gpio,
}

impl SourceKind {
    /// The key under which a case system files where a report came from (问题来源).
    pub(crate) const fn report_channel(self) -> &'static str {
        match self {
            Self::VideoAi => "video_monitoring",
            Self::AccessControl => "access_control",
            Self::FireTransmitter => "fire_transmitter",
            Self::Sensor => "sensor",
        }
    }
}
