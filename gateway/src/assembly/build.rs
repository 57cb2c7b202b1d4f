//! From checked settings to parts that are ready to run.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::anyhow;
use detector::{DetectSettings, Detector, Manifest, Precision, Runtime};
use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use incident::{Assessor, CameraProfile, IncidentTypes, Model};
use ledger::Ledger;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Stopped, exit};
use crate::analysis::{Failure, Line, LineSettings, Pool, Registrar, Rota};
use crate::camera::{self, Feed, Outlet};
use crate::config::{self, Config};
use crate::delivery::{
    BrokerAddress, DeviceState, DeviceStatus, Identity, Login, Publisher, PublisherHandle,
    Settings as DeliverySettings, StatusBoard,
};
use crate::evidence::EvidenceStore;
use crate::operator::{CameraView, OperatorServer, Overview};
use crate::runtime::utc_now;

/// Everything that runs, or is ready to.
pub(super) struct Built {
    /// Camera sessions, to be spawned on the main runtime.
    pub(super) sessions: Vec<(camera::Settings, Outlet)>,
    pub(super) pool: Pool,
    pub(super) publisher: PublisherHandle,
    pub(super) ledger: Ledger,
    pub(super) operator: JoinHandle<()>,
    pub(super) operator_stop: CancellationToken,
    /// What ends the gateway.
    pub(super) failures: mpsc::Receiver<Failure>,
}

/// Loads and checks a folder, and logs its warnings.
pub(super) fn load_config(folder: &Path) -> Result<Config, Stopped> {
    let incident_types = standard_types()?;
    let classes_of = |model: &Path| {
        Manifest::load(model).map(|manifest| manifest.classes).map_err(|error| error.to_string())
    };
    let references =
        config::References { incident_types: &incident_types, classes_of: &classes_of };
    let config = config::load(folder, &references)
        .map_err(|faults| Stopped::new(exit::CONFIG, anyhow!("{faults}")))?;
    for warning in &config.warnings {
        warn!("{warning}");
    }
    Ok(config)
}

fn standard_types() -> Result<IncidentTypes, Stopped> {
    IncidentTypes::parse(IncidentTypes::STANDARD)
        .map_err(|error| Stopped::new(exit::FAULT, anyhow!("built-in incident types: {error}")))
}

pub(super) fn init_ffmpeg() -> Result<(), Stopped> {
    ffmpeg_next::init().map_err(|error| Stopped::new(exit::FAULT, error))
}

/// Opens, binds and loads everything that `config` names, in the order in which faults are
/// cheapest to find; starts all but the camera sessions.
pub(super) fn build(config: Config, shutdown: &CancellationToken) -> Result<Built, Stopped> {
    init_ffmpeg()?;
    let refuse = |cause: anyhow::Error| Stopped::new(exit::CONFIG, cause);
    let operator = OperatorServer::bind(config.http.listen).map_err(|e| refuse(e.into()))?;
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .map_err(|error| Stopped::new(exit::FAULT, error))?;
    let state_dir = &config.storage.state_dir;
    std::fs::create_dir_all(state_dir).map_err(|error| {
        refuse(anyhow!("cannot make storage.state_dir {}: {error}", state_dir.display()))
    })?;
    let ledger = Ledger::open(&state_dir.join("ledger.sqlite3"))
        .map_err(|error| Stopped::new(exit::LEDGER, error))?;
    let evidence =
        EvidenceStore::open(&state_dir.join("evidence"), config.storage.evidence_max_bytes)
            .map_err(|error| Stopped::new(exit::LEDGER, error))?;
    let evidence = Arc::new(evidence);
    let (manifest, detectors) = load_detectors(&config).map_err(refuse)?;
    let topics = topics(&config.gateway).map_err(refuse)?;
    let board = StatusBoard::default();
    let publisher =
        Publisher::spawn(delivery_settings(&config, &topics), ledger.clone(), board.clone())
            .map_err(|error| refuse(anyhow!("gateway.toml, [mqtt]: {error}")))?;

    let rota = Arc::new(Rota::new(config.cameras.len()));
    let stage = Stage {
        config: &config,
        manifest: &manifest,
        ledger: &ledger,
        board,
        rota: Arc::clone(&rota),
    };
    let mut cast = Cast::default();
    for (index, camera) in config.cameras.iter().enumerate() {
        stage.add_camera(index, camera, &mut cast).map_err(refuse)?;
    }
    let waker = publisher.waker();
    let registrar = Registrar {
        ledger: ledger.clone(),
        evidence: Arc::clone(&evidence),
        topics,
        public_url: config.http.public_url.clone(),
        committed: Arc::new(move || waker.wake()),
        shutdown: shutdown.clone(),
    };
    let (fail, failures) = mpsc::channel(1);
    // A full channel means that a failure is already on its way to stop the gateway.
    let fail = move |failure| drop(fail.try_send(failure));
    let pool = Pool::start(detectors, cast.lines, rota, registrar, fail)
        .map_err(|error| Stopped::new(exit::FAULT, error))?;
    let overview = Overview {
        gateway: config.gateway.id.to_string(),
        started_at: utc_now(),
        cameras: cast.views,
        ledger: ledger.clone(),
        delivery: publisher.health(),
    };
    let operator_stop = CancellationToken::new();
    let operator = operator
        .serve(overview, evidence, metrics, operator_stop.clone())
        .map_err(|error| Stopped::new(exit::FAULT, error))?;
    let sessions = cast.sessions;
    Ok(Built { sessions, pool, publisher, ledger, operator, operator_stop, failures })
}

