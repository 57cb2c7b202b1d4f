//! `gateway.toml` as it is written: every key, its range, its default.
//!
//! These types are the one source of truth: deserialisation, the JSON Schema for editors and the
//! words of every fault come from them. Paths are relative to the folder of the file.

use archive::Retention;
use camera::Transport;
use detector::Precision;
use incident::GridLevel;
use schemars::JsonSchema;
use serde::Deserialize;

use super::casework_file::CaseworkTable;
use super::egova_file::EgovaTable;
use super::evidence_file::EvidenceTable;
use super::id::{ID_PATTERN, ID_WORDS};
use super::mqtt_file::MqttTable;
use super::span::in_secs;
use crate::operator::DEFAULT_LISTEN;

/// The levels of a grid hierarchy; cities use three to five of them.
pub(super) const GRID_LEVELS: [&str; 10] = [
    "city",
    "district",
    "street",
    "area",
    "community",
    "unit",
    "yard",
    "grid",
    "micro_grid",
    "building_unit",
];

/// Which weights of a model may be run.
pub(super) const PRECISIONS: [&str; 3] = ["auto", "fp32", "int8"];

/// Which clients may play a camera.
pub(super) const CLIENTS: [&str; 3] = ["auto", "native", "compatible"];

/// How RTP packets may travel.
pub(super) const TRANSPORTS: [&str; 3] = ["tcp", "udp", "http"];

/// Settings of one gateway (网关): who it is, where alerts go, what it may use.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayFile {
    /// Who this gateway is.
    pub(crate) gateway: GatewayTable,
    /// The grid (网格) of every camera that names none; left out, it follows from the area.
    #[serde(default)]
    pub(crate) grid: Option<GridTable>,
    /// The city whose grids, codes and holidays it follows; left out, the standard ones.
    #[serde(default)]
    pub(crate) city: Option<CityTable>,
    /// Where alerts go.
    pub(crate) mqtt: MqttTable,
    /// The gateway's own page: health, metrics, pictures.
    #[serde(default)]
    pub(crate) http: HttpTable,
    /// What it keeps on disk.
    #[serde(default)]
    pub(crate) storage: StorageTable,
    /// Pictures and clips that prove alerts: how long they stay, who may fetch them.
    #[serde(default)]
    pub(crate) evidence: EvidenceTable,
    /// A case system that alerts are also reported to, over HTTP; left out, none.
    #[serde(default)]
    pub(crate) egova: Option<EgovaTable>,
    /// How it looks at pictures.
    #[serde(default)]
    pub(crate) inference: InferenceTable,
    /// What holds for every camera unless its own file says otherwise.
    #[serde(default)]
    pub(crate) camera_defaults: CameraDefaultsTable,
    /// How alerts follow their cases (案件).
    #[serde(default)]
    pub(crate) casework: CaseworkTable,
    /// How it stops.
    #[serde(default)]
    pub(crate) shutdown: ShutdownTable,
}

/// Who this gateway is.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GatewayTable {
    /// The gateway's name in every topic and alert; unique in the city.
    #[schemars(regex(pattern = ID_PATTERN), extend("x-expected" = ID_WORDS))]
    pub(crate) id: String,
    /// The local time offset written into alerts.
    #[serde(default = "beijing_time")]
    #[schemars(
        regex(pattern = r"^[+-](0[0-9]|1[0-4]):[0-5][0-9]$"),
        extend("x-expected" = "an offset from UTC such as \"+08:00\"")
    )]
    pub(crate) utc_offset: String,
    /// Marks every alert as a drill that no case system may file (演练).
    #[serde(default)]
    pub(crate) test: bool,
    /// Alerts give each place in GCJ-02 (火星坐标), too, as consumer maps draw it.
    #[serde(default)]
    pub(crate) gcj02: bool,
    /// The administrative area (行政区划) that it serves.
    pub(crate) area: AreaTable,
}

fn beijing_time() -> String {
    "+08:00".to_owned()
}

/// An administrative area by its national codes (GB/T 2260 and GB/T 10114).
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AreaTable {
    /// County or district (区县).
    #[schemars(
        regex(pattern = "^[0-9]{6}$"),
        extend("x-expected" = "the 6-digit code of a county or district, in quotes")
    )]
    pub(crate) county: String,
    /// Street or township (街道).
    #[schemars(
        regex(pattern = "^[0-9]{3}$"),
        extend("x-expected" = "the 3-digit code of a street, in quotes")
    )]
    pub(crate) street: String,
    /// Community (社区).
    #[schemars(
        regex(pattern = "^[0-9]{3}$"),
        extend("x-expected" = "the 3-digit code of a community, in quotes")
    )]
    pub(crate) community: String,
}

