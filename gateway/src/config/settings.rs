//! The checked configuration: nothing left to default, look up or doubt.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use archive::Retention;
use eye::InferenceSettings;
use incident::alert::topic::Topics;
use incident::casefile::StageNames;
use incident::{
    CaseSettings, Grid, GridMap, IncidentType, Place, RuleSettings, SignalRuleSettings, Witness,
};
use jiff::tz::Offset;
use rule::Slug;
use scene::GroundPlane;
use url::Url;

use super::checkpoint::Checkpoint;
use super::faults::Fault;
use super::referred::Referred;
use crate::analysis::{ClipSettings, DeviceLink};
use crate::evidence::Limits;
use crate::handout::HandoutSettings;
use crate::northbound::egova::EgovaSettings;

/// A whole set of files, checked. Equal parts mean that nothing there needs to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Config {
    pub(crate) gateway: Gateway,
    /// The city it serves, in a line for a person; none if it follows the standard.
    pub(crate) city: Option<String>,
    /// Where alerts go.
    pub(crate) mqtt: delivery::Settings,
    pub(crate) http: Http,
    pub(crate) storage: Storage,
    pub(crate) evidence: Evidence,
    /// A case system beside the broker, if there is one.
    pub(crate) egova: Option<EgovaSettings>,
    /// How it looks at pictures.
    pub(crate) inference: InferenceSettings,
    pub(crate) casework: Casework,
    pub(crate) shutdown: Shutdown,
    /// Every camera, by id; ids are unique, among devices too.
    pub(crate) cameras: Vec<Camera>,
    /// Every door controller and sensor, by id.
    pub(crate) devices: Vec<Device>,
    /// Every checkpoint, by id.
    pub(crate) checkpoints: Vec<Checkpoint>,
    /// What alerts may move, by id.
    pub(crate) outputs: Vec<output::Settings>,
    /// What is allowed and still unwise, such as a password that every user of the machine can read.
    pub(crate) warnings: Vec<Fault>,
    /// The files that it names, as they were when it was read.
    pub(crate) referred: Referred,
}

impl Config {
    /// Under which address alerts name their pictures. Ends with `/`.
    pub(crate) fn evidence_url(&self) -> &Url {
        let handout = self.evidence.handout.as_ref();
        handout.map_or(&self.http.public_url, |handout| &handout.public_url)
    }

    /// Files that are read at the start only and have changed since `started`.
    pub(crate) fn waits_for_a_start(&self, started: &Referred) -> Vec<PathBuf> {
        let (model, evidence) = (&self.inference, &self.evidence);
        let named =
            [&model.onnxruntime_file, &evidence.signing_key_file, &evidence.originals_key_file];
        self.referred.changed_since(started, |path| {
            path.starts_with(&model.model_dir)
                || model.second_look_dir.as_ref().is_some_and(|folder| path.starts_with(folder))
                || model.second_look_heads.iter().any(|folder| path.starts_with(folder))
                || model.charging_wire_dir.as_ref().is_some_and(|it| path.starts_with(it))
                || named.into_iter().flatten().any(|file| file == path)
        })
    }

    /// Whether a camera, a device or a checkpoint has this id.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.camera(id).is_some() || self.device(id).is_some() || self.checkpoint(id).is_some()
    }

    /// The checkpoint of this id.
    pub(crate) fn checkpoint(&self, id: &str) -> Option<&Checkpoint> {
        self.checkpoints.iter().find(|checkpoint| checkpoint.id.as_str() == id)
    }

    /// The device of this id.
    pub(crate) fn device(&self, id: &str) -> Option<&Device> {
        self.devices.iter().find(|device| device.id.as_str() == id)
    }

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
    /// Its MQTT topics, which name the area that it serves.
    pub(crate) topics: Topics,
}

/// The gateway's own page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Http {
    pub(crate) listen: SocketAddr,
    /// Ends with `/`.
    pub(crate) public_url: Url,
}

const LEDGER: &str = "ledger.sqlite3";
const OBSERVATIONS: &str = "observations";
const EVIDENCE: &str = "evidence";
const LABELS: &str = "labels";
const ZONES: &str = "zones";
const ORIGINALS_KEY: &str = "originals.key";
const SIGNING_KEY: &str = "signing.key";
const FIRE: &str = "fire.json";

/// What it keeps on disk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Storage {
    pub(crate) state_dir: PathBuf,
    /// How much of the observations is kept.
    pub(crate) retention: Retention,
}

impl Storage {
    /// The alerts, the outbox, the history.
    pub(crate) fn ledger_file(&self) -> PathBuf {
        self.state_dir.join(LEDGER)
    }