fn load_detectors(config: &Config) -> anyhow::Result<(Manifest, Vec<Detector>)> {
    let inference = &config.inference;
    let manifest = Manifest::load(&inference.model_dir)?;
    let runtime = Runtime::load(&onnxruntime_library(inference.onnxruntime_file.as_deref())?)?;
    let precision = match inference.precision {
        config::Precision::Auto => Precision::Auto,
        config::Precision::Fp32 => Precision::Fp32,
        config::Precision::Int8 => Precision::Int8,
    };
    let detectors: Result<Vec<_>, _> = (0..inference.threads.get())
        .map(|_| Detector::load(&runtime, &manifest, precision))
        .collect();
    let detectors = detectors?;
    if let Some(detector) = detectors.first() {
        tracing::info!(
            model = manifest.name,
            precision = ?detector.precision(),
            threads = detectors.len(),
            "detector ready"
        );
    }
    Ok((manifest, detectors))
}

/// Config, else `ORT_DYLIB_PATH`, else `../lib` beside the installed binary.
fn onnxruntime_library(configured: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = configured {
        return Ok(path.to_owned());
    }
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH") {
        return Ok(path.into());
    }
    let beside = std::env::current_exe()?.with_file_name("../lib/libonnxruntime.so");
    if beside.exists() {
        return Ok(beside);
    }
    Err(anyhow!(
        "ONNX Runtime not found: set inference.onnxruntime_file in gateway.toml or the environment \
         variable ORT_DYLIB_PATH, or put it at {}",
        beside.display()
    ))
}

fn topics(gateway: &config::Gateway) -> anyhow::Result<Topics> {
    let config::Area { county, street, community } = &gateway.area;
    let area = Area::new(&format!("{county}{street}{community}"))?;
    Ok(Topics::new(DEFAULT_ROOT, &area, &gateway.id)?)
}

fn delivery_settings(config: &Config, topics: &Topics) -> DeliverySettings {
    let mqtt = &config.mqtt;
    let broker =
        BrokerAddress { host: mqtt.host.clone(), port: mqtt.port, tls: mqtt.tls.is_some() };
    let client = mqtt.tls.as_ref().and_then(|tls| tls.client.as_ref());
    DeliverySettings {
        ca_file: mqtt.tls.as_ref().map(|tls| tls.ca_file.clone()),
        identity: client.map(|client| Identity {
            cert_file: client.cert_file.clone(),
            key_file: client.key_file.clone(),
        }),
        login: mqtt.login.as_ref().map(|login| Login {
            username: login.user.clone(),
            password_file: login.password_file.clone(),
        }),
        keep_alive: mqtt.keep_alive,
        ack_timeout: mqtt.ack_timeout,
        window: mqtt.window_messages,
        ..DeliverySettings::new(broker, mqtt.client_id.clone(), topics.prefix())
    }
}