/// A place in the city's grid hierarchy, of any depth.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridTable {
    /// Unit grid (单元网格): 14 digits (CJ/T 213), 15 (GB/T 30428.1 practice) or 20 (CJ/T 349).
    #[serde(default)]
    #[schemars(
        regex(pattern = "^([0-9]{14,15}|[0-9]{20})$"),
        extend("x-expected" = "a unit grid code of 14, 15 or 20 digits, in quotes")
    )]
    pub(crate) unit_code: Option<String>,
    /// Administrative division (行政区划): county 6, street 3, community 3 digits; left out, the
    /// gateway's area.
    #[serde(default)]
    #[schemars(
        regex(pattern = "^[0-9]{6}([0-9]{3}([0-9]{3})?)?$"),
        extend("x-expected" = "a division code of 6, 9 or 12 digits, in quotes")
    )]
    pub(crate) division_code: Option<String>,
    /// The grid's path from top to bottom; left out, the gateway's district, street and community.
    #[serde(default)]
    #[schemars(length(min = 1, max = 8))]
    pub(crate) path: Option<Vec<GridLevelTable>>,
    /// Which edition of the grid map these codes come from.
    #[serde(default)]
    #[schemars(length(min = 1, max = 32))]
    pub(crate) map_version: Option<String>,
}

/// One level of a grid path.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GridLevelTable {
    /// Which level this is.
    #[schemars(with = "String", extend("enum" = GRID_LEVELS))]
    pub(crate) level: GridLevel,
    /// Its code in the city's grid map.
    #[schemars(length(min = 1, max = 32))]
    pub(crate) code: String,
    /// Its name, as people say it.
    #[serde(default)]
    #[schemars(length(min = 1, max = 64))]
    pub(crate) name: Option<String>,
}

/// The city that it serves.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CityTable {
    /// Its folder: `city.toml`, and `types.toml`, `calendar.toml`, `grid.geojson` if they are there.
    #[schemars(length(min = 1))]
    pub(crate) folder: String,
}

/// The gateway's own page.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpTable {
    /// Address and port to listen on; loopback unless a proxy with TLS and login stands before it.
    #[schemars(length(min = 1), extend("x-expected" = "an address and port such as \"127.0.0.1:18080\""))]
    pub(crate) listen: String,
    /// The address under which others reach the page, as written into alerts; left out,
    /// `http://` and the listen address.
    #[schemars(length(min = 1, max = 512))]
    pub(crate) public_url: Option<String>,
}

impl Default for HttpTable {
    fn default() -> Self {
        Self { listen: DEFAULT_LISTEN.to_owned(), public_url: None }
    }
}

/// What the gateway keeps on disk.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StorageTable {
    /// Folder of the ledger (台账), pictures and observations; made if it is missing.
    #[schemars(length(min = 1))]
    pub(crate) state_dir: String,
    /// For how many days (UTC, with the present one) what the rules were shown is kept, not as
    /// video, so that `gridwhistle retune` can judge changed rules by it.
    #[schemars(range(min = 1, max = 366))]
    pub(crate) observation_days: u16,
    /// How much room it may take, of all cameras together; the oldest days go first.
    #[schemars(range(min = 10_485_760u64, max = 1_099_511_627_776u64))]
    pub(crate) observation_max_bytes: u64,
}

impl Default for StorageTable {
    fn default() -> Self {
        let Retention { days, max_bytes } = Retention::default();
        Self {
            state_dir: "/var/lib/gridwhistle".to_owned(),
            observation_days: days,
            observation_max_bytes: max_bytes,
        }
    }
}

