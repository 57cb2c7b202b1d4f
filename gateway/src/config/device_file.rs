//! `devices/<id>.toml` as it is written: one door controller or sensor, its place, its points and rules.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::camera_file::PlaceTable;
use super::device_terms::AllSignalTerms;
use super::gateway_file::GridTable;
use super::id::{ID_PATTERN, ID_WORDS};

/// One door controller or sensor (门禁、传感器).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceFile {
    /// The device's id in every alert; unique among devices and cameras, and the same as the file's
    /// name; left out, the file's name.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: Option<String>,
    /// Its name as people say it; left out, the id.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
    /// How it speaks: `isapi` (Hikvision), `dahua`, `onvif`, `onvif_mqtt` (ONVIF events through the
    /// broker), `modbus` (Modbus TCP), `gb26875` (a fire transmitter by GB/T 26875.3, which calls the
    /// gateway), `mqtt` (anything that publishes JSON under `in/<id>` at the broker).
    pub(crate) protocol: ProtocolName,
    /// Where it is, without user and password: `http://host:80` or `https://host:443` for `isapi`,
    /// `dahua` and `onvif` (there with the path of its device service, if that is an unusual one); `tcp://host:502` for `modbus`. For `gb26875` where the gateway listens,
    /// `tcp://0.0.0.0:5200`. Those that publish at the broker have none.
    #[serde(default)]
    #[schemars(length(min = 1, max = 1024))]
    pub(crate) url: Option<String>,
    /// The user name at the device.
    #[serde(default)]
    #[schemars(length(min = 1, max = 256))]
    pub(crate) username: Option<String>,
    /// A file that holds the password in its first line.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) password_file: Option<String>,
    /// Sends the password as it is (Basic) to a device that knows nothing better, though the line is
    /// not encrypted. Over `https://` that needs no permission.
    #[serde(default)]
    pub(crate) allow_basic_auth: bool,
    /// For `https://`: the certificate (PEM) of the authority that signed the device's.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ca_file: Option<String>,
    /// For `https://`, in place of `ca_file`: the SHA-256 fingerprint of the device's own certificate.
    #[serde(default)]
    #[schemars(
        regex(pattern = "^([0-9A-Fa-f]{2}:?){32}$"),
        extend("x-expected" = "a SHA-256 fingerprint: 64 hexadecimal digits, with colons or without")
    )]
    pub(crate) certificate_sha256: Option<String>,
    /// `modbus`: from the begin of one poll to that of the next; left out, 2.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 3600.0))]
    pub(crate) poll_interval_secs: Option<f64>,
    /// `modbus`: how long it has for one answer; left out, 2.
    #[serde(default)]
    #[schemars(range(min = 0.1, max = 30.0))]
    pub(crate) answer_timeout_secs: Option<f64>,
    /// `gb26875`: its own address, as its display shows it: 12 hexadecimal digits; with dialect `short`
    /// its user code of 1 to 6 characters.
    #[serde(default)]
    #[schemars(length(min = 1, max = 12))]
    pub(crate) transmitter: Option<String>,
    /// `gb26875`: how it writes numbers: `binary` as the standard says, `bcd`, or `short`, frames that
    /// begin with 68 and end with 16; left out, `binary`.
    #[serde(default)]
    pub(crate) dialect: Option<DialectName>,
    /// `onvif_mqtt`: what its topics begin with, before `/onvif-ej/`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    pub(crate) topic_prefix: Option<String>,
    /// Without a sign of life for so long nobody knows what is there: its silence neither opens, prolongs
    /// nor clears an alert. The status of one that publishes is `offline` then. Left out, 300.
    #[serde(default)]
    #[schemars(range(min = 10, max = 604_800))]
    pub(crate) silent_after_secs: Option<u32>,
    /// Its 20-digit code by GB/T 28181 (国标编码).
    #[serde(default)]
    #[schemars(
        regex(pattern = "^[0-9]{20}$"),
        extend("x-expected" = "a GB/T 28181 code of 20 digits, in quotes")
    )]
    pub(crate) gb_id: Option<String>,
    /// The camera that sees it: its alerts get a picture of that camera.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = "the id of a camera"))]
    pub(crate) camera: Option<String>,
    /// Where it is.
    pub(crate) place: PlaceTable,
    /// Its grid (网格); left out, the gateway's.
    #[serde(default)]
    pub(crate) grid: Option<GridTable>,
    /// Its doors, inputs and registers.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub(crate) point: Vec<PointTable>,
    /// What must not happen there.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) rule: Vec<SignalRuleTable>,
}

impl DeviceFile {
    /// Whether it calls the gateway, so that its address is the gateway's own.
    pub(super) fn is_caller(&self) -> bool {
        self.protocol == ProtocolName::Gb26875
    }
}

/// How a device speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProtocolName {
    Isapi,
    Dahua,
    Onvif,
    OnvifMqtt,
    Modbus,
    Gb26875,
    Mqtt,
}

