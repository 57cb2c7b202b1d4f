//! The checked configuration: nothing left to default, look up or doubt.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use scene::{Class, Polygon};
use url::Url;

use super::faults::Fault;
use super::gateway_file::{GridLevelName, Precision, Transport};
use super::secret::Secret;

/// A whole set of files, checked. Equal parts mean that nothing there needs to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) gateway: Gateway,
    pub(crate) mqtt: Mqtt,
    pub(crate) http: Http,
    pub(crate) storage: Storage,
    pub(crate) inference: Inference,
    pub(crate) shutdown: Shutdown,
    /// Every camera, by id; ids are unique.
    pub(crate) cameras: Vec<Camera>,
    /// What is allowed and still unwise, such as a password that every user of the machine can read.
    pub(crate) warnings: Vec<Fault>,
}

/// Who this gateway is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gateway {
    pub(crate) id: String,
    /// Seconds east of UTC.
    pub(crate) utc_offset_secs: i32,
    /// Every alert is marked as a drill.
    pub(crate) test: bool,
    pub(crate) area: Area,
}

/// Administrative codes: county 6, street 3, community 3 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) county: String,
    pub(crate) street: String,
    pub(crate) community: String,
}

/// Where a camera lies in the city's grid hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    pub(crate) unit_code: Option<String>,
    pub(crate) division_code: String,
    /// From top to bottom, 1 to 8 levels.
    pub(crate) path: Vec<GridLevel>,
    pub(crate) map_version: Option<String>,
}

/// One level of a grid path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GridLevel {
    pub(crate) level: GridLevelName,
    pub(crate) code: String,
    pub(crate) name: Option<String>,
}

/// Where alerts go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mqtt {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// `None` speaks in the clear: loopback, or by explicit permission.
    pub(crate) tls: Option<Tls>,
    pub(crate) client_id: String,
    pub(crate) login: Option<Login>,
    pub(crate) keep_alive: Duration,
    /// Messages that may wait for their PUBACK at a time.
    pub(crate) window_messages: u16,
    pub(crate) ack_timeout: Duration,
}

/// TLS towards the broker; all files exist and are PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tls {
    pub(crate) ca_file: PathBuf,
    pub(crate) client: Option<ClientCertificate>,
}

/// The gateway's own certificate and key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ClientCertificate {
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
}

/// User and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
}

/// The gateway's own page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    /// Ends with `/`.
    pub(crate) public_url: Url,
}

/// What it keeps on disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Storage {
    pub(crate) state_dir: PathBuf,
    pub(crate) evidence_max_bytes: u64,
}

/// How it looks at pictures.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Inference {
    pub(crate) model_dir: PathBuf,
    pub(crate) precision: Precision,
    pub(crate) threads: NonZeroUsize,
    /// `None`: the one that `ORT_DYLIB_PATH` or the system names.
    pub(crate) onnxruntime_file: Option<PathBuf>,
}

/// How it stops.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shutdown {
    pub(crate) grace: Duration,
}

/// One camera.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Camera {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) gb_id: Option<String>,
    pub(crate) stream: Stream,
    pub(crate) place: Place,
    pub(crate) grid: Grid,
    pub(crate) zones: Vec<Zone>,
    pub(crate) rules: Vec<Rule>,
}

/// How a camera's video is fetched and decoded. Apart from place and rules, so that an edited zone
/// leaves the stream alone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stream {
    /// `rtsp://`, without credentials.
    pub(crate) url: Url,
    pub(crate) transport: Transport,
    pub(crate) login: Option<Login>,
    pub(crate) connect_timeout: Duration,
    pub(crate) first_frame_timeout: Duration,
    pub(crate) silence_timeout: Duration,
    /// Coded video that may wait for the decoder.
    pub(crate) decoder_queue_bytes: u32,
    /// Largest picture decoded, width times height.
    pub(crate) max_picture_px: u32,
}

/// Where a camera stands, WGS-84.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    /// Degrees east.
    pub(crate) longitude: f64,
    /// Degrees north.
    pub(crate) latitude: f64,
    /// Radius of 95 % certainty.
    pub(crate) accuracy_metres: f64,
    pub(crate) address: Option<String>,
}

/// An area of the picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone {
    pub(crate) id: String,
    /// Normalised.
    pub(crate) polygon: Polygon,
}

/// What must not happen in a zone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    /// A known incident type's code.
    pub(crate) incident_type: String,
    pub(crate) kind: RuleKind,
    /// The id of one of the camera's zones.
    pub(crate) zone: String,
    /// At least one; all known to the model.
    pub(crate) classes: Vec<Class>,
    /// 0..=1.
    pub(crate) min_score: f32,
    /// 1 (most urgent) to 4; `None` leaves it to the incident type.
    pub(crate) priority: Option<u8>,
    pub(crate) clear_after: Duration,
    pub(crate) reopen_after: Duration,
}

/// How a rule judges.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RuleKind {
    /// An object stands in the zone for `dwell`, unseen for `gap_tolerance` at most.
    Standing { dwell: Duration, gap_tolerance: Duration },
}