/// How the gateway looks at pictures.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InferenceTable {
    /// Folder of the detector: `model.toml` and its ONNX files.
    #[schemars(length(min = 1))]
    pub(crate) model_dir: String,
    /// Folder of the model that looks a second time, at crops: it tells two-wheelers with a motor from
    /// bicycles, and how likely a stall is. Left out, nothing is looked at twice.
    #[schemars(length(min = 1))]
    pub(crate) second_look_dir: Option<String>,
    /// Folders of heads that say more of what that model sees: how likely a stall is, whether a two-wheeler has a
    /// motor. `make train-head` trains them. Left out, the model's own classes tell.
    #[schemars(length(max = 2))]
    pub(crate) second_look_heads: Vec<String>,
    /// Folder of the net that finds new cables, for rules of kind `wire`: it compares a picture with one from before.
    /// Left out, there can be no such rules. It finds few wires: read `models/charging-wire/README.md` first.
    #[schemars(length(min = 1))]
    pub(crate) charging_wire_dir: Option<String>,
    /// Which of the model's files to use.
    #[schemars(with = "String", extend("enum" = PRECISIONS))]
    pub(crate) precision: Precision,
    /// How many pictures are looked at side by side; 0 is one per processor core.
    #[schemars(range(min = 0, max = 256))]
    pub(crate) threads: u16,
    /// How many processes look at cameras; 0 is as many as threads, but no more than cameras, and one
    /// for each 64 cameras.
    #[schemars(range(min = 0, max = 64))]
    pub(crate) eyes: u16,
    /// The ONNX Runtime library; left out, the one that `ORT_DYLIB_PATH` or the system names.
    #[schemars(length(min = 1))]
    pub(crate) onnxruntime_file: Option<String>,
}

impl Default for InferenceTable {
    fn default() -> Self {
        Self {
            model_dir: "../models/yolox-nano".to_owned(),
            second_look_dir: None,
            second_look_heads: Vec::new(),
            charging_wire_dir: None,
            precision: Precision::default(),
            threads: 0,
            eyes: 0,
            onnxruntime_file: None,
        }
    }
}

/// What holds for every camera unless its own file says otherwise.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CameraDefaultsTable {
    /// How video travels: `tcp` inside the RTSP connection, `udp` beside it, `http` inside an RTSP
    /// connection that is itself carried inside HTTP.
    #[schemars(with = "String", extend("enum" = TRANSPORTS))]
    pub(crate) transport: Transport,
    /// Time for connecting and for each RTSP answer.
    #[schemars(range(min = 1, max = 120))]
    pub(crate) connect_timeout_secs: u32,
    /// Time from PLAY to the first picture.
    #[schemars(range(min = 1, max = 120))]
    pub(crate) first_frame_timeout_secs: u32,
    /// Silence after which a camera counts as lost and is connected again.
    #[schemars(range(min = 1, max = 120))]
    pub(crate) silence_timeout_secs: u32,
    /// Coded video that may wait for the decoder, per camera; beyond it the gateway skips to the
    /// next key frame.
    #[schemars(range(min = 65_536, max = 268_435_456))]
    pub(crate) decoder_queue_bytes: u32,
    /// The largest picture that is decoded, width times height, in 4:2:0 with 8 bit. Other formats
    /// take more memory, so their pictures must be smaller.
    #[schemars(range(min = 10_000, max = 67_108_864))]
    pub(crate) max_picture_px: u64,
    /// While the sizes of coded pictures tell that nothing happens, and nothing is in sight of any rule, looks are
    /// left out for this long at most; 0 leaves none out. A rule waits for three of its usual looks at most.
    #[schemars(range(min = 0, max = 600))]
    pub(crate) longest_look_secs: u32,
}

impl Default for CameraDefaultsTable {
    fn default() -> Self {
        Self {
            transport: Transport::default(),
            connect_timeout_secs: in_secs(camera::Settings::STEP_TIMEOUT),
            first_frame_timeout_secs: in_secs(camera::Settings::FIRST_FRAME_TIMEOUT),
            silence_timeout_secs: in_secs(camera::Settings::SILENCE_TIMEOUT),
            decoder_queue_bytes: u32::try_from(camera::Settings::DECODER_QUEUE_BYTES)
                .unwrap_or(u32::MAX),
            max_picture_px: camera::Settings::MAX_PICTURE_PX,
            longest_look_secs: 0,
        }
    }
}

/// How the gateway stops.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ShutdownTable {
    /// Time to leave cameras and hand over waiting alerts; what remains stays on disk.
    #[schemars(range(min = 1, max = 300))]
    pub(crate) grace_secs: u32,
}

impl Default for ShutdownTable {
    fn default() -> Self {
        Self { grace_secs: 10 }
    }
}