impl ProtocolName {
    /// As it is written.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Isapi => "isapi",
            Self::Dahua => "dahua",
            Self::Onvif => "onvif",
            Self::OnvifMqtt => "onvif_mqtt",
            Self::Modbus => "modbus",
            Self::Gb26875 => "gb26875",
            Self::Mqtt => "mqtt",
        }
    }
}

/// How a fire transmitter writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DialectName {
    #[default]
    Binary,
    Bcd,
    Short,
}

/// One point of a device: a door, an input, a register. The protocol decides by which key it is found.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointTable {
    /// The point's id, unique in this device.
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: String,
    /// Its name as people say it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
    /// `isapi`, `dahua`: the number of the door at its controller, from 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub(crate) door: Option<u32>,
    /// `isapi`: the number of the card reader, from 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub(crate) reader: Option<u32>,
    /// `isapi`, `dahua`: the number of the alarm input, from 1.
    #[serde(default)]
    #[schemars(range(min = 1, max = 256))]
    pub(crate) input: Option<u32>,
    /// `onvif`: the token of the door, access point or input; left out, the id.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) token: Option<String>,
    /// `onvif_mqtt`: the topic of its event, such as `Device/Sensor/Temperature/High`.
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    pub(crate) topic: Option<String>,
    /// `onvif_mqtt`: a value of the event's source, such as the door's token; left out, any.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) source: Option<String>,
    /// `onvif_mqtt`: which item of the event's data; left out, the usual one of the topic.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) item: Option<String>,
    /// `gb26875`: the address of the fire system; left out, the transmitter itself is meant.
    #[serde(default)]
    pub(crate) system: Option<u8>,
    /// `gb26875`: the component of that system; left out, the system as a whole.
    #[serde(default)]
    pub(crate) component: Option<u32>,
    /// `gb26875`: the type of its measured quantity; left out, its state is meant.
    #[serde(default)]
    pub(crate) quantity: Option<u8>,
    /// What it tells of, and by that its unit: `residual_current` mA, `temperature` °C, `water_level` m.
    /// Registers need it, and alarm inputs.
    #[serde(default)]
    #[schemars(extend("enum" = KINDS))]
    pub(crate) kind: Option<String>,
    /// `modbus`: the unit behind the address; left out, 1.
    #[serde(default)]
    pub(crate) unit_id: Option<u8>,
    /// `modbus`: the table that it is in; left out, `holding`.
    #[serde(default)]
    pub(crate) table: Option<TableName>,
    /// `modbus`: its address in the table as it goes over the wire, from 0. A manual that counts from 1,
    /// or writes 40001, means one less, or 0.
    #[serde(default)]
    pub(crate) address: Option<u16>,
    /// `modbus`: the form of its value; left out, `bit` in `coil` and `discrete`, else `u16`.
    #[serde(default)]
    pub(crate) value: Option<ValueName>,
    /// `modbus`, with value `bit` of a register: which bit, 0 is the least; left out, 0.
    #[serde(default)]
    #[schemars(range(min = 0, max = 15))]
    pub(crate) bit: Option<u8>,
    /// `modbus`: which half of a 32-bit value comes first; left out, `big`, the one with the high bits.
    #[serde(default)]
    pub(crate) word_order: Option<WordOrderName>,
    /// `modbus`, `gb26875` with a quantity: the value is the number read times this, and then plus
    /// `offset`; left out, 1, and of `gb26875` what the standard says.
    #[serde(default)]
    pub(crate) scale: Option<f64>,
    /// As `scale`; left out, 0.
    #[serde(default)]
    pub(crate) offset: Option<f64>,
    /// `modbus`: a flag is told as its opposite, as for a contact that is closed at rest.
    #[serde(default)]
    pub(crate) inverted: bool,
    /// `modbus`: what it can measure, `[least, most]` in its unit. A value outside is doubted.
    #[serde(default)]
    #[schemars(extend("x-expected" = "[least, most] in the unit of the point"))]
    pub(crate) valid: Option<[f64; 2]>,
}

/// Kinds of signals that a point may be given.
pub(super) const KINDS: [&str; 8] = [
    "door_contact",
    "lock",
    "door_event",
    "tamper",
    "smoke",
    "residual_current",
    "temperature",
    "water_level",
];

/// A table of Modbus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TableName {
    Coil,
    Discrete,
    Holding,
    Input,
}

/// The form of a value of Modbus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ValueName {
    Bit,
    U16,
    I16,
    U32,
    I32,
    F32,
}

/// Which half of a 32-bit value comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WordOrderName {
    Big,
    Little,
}

/// What must not happen at a point. Terms left out are those of the incident type.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct SignalRuleTable {
    /// The rule's id, unique in this device; left out, point and type joined by a dot.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: Option<String>,
    /// The incident type (事件类型) that it reports.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) incident_type: String,
    /// The point that it watches; left out, every point of the device.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) point: Option<String>,
    /// Overrides the type's priority: 1 is the most urgent (一级), 4 the least.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4))]
    pub(crate) priority: Option<u8>,
    /// How it judges.
    #[serde(flatten)]
    #[schemars(with = "AllSignalTerms")]
    pub(crate) terms: Map<String, Value>,
}
