//! From checked settings to parts that are ready to run.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use archive::{Archive, Retention};
use detector::{Detector, Manifest};
use incident::alert::topic::{Area, DEFAULT_ROOT, Topics};
use ledger::Ledger;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::case_system;
use super::casework;
use super::crew::{Crew, Stage};
use super::departed::Estate;
use super::inference::Inference;
use super::proof::Proof;
use super::upkeep;
use crate::analysis::{AlertRecorder, ClipMaker, ClipWorker, Pool, RecordError};
use crate::casework::{CaseInbox, CaseWorker};
use crate::config::{self, Config, MqttProtocol};
use crate::exit::{self, Stopped};
use crate::northbound::egova::EgovaHandle;
use crate::operator::{OperatorServer, Overview, Roster};
use crate::server_thread::ServerThread;
use crate::signature::PublicKey;
use delivery::{
    BrokerAddress, Identity, Inbox, Login, Protocol, Publisher, PublisherHandle,
    Settings as DeliverySettings, SigningKeyNotice, StatusBoard,
};
use runtime::{Upkeep, utc_now};

/// Everything that runs, or is ready to.
pub(super) struct Built {
    /// Nobody at work yet.
    pub(super) crew: Crew,
    pub(super) roster: Roster,
    pub(super) sessions: TaskTracker,
    pub(super) board: StatusBoard,
    pub(super) pool: Arc<Pool>,
    pub(super) case_worker: CaseWorker,
    pub(super) publisher: PublisherHandle,
    pub(super) ledger: Ledger,
    pub(super) upkeep: Upkeep<RecordError>,
    pub(super) services: Services,
    /// What ends the gateway, from either end.
    pub(super) failures: mpsc::Receiver<RecordError>,
    pub(super) failed: mpsc::Sender<RecordError>,
}

/// What runs beside the analysis, on threads of its own.
pub(super) struct Services {
    page: ServerThread,
    /// Where evidence is given out, if it is.
    handout: Option<ServerThread>,
    clips: Option<ClipWorker>,
    case_system: Option<EgovaHandle>,
}

impl Services {
    /// Ends the calls to the case system; waits for the one under way, for `grace` at most.
    pub(super) fn stop_case_system(&mut self, grace: Duration) {
        if let Some(case_system) = self.case_system.take() {
            case_system.shutdown(grace);
        }
    }

    /// Ends the cutting of clips; blocks until the one under way is written.
    pub(super) fn stop_clips(&mut self) {
        if let Some(clips) = self.clips.take() {
            clips.stop();
        }
    }

    /// Ends what others look at.
    pub(super) async fn stop(self) {
        self.page.stop().await;
        if let Some(handout) = self.handout {
            handout.stop().await;
        }
    }
}

/// Opens, binds and loads everything that `config` names, in the order in which faults are
/// cheapest to find; starts all but the cameras.
pub(super) fn build(config: &Config, shutdown: &CancellationToken) -> Result<Built, Stopped> {
    camera::init_libav().map_err(|error| Stopped::new(exit::FAULT, error))?;
    let refuse = |cause: anyhow::Error| Stopped::new(exit::CONFIG, cause);
    let fault = |cause: std::io::Error| Stopped::new(exit::FAULT, cause);
    let operator = OperatorServer::bind(config.http.listen).map_err(|e| refuse(e.into()))?;
    let metrics = metrics_recorder()?;
    let Storage { ledger, observations } = open_storage(&config.storage)?;
    let mut proof = Proof::open(config)?;
    let inference = Inference::load(&config.inference).map_err(refuse)?;
    let Inference { manifest, detectors, model } = inference;
    let topics = topics(&config.gateway).map_err(refuse)?;
    let (board, roster, sessions) = (StatusBoard::default(), Roster::default(), TaskTracker::new());
    let Deliveries { publisher, case_system, inbox, told } =
        deliver(config, &topics, &ledger, &board, &proof)?;
    let (clip_maker, clips) = proof.clips(config)?.unzip();
    let kept = (&ledger, clip_maker.clone());
    let recorder = recorder(&proof, kept, (topics, &manifest), &told, shutdown);
    let estate =
        Estate { config, ledger: &ledger, board: &board, recorder: &recorder, model: &model };
    estate.settle().map_err(|error| Stopped::new(exit::LEDGER, error))?;
    let (failed, failures) = mpsc::channel(1);
    let pool = Arc::new(start_pool(detectors, recorder, failed.clone()).map_err(fault)?);
    let case_worker = casework::worker(config, &inbox, &pool, &proof.store, told)?;
    let overview = overview(config, &publisher, &roster, &ledger);
    let page = operator.serve(overview, Arc::clone(&proof.store), metrics);
    let page = page.map_err(|error| Stopped::new(exit::FAULT, error))?;
    let services = Services { page, handout: proof.hand_out(&ledger)?, clips, case_system };
    let upkeep = upkeep::upkeep(&ledger, &proof.store, &observations);
    let stage = Stage {
        gateway: config.gateway.clone(),
        manifest,
        model,
        cases: Arc::clone(&config.casework.cases),
        ledger: ledger.clone(),
        observations,
        pool: Arc::clone(&pool),
        clips: clip_maker,
        private: proof.private.clone(),
        roster: roster.clone(),
        sessions: sessions.clone(),
        shutdown: shutdown.clone(),
    };
    Ok(Built {
        crew: Crew::new(stage),
        roster,
        sessions,
        board,
        pool,
        case_worker,
        publisher,
        ledger,
        upkeep,
        services,
        failures,
        failed,
    })
}

