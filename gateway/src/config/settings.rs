//! The checked configuration: nothing left to default, look up or doubt.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use incident::casefile::StageNames;
use incident::{CaseSettings, Grid, GridMap, Place, RuleSettings};
use jiff::tz::Offset;
use rule::Slug;
use scene::GroundPlane;
use url::Url;

use super::egova_file::Egova;
use super::faults::Fault;
use super::gateway_file::{Precision, Transport};
use super::mqtt_file::MqttProtocol;
use super::secret::Secret;

/// A whole set of files, checked. Equal parts mean that nothing there needs to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) gateway: Gateway,
    /// The city it serves, in a line for a person; none if it follows the standard.
    pub(crate) city: Option<String>,
    pub(crate) mqtt: Mqtt,
    pub(crate) http: Http,
    pub(crate) storage: Storage,
    pub(crate) evidence: Evidence,
    /// A case system beside the broker, if there is one.
    pub(crate) egova: Option<Egova>,
    pub(crate) inference: Inference,
    pub(crate) casework: Casework,
    pub(crate) shutdown: Shutdown,
    /// Every camera, by id; ids are unique.
    pub(crate) cameras: Vec<Camera>,
    /// What is allowed and still unwise, such as a password that every user of the machine can read.
    pub(crate) warnings: Vec<Fault>,
}

impl Config {
    /// The camera of this id.
    pub(crate) fn camera(&self, id: &str) -> Option<&Camera> {
        self.cameras.iter().find(|camera| camera.id.as_str() == id)
    }
}

/// Who this gateway is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Gateway {
    pub(crate) id: Slug,
    /// The local time of its alerts.
    pub(crate) utc_offset: Offset,
    /// Every alert is marked as a drill.
    pub(crate) test: bool,
    /// Alerts give places in GCJ-02 too.
    pub(crate) gcj02: bool,
    pub(crate) area: Area,
}

/// Administrative codes: county 6, street 3, community 3 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    pub(crate) county: String,
    pub(crate) street: String,
    pub(crate) community: String,
}

/// Where alerts go.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mqtt {
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port of where else the broker listens.
    pub(crate) fallbacks: Vec<(String, u16)>,
    pub(crate) protocol: MqttProtocol,
    /// `None` speaks in the clear: loopback, or by explicit permission.
    pub(crate) tls: Option<Tls>,
    pub(crate) client_id: String,
    pub(crate) login: Option<BrokerLogin>,
    pub(crate) keep_alive: Duration,
    /// Messages that may wait for their PUBACK at a time.
    pub(crate) window_messages: u16,
    pub(crate) ack_timeout: Duration,
    /// How long the broker keeps what comes for a gateway that is away.
    pub(crate) session_expiry: Duration,
    /// How long a closed alert stays on its retained topic.
    pub(crate) show_closed: Duration,
    /// How long it waits before it tells that the gateway is offline.
    pub(crate) will_delay: Duration,
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

/// Who the gateway is to the broker. The password stays in its file, so that a changed one is used
/// at the next connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BrokerLogin {
    pub(crate) user: String,
    /// Exists and is not empty.
    pub(crate) password_file: PathBuf,
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
    /// How many days of observations, with the present one.
    pub(crate) observation_days: u16,
    pub(crate) observation_max_bytes: u64,
}

impl Storage {
    /// The alerts, the outbox, the history.
    pub(crate) fn ledger_file(&self) -> PathBuf {
        self.state_dir.join("ledger.sqlite3")
    }

    /// What the rules were shown.
    pub(crate) fn observation_folder(&self) -> PathBuf {
        self.state_dir.join("observations")
    }

    /// Pictures and clips.
    pub(crate) fn evidence_folder(&self) -> PathBuf {
        self.state_dir.join("evidence")
    }

    /// What cases taught of alerts.
    pub(crate) fn label_folder(&self) -> PathBuf {
        self.state_dir.join("labels")
    }

    /// The key that seals pictures as the cameras took them.
    pub(crate) fn originals_key_file(&self) -> PathBuf {
        self.state_dir.join("originals.key")
    }

    /// The key that signs alerts, unless the configuration names another.
    pub(crate) fn signing_key_file(&self) -> PathBuf {
        self.state_dir.join("signing.key")
    }
}

/// Pictures and clips that prove alerts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) keep_for: Duration,
    pub(crate) max_bytes: u64,
    /// What it leaves free on its disk.
    pub(crate) min_free_bytes: u64,
    pub(crate) keep_originals: bool,
    /// `None`: only the gateway's own page serves it.
    pub(crate) door: Option<EvidenceDoor>,
    /// `None`: no clips.
    pub(crate) clip: Option<Clip>,
    /// `None`: made in the state folder.
    pub(crate) signing_key_file: Option<PathBuf>,
}

/// Where evidence is served over HTTPS; all files exist.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EvidenceDoor {
    pub(crate) listen: SocketAddr,
    /// Ends with `/`.
    pub(crate) public_url: Url,
    pub(crate) cert_file: PathBuf,
    pub(crate) key_file: PathBuf,
    pub(crate) token_file: PathBuf,
    pub(crate) originals_token_file: Option<PathBuf>,
}

/// How much video a clip shows, and how much is remembered for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clip {
    pub(crate) before: Duration,
    pub(crate) after: Duration,
    /// Per camera.
    pub(crate) ring_bytes: usize,
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

/// How alerts go along with their cases.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Casework {
    pub(crate) cases: Arc<CaseSettings>,
    /// What the city calls the stages of a case; empty if none is named.
    pub(crate) stage_names: StageNames,
    pub(crate) label_max_bytes: u64,
}

/// How it stops.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shutdown {
    pub(crate) grace: Duration,
}

/// One camera.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Camera {
    pub(crate) id: Slug,
    pub(crate) name: String,
    /// 20-digit code by GB/T 28181.
    pub(crate) gb_id: Option<String>,
    pub(crate) stream: Stream,
    pub(crate) place: Place,
    /// From its picture to the ground, if it is calibrated.
    pub(crate) ground: Option<GroundPlane>,
    pub(crate) grid: Grid,
    /// The city's grids, to find that of an incident.
    pub(crate) grid_map: Option<Arc<GridMap>>,
    /// Each with its zone; unique by id, and by zone and incident type.
    pub(crate) rules: Vec<RuleSettings>,
    /// Filled in evidence.
    pub(crate) privacy_zones: Vec<scene::Polygon>,
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
    pub(crate) max_picture_px: u64,
}