/// What every camera is built from.
struct Stage<'a> {
    config: &'a Config,
    manifest: &'a Manifest,
    ledger: &'a Ledger,
    board: StatusBoard,
    rota: Arc<Rota>,
}

/// What has been built so far.
#[derive(Default)]
struct Cast {
    sessions: Vec<(camera::Settings, Outlet)>,
    lines: Vec<(String, Line)>,
    views: Vec<CameraView>,
}

impl Stage<'_> {
    fn add_camera(
        &self,
        index: usize,
        camera: &config::Camera,
        cast: &mut Cast,
    ) -> anyhow::Result<()> {
        let stream = &camera.stream;
        let feed = Arc::new(Feed::new(stream.decoder_queue_bytes as usize));
        let line = Line::new(
            LineSettings {
                camera: camera.id.to_string(),
                feed: Arc::clone(&feed),
                detect: self.detect_settings(camera)?,
                silence_timeout: stream.silence_timeout,
                max_picture_px: stream.max_picture_px,
            },
            self.assessor(camera)?,
        );
        let health = Arc::new(Mutex::new(None));
        let view = CameraView {
            id: camera.id.to_string(),
            name: camera.name.clone(),
            health: Arc::clone(&health),
            progress: line.progress(),
            feed: Arc::clone(&feed),
        };
        let (board, progress, id) = (self.board.clone(), line.progress(), camera.id.to_string());
        let report = move |now: camera::Health| {
            let (state, reason) = match &now {
                camera::Health::Online { .. } => (DeviceState::Online, None),
                camera::Health::Offline { reason } => (DeviceState::Offline, Some(reason.clone())),
            };
            board.post(&id, &DeviceStatus { state, reason, last_frame_at: progress.latest_at() });
            *health.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        };
        let rota = Arc::clone(&self.rota);
        let outlet = Outlet {
            feed,
            request_turn: Arc::new(move || rota.request(index)),
            report: Arc::new(report),
        };
        cast.sessions.push((session_settings(camera), outlet));
        cast.lines.push((camera.id.to_string(), line));
        cast.views.push(view);
        Ok(())
    }

    fn detect_settings(&self, camera: &config::Camera) -> anyhow::Result<DetectSettings> {
        let wanted =
            camera.rules.iter().flat_map(|rule| rule.kind.classes()).map(scene::Class::as_str);
        Ok(DetectSettings {
            classes: self.manifest.class_filter(wanted)?,
            ..DetectSettings::of(self.manifest)
        })
    }

    fn assessor(&self, camera: &config::Camera) -> anyhow::Result<Assessor> {
        let mut assessor = Assessor::new(self.profile(camera), camera.rules.clone())?;
        if let Some(state) = self.ledger.assessor_state(camera.id.as_str())? {
            assessor.restore(&state)?;
        }
        Ok(assessor)
    }

    fn profile(&self, camera: &config::Camera) -> CameraProfile {
        let gateway = &self.config.gateway;
        CameraProfile {
            gateway_id: gateway.id.clone(),
            gateway_version: env!("CARGO_PKG_VERSION").to_owned(),
            camera_id: camera.id.clone(),
            utc_offset: gateway.utc_offset,
            grid: camera.grid.clone(),
            place: camera.place.clone(),
            model: Model {
                name: self.manifest.name.clone(),
                version: self.manifest.version.clone(),
                sha256: Some(self.manifest.fp32.sha256.clone()),
            },
            test: gateway.test,
        }
    }
}

fn session_settings(camera: &config::Camera) -> camera::Settings {
    let stream = &camera.stream;
    camera::Settings {
        camera: camera.id.to_string(),
        url: stream.url.clone(),
        transport: match stream.transport {
            config::Transport::Tcp => camera::Transport::Tcp,
            config::Transport::Udp => camera::Transport::Udp,
        },
        credentials: stream.login.as_ref().map(|login| camera::Credentials {
            user: login.user.clone(),
            password: login.password.reveal().to_owned(),
        }),
        step_timeout: stream.connect_timeout,
        first_frame_timeout: stream.first_frame_timeout,
        silence_timeout: stream.silence_timeout,
    }
}
