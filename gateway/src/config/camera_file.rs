//! `cameras/<id>.toml` as it is written: one camera, its place, its zones and rules.

use camera::{Client, Transport};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::gateway_file::{CLIENTS, GridTable, TRANSPORTS};
use super::id::{ID_PATTERN, ID_WORDS};
use super::rule_terms::AllTerms;

/// One camera (摄像机).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CameraFile {
    /// The camera's id in every alert; unique on this gateway and the same as the file's name.
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: String,
    /// Its name as people say it; left out, the id.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
    /// Its stream: `rtsp://host:554/path` or `rtsps://host:322/path`, without user and password. With
    /// `transport = "http"` the port is that of HTTP, 80 if left out, or of HTTPS, 443.
    #[schemars(
        length(min = 1, max = 1024),
        extend("x-expected" = "the stream's address such as \"rtsp://host:554/path\"")
    )]
    pub(crate) url: String,
    /// How video travels; left out, as in `camera_defaults`.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("enum" = TRANSPORTS))]
    pub(crate) transport: Option<Transport>,
    /// Which client plays it: `native` is cheap and strict, `compatible` plays what other players
    /// play, `auto` tries them in this order and remembers what worked.
    #[serde(default)]
    #[schemars(with = "String", extend("enum" = CLIENTS))]
    pub(crate) client: Client,
    /// A TOML file that holds `user` and `password`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) credentials_file: Option<String>,
    /// Sends the password as it is (Basic) to a camera that knows nothing better, though the line
    /// is not encrypted. Over `rtsps://` that needs no permission.
    #[serde(default)]
    pub(crate) allow_basic_auth: bool,
    /// While the sizes of its coded pictures tell that nothing happens, and nothing is in sight of its rules, looks
    /// are left out for this long at most; 0 leaves none out. Left out, as in `camera_defaults`.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600))]
    pub(crate) longest_look_secs: Option<u32>,
    /// For `rtsps://`: the certificate (PEM) of the authority that signed the camera's.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) ca_file: Option<String>,
    /// For `rtsps://`, in place of `ca_file`: the SHA-256 fingerprint of the camera's own certificate.
    #[serde(default)]
    #[schemars(
        regex(pattern = "^([0-9A-Fa-f]{2}:?){32}$"),
        extend("x-expected" = "a SHA-256 fingerprint: 64 hexadecimal digits, with colons or without")
    )]
    pub(crate) certificate_sha256: Option<String>,
    /// Its 20-digit code by GB/T 28181 (国标编码).
    #[serde(default)]
    #[schemars(
        regex(pattern = "^[0-9]{20}$"),
        extend("x-expected" = "a GB/T 28181 code of 20 digits, in quotes")
    )]
    pub(crate) gb_id: Option<String>,
    /// Where it stands.
    pub(crate) place: PlaceTable,
    /// Its grid (网格); left out, the gateway's.
    #[serde(default)]
    pub(crate) grid: Option<GridTable>,
    /// Width and height of the picture that zone corners refer to. The camera may send another
    /// size: zones scale with it.
    #[schemars(extend("x-expected" = "[width, height] of the picture in pixels, such as [1920, 1080]"))]
    #[schemars(inner(range(min = 16, max = 16384)))]
    pub(crate) picture_px: [u32; 2],
    /// What its pixels show of the ground, so that alerts say where an object stands; left out,
    /// they say where the camera does.
    #[serde(default)]
    pub(crate) calibration: Option<CalibrationTable>,
    /// The areas it watches.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) zone: Vec<ZoneTable>,
    /// Areas that nobody may look into, such as windows; they are filled in every picture that is
    /// kept. A camera with one keeps no clips and no originals.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) privacy_zone: Vec<PrivacyZoneTable>,
    /// What must not happen there.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub(crate) rule: Vec<RuleTable>,
}

/// Where a camera stands: WGS-84, not GCJ-02 (火星坐标).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaceTable {
    /// Degrees east, WGS-84.
    #[schemars(range(min = -180.0, max = 180.0))]
    pub(crate) longitude: f64,
    /// Degrees north, WGS-84.
    #[schemars(range(min = -90.0, max = 90.0))]
    pub(crate) latitude: f64,
    /// Radius around this point that holds what the camera sees, with 95 % certainty.
    #[serde(default = "street_view")]
    #[schemars(range(min = 0.1, max = 10_000.0))]
    pub(crate) accuracy_metres: f64,
    /// The place in words (位置描述).
    #[serde(default)]
    #[schemars(length(min = 1, max = 200))]
    pub(crate) address: Option<String>,
}

fn street_view() -> f64 {
    50.0
}

/// Points of the flat ground whose place is known.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CalibrationTable {
    /// Spread over the picture, near and far, no three on a line: 4 at least; from 6 on they tell
    /// which one is wrong. `gridwhistle calibrate` says how well they agree.
    #[schemars(length(min = 4, max = 32))]
    pub(crate) points: Vec<PairTable>,
}

/// One point of the ground.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PairTable {
    /// Where the picture shows it, `[x, y]` in pixels of `picture_px`.
    #[schemars(extend("x-expected" = "[x, y] in pixels of picture_px"))]
    pub(crate) px: [f64; 2],
    /// Degrees east, WGS-84.
    #[schemars(range(min = -180.0, max = 180.0))]
    pub(crate) longitude: f64,
    /// Degrees north, WGS-84.
    #[schemars(range(min = -90.0, max = 90.0))]
    pub(crate) latitude: f64,
}

/// An area of the picture.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ZoneTable {
    /// The zone's id, unique in this camera.
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: String,
    /// Its corners in order, `[x, y]` in pixels of `picture_px`; x grows right, y grows down.
    #[schemars(length(min = 3, max = 64))]
    pub(crate) polygon_px: Vec<CornerPx>,
}

/// An area of the picture that is filled in evidence.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivacyZoneTable {
    /// Its corners in order, `[x, y]` in pixels of `picture_px`; x grows right, y grows down.
    #[schemars(length(min = 3, max = 64))]
    pub(crate) polygon_px: Vec<CornerPx>,
}

/// One corner, `[x, y]` in pixels of `picture_px`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("x-expected" = "made of corners [x, y] in pixels"))]
pub(crate) struct CornerPx(pub(crate) [f64; 2]);

/// What must not happen in a zone. Terms left out are those of the incident type.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct RuleTable {
    /// The rule's id, unique in this camera; left out, zone and type joined by a dot.
    #[serde(default)]
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: Option<String>,
    /// The incident type (事件类型) that it reports.
    #[serde(rename = "type")]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) incident_type: String,
    /// The zone it watches; only a rule of kind `view_fault` may leave it out and watch all.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) zone: Option<String>,
    /// Overrides the type's priority: 1 is the most urgent (一级), 4 the least.
    #[serde(default)]
    #[schemars(range(min = 1, max = 4))]
    pub(crate) priority: Option<u8>,
    /// How it judges.
    #[serde(flatten)]
    #[schemars(with = "AllTerms")]
    pub(crate) terms: Map<String, Value>,
}

/// A file of user and password, kept apart so that camera files can be shown to anyone.
#[derive(Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialsFile {
    /// User name at the camera.
    #[schemars(length(min = 1, max = 256))]
    pub(crate) user: String,
    /// Password at the camera.
    #[schemars(length(min = 1, max = 256))]
    pub(crate) password: String,
}