/// Where incident events become alerts; `told` is called when one waits to be sent.
fn recorder(
    proof: &Proof,
    (ledger, clips): (&Ledger, Option<ClipMaker>),
    (topics, manifest): (Topics, &Manifest),
    told: &Arc<dyn Fn() + Send + Sync>,
    shutdown: &CancellationToken,
) -> AlertRecorder {
    AlertRecorder {
        ledger: ledger.clone(),
        clips,
        snapshots: proof.snapshots(manifest),
        signing: Arc::clone(&proof.signing),
        topics,
        committed: Arc::clone(told),
        shutdown: shutdown.clone(),
    }
}

/// Both ways out, and where what comes in by them is kept.
struct Deliveries {
    publisher: PublisherHandle,
    case_system: Option<EgovaHandle>,
    inbox: CaseInbox,
    /// Wakes both: new rows lie in the ledger.
    told: Arc<dyn Fn() + Send + Sync>,
}

/// Starts delivery, with an inbox for what comes in.
fn deliver(
    config: &Config,
    topics: &Topics,
    ledger: &Ledger,
    board: &StatusBoard,
    proof: &Proof,
) -> Result<Deliveries, Stopped> {
    let inbox = casework::inbox(config, ledger, topics);
    let settings = delivery_settings(config, topics, proof.signing.public());
    let from_broker = Some(Box::new(inbox.clone()) as Box<dyn Inbox>);
    let publisher = Publisher::spawn(settings, ledger.clone(), board.clone(), from_broker);
    let publisher = publisher
        .map_err(|error| Stopped::new(exit::CONFIG, anyhow!("gateway.toml, [mqtt]: {error}")))?;
    let case_system = case_system::start(config, ledger, &proof.store, Box::new(inbox.clone()))?;
    let (waker, other) = (publisher.waker(), case_system.as_ref().map(EgovaHandle::waker));
    let told = Arc::new(move || {
        waker.wake();
        if let Some(other) = &other {
            other.wake();
        }
    });
    Ok(Deliveries { publisher, case_system, inbox, told })
}

fn metrics_recorder() -> Result<PrometheusHandle, Stopped> {
    PrometheusBuilder::new().install_recorder().map_err(|error| Stopped::new(exit::FAULT, error))
}

fn start_pool(
    detectors: Vec<Detector>,
    recorder: AlertRecorder,
    failed: mpsc::Sender<RecordError>,
) -> std::io::Result<Pool> {
    // A full channel means that a failure is already on its way to stop the gateway.
    Pool::start(detectors, recorder, move |failure| drop(failed.try_send(failure)))
}

fn overview(
    config: &Config,
    publisher: &PublisherHandle,
    roster: &Roster,
    ledger: &Ledger,
) -> Overview {
    Overview {
        gateway: config.gateway.id.to_string(),
        started_at: utc_now(),
        roster: roster.clone(),
        ledger: ledger.clone(),
        delivery: publisher.health(),
    }
}

/// What lies in the state folder.
struct Storage {
    ledger: Ledger,
    observations: Archive,
}

pub(super) fn make_state_dir(storage: &config::Storage) -> Result<(), Stopped> {
    std::fs::create_dir_all(&storage.state_dir).map_err(|error| {
        let path = storage.state_dir.display();
        Stopped::new(exit::CONFIG, anyhow!("cannot make storage.state_dir {path}: {error}"))
    })
}

fn open_storage(storage: &config::Storage) -> Result<Storage, Stopped> {
    make_state_dir(storage)?;
    let refuse = |error: anyhow::Error| Stopped::new(exit::LEDGER, error);
    let ledger = Ledger::open(&storage.ledger_file()).map_err(|e| refuse(e.into()))?;
    let retention =
        Retention { days: storage.observation_days, max_bytes: storage.observation_max_bytes };
    let observations =
        Archive::open(&storage.observation_folder(), retention).map_err(|e| refuse(e.into()))?;
    Ok(Storage { ledger, observations })
}

fn topics(gateway: &config::Gateway) -> anyhow::Result<Topics> {
    let config::Area { county, street, community } = &gateway.area;
    let area = Area::new(&format!("{county}{street}{community}"))?;
    Ok(Topics::new(DEFAULT_ROOT, &area, &gateway.id)?)
}

fn delivery_settings(config: &Config, topics: &Topics, signing: &PublicKey) -> DeliverySettings {
    let mqtt = &config.mqtt;
    let tls = mqtt.tls.is_some();
    let broker = BrokerAddress { host: mqtt.host.clone(), port: mqtt.port, tls };
    let fallbacks = mqtt.fallbacks.iter().cloned();
    let client = mqtt.tls.as_ref().and_then(|tls| tls.client.as_ref());
    DeliverySettings {
        fallbacks: fallbacks.map(|(host, port)| BrokerAddress { tls, host, port }).collect(),
        ca_file: mqtt.tls.as_ref().map(|tls| tls.ca_file.clone()),
        identity: client.map(|client| Identity {
            cert_file: client.cert_file.clone(),
            key_file: client.key_file.clone(),
        }),
        login: mqtt.login.as_ref().map(|login| Login {
            username: login.user.clone(),
            password_file: login.password_file.clone(),
        }),
        protocol: match mqtt.protocol {
            MqttProtocol::V5 => Protocol::V5,
            MqttProtocol::V311 => Protocol::V311,
        },
        session_expiry: mqtt.session_expiry,
        will_delay: mqtt.will_delay,
        show_closed: mqtt.show_closed,
        keep_alive: mqtt.keep_alive,
        ack_timeout: mqtt.ack_timeout,
        window: mqtt.window_messages,
        signing_key: Some(SigningKeyNotice {
            alg: "Ed25519",
            kid: signing.kid(),
            public_key: signing.to_pem(),
        }),
        ..DeliverySettings::new(broker, mqtt.client_id.clone(), topics.prefix())
    }
}