    /// What the rules were shown.
    pub(crate) fn observation_folder(&self) -> PathBuf {
        self.state_dir.join(OBSERVATIONS)
    }

    /// Pictures and clips.
    pub(crate) fn evidence_folder(&self) -> PathBuf {
        self.state_dir.join(EVIDENCE)
    }

    /// How zones look when nothing new stands in them.
    pub(crate) fn zone_folder(&self) -> PathBuf {
        self.state_dir.join(ZONES)
    }

    /// What cases taught of alerts.
    pub(crate) fn label_folder(&self) -> PathBuf {
        self.state_dir.join(LABELS)
    }

    /// The key that seals what is not masked, unless it lies elsewhere.
    pub(crate) fn originals_key_file(&self) -> PathBuf {
        self.state_dir.join(ORIGINALS_KEY)
    }

    /// The key that signs alerts, unless the configuration names another.
    pub(crate) fn signing_key_file(&self) -> PathBuf {
        self.state_dir.join(SIGNING_KEY)
    }

    /// What is known of fire, for the outputs.
    pub(crate) fn fire_file(&self) -> PathBuf {
        self.state_dir.join(FIRE)
    }

    /// Whether a file or folder of this name in a state folder is the gateway's.
    pub(crate) fn is_ours(name: &str) -> bool {
        // SQLite's files begin as the ledger does.
        let others = [OBSERVATIONS, EVIDENCE, LABELS, ZONES, ORIGINALS_KEY, SIGNING_KEY, FIRE];
        name.starts_with(LEDGER) || others.contains(&name)
    }
}

/// Pictures and clips that prove alerts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) limits: Limits,
    pub(crate) keep_originals: bool,
    /// `None`: only the gateway's own page serves it.
    pub(crate) handout: Option<Handout>,
    /// `None`: no clips.
    pub(crate) clips: Option<ClipSettings>,
    /// The key that seals what is not masked; `None`: a credential of systemd, or in the state folder.
    pub(crate) originals_key_file: Option<PathBuf>,
    /// `None`: made in the state folder.
    pub(crate) signing_key_file: Option<PathBuf>,
}

/// Where evidence is given out over HTTPS; all files exist.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Handout {
    /// Under which others reach it. Ends with `/`.
    pub(crate) public_url: Url,
    pub(crate) settings: HandoutSettings,
}

/// How alerts follow their cases.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Casework {
    pub(crate) cases: Arc<CaseSettings>,
    /// What the city calls the stages of a case; empty if none is named.
    pub(crate) stage_names: StageNames,
    pub(crate) label_max_bytes: u64,
    pub(crate) desk_max_bytes: u64,
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
    /// How its video is fetched and decoded. Apart from place and rules, so that an edited zone
    /// leaves the stream alone.
    pub(crate) stream: camera::Settings,
    pub(crate) place: Place,
    /// Width and height of the picture that its zones and calibration were drawn on, in pixels; none if it has
    /// neither.
    pub(crate) drawn_px: Option<[u32; 2]>,
    /// From its picture to the ground, if it is calibrated.
    pub(crate) ground: Option<GroundPlane>,
    pub(crate) grid: Grid,
    /// The city's grids, to find that of an incident.
    pub(crate) grid_map: Option<Arc<GridMap>>,
    /// Each with its zone; unique by id, and by zone and incident type.
    pub(crate) rules: Vec<RuleSettings>,
    /// For so long looks may be left out while nothing happens; none if they may not.
    pub(crate) longest_look: Option<Duration>,
    /// Filled in evidence.
    pub(crate) privacy_zones: Vec<scene::Polygon>,
    /// What is told when the camera itself cannot be looked at.
    pub(crate) outage: Option<IncidentType>,
    /// Rules of which checkpoints are told.
    pub(crate) witnesses: Vec<Witness>,
}

/// One door controller or sensor.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Device {
    pub(crate) id: Slug,
    pub(crate) name: String,
    /// 20-digit code by GB/T 28181.
    pub(crate) gb_id: Option<String>,
    /// How it is reached, and what its points are. Apart from place and rules, so that an edited rule
    /// leaves the connection alone.
    pub(crate) link: DeviceLink,
    /// The camera that sees it.
    pub(crate) camera: Option<Slug>,
    pub(crate) place: Place,
    pub(crate) grid: Grid,
    /// The city's grids, to find that of an incident.
    pub(crate) grid_map: Option<Arc<GridMap>>,
    /// Unique by id, and by point and incident type.
    pub(crate) rules: Vec<SignalRuleSettings>,
}
