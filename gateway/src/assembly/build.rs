//! From checked settings to parts that are ready to run.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use detector::ModelFiles;
use eye::Confinement;
use incident::{Model, SourceKind};
use ledger::Ledger;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use output::Desk;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::cameras::{CameraParts, Cameras};
use super::case_system;
use super::casework;
use super::device_entry::{DeviceEntry, DevicesBuilt};
use super::evidence::EvidenceParts;
use super::full_start::open_in_any_case;
use super::orders::Orders;
use super::outputs;
use super::oversight::DiskUse;
use super::storage::Storage;
use super::upkeep;
use crate::analysis::{
    self, AlertRecorder, CameraList, ClipMaker, ClipWorker, Departed, DeviceList, EyeDesk, Pool,
    RecordError, SensorRoutes, ZoneFiles, model_in_use, warn_of_unmasked,
};
use crate::casework::{CaseInbox, CaseWorker};
use crate::config::Config;
use crate::exit::{self, Stopped};
use crate::northbound::egova::EgovaHandle;
use crate::operator::{OperatorServer, Overview};
use crate::server_thread::ServerThread;
use delivery::{
    ConfinementNews, Hearers, Inbox, Publisher, PublisherHandle, SensorInbox, SigningKeyNotice,
    StatusBoard,
};
use runtime::{Steadiness, Upkeep, utc_now};

/// Everything that runs, or is ready to.
pub(super) struct Built {
    /// Nobody at work yet.
    pub(super) cameras: Cameras,
    /// The cameras as others see them.
    pub(super) list: CameraList,
    pub(super) devices: DevicesBuilt,
    pub(super) sessions: TaskTracker,
    pub(super) board: StatusBoard,
    pub(super) pool: Arc<Pool>,
    pub(super) case_worker: CaseWorker,
    pub(super) publisher: PublisherHandle,
    pub(super) ledger: Ledger,
    /// Where judging a picture may wait for the disk.
    pub(super) disk: DiskUse,
    /// What removes old things.
    pub(super) upkeep: Upkeep<RecordError>,
    pub(super) services: Services,
    /// What alerts may move; nothing yet.
    pub(super) outputs: Desk,
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
///
/// While the disk is full, `pause` is waited for before the next try; it gives whether to go on.
pub(super) fn build(
    config: &Config,
    shutdown: &CancellationToken,
    pause: impl FnMut(Duration) -> bool,
) -> Result<Built, Stopped> {
    let operator = OperatorServer::bind(config.http.listen)
        .map_err(|error| Stopped::new(exit::CONFIG, error))?;
    let metrics = metrics_recorder()?;
    let Storage { ledger, observations, clock } = open_in_any_case(config, pause)?;
    let mut evidence = EvidenceParts::open(config)?;
    let zones = evidence.zones(config)?;
    let files = model_files(config)?;
    let (manifest, model) = (files.manifest.clone(), model_in_use(&files));
    let desk = EyeDesk::new(config.cameras.len(), &config.inference, Some(zones.clone()));
    let (board, list, sessions) = <(StatusBoard, CameraList, TaskTracker)>::default();
    let (entry, (failed, failures)) = (DeviceEntry::default(), mpsc::channel(1));
    let Deliveries { publisher, case_system, inbox, told } =
        deliver(config, (&ledger, &clock), (&board, &entry.routes), &evidence)?;
    let (clip_maker, clips) = evidence.clips(config, &desk)?.unzip();
    let outputs = outputs::desk(config, &ledger, (&board, &entry.list))?;
    let ways = (&told, shutdown.clone(), outputs.clone());
    let recorder = recorder(config, &ledger, (&evidence, clip_maker.clone()), ways);
    let pool = start_pool(config, (desk, files), recorder, (&board, failed.clone()))?;
    close_departed(config, (&ledger, &board, &zones), pool.recorder(), &model)?;
    let device_desk = pool.device_desk(&list, entry.feed.clone());
    let orders = Orders { cameras: Arc::clone(&pool), devices: device_desk };
    let devices =
        entry.build(config, (&ledger, &observations), &model, (&orders.devices, &told))?;
    let case_worker = casework::worker(config, &inbox, orders, &evidence.store, told)?;
    let seen = (&list, &devices.list, &outputs);
    let shown = (overview(config, &publisher, (seen, &pool), &ledger), &config.http.public_url);
    let page = operator.serve(shown, Arc::clone(&evidence.store), metrics);
    let page = page.map_err(|error| Stopped::new(exit::FAULT, error))?;
    let services = Services { page, handout: evidence.hand_out(&ledger)?, clips, case_system };
    let parts = CameraParts {
        gateway: config.gateway.clone(),
        manifest,
        model,
        cases: Arc::clone(&config.casework.cases),
        ledger: ledger.clone(),
        observations: observations.clone(),
        zones,
        pool: Arc::clone(&pool),
        clips: clip_maker,
        private: evidence.private.clone(),
        list: list.clone(),
        feed: devices.feed.clone(),
    };
    Ok(Built {
        cameras: Cameras::new(parts),
        list,
        devices,
        sessions,
        board,
        pool,
        case_worker,
        publisher,
        upkeep: upkeep::upkeep(clock, &ledger, &evidence.store, &observations),
        disk: DiskUse { ledger: ledger.clone(), evidence: evidence.store },
        ledger,
        services,
        outputs,
        failures,
        failed,
    })
}

/// Where incidents become alerts.
fn recorder(
    config: &Config,
    ledger: &Ledger,
    (evidence, clips): (&EvidenceParts, Option<ClipMaker>),
    (told, shutdown, outputs): (&Arc<dyn Fn() + Send + Sync>, CancellationToken, Desk),
) -> AlertRecorder {
    AlertRecorder {
        ledger: ledger.clone(),
        clips,
        snapshots: evidence.snapshots(),
        signing: Arc::clone(&evidence.signing),
        topics: config.gateway.topics.clone(),
        committed: Arc::clone(told),
        outputs,
        shutdown,
    }
}

/// The model that cameras are looked at with.
fn model_files(config: &Config) -> Result<ModelFiles, Stopped> {
    let files = analysis::model_files(&config.inference);
    let files = files.map_err(|error| Stopped::new(exit::CONFIG, error))?;
    warn_of_unmasked(&files.manifest);
    Ok(files)
}

/// Closes what is left of cameras and devices that are no longer configured.
fn close_departed(
    config: &Config,
    (ledger, board, zones): (&Ledger, &StatusBoard, &ZoneFiles),
    recorder: &AlertRecorder,
    model: &Model,
) -> Result<(), Stopped> {
    if !config.cameras.is_empty() {
        zones.keep_only(|id| config.camera(id).is_some());
    }
    let departed = Departed {
        ledger,
        board,
        recorder,
        is_configured: &|id| config.knows(id),
        has_others: &|kind| match kind {
            SourceKind::VideoAi => !config.cameras.is_empty(),
            _ => !config.devices.is_empty(),
        },
        profile: &|id, standpoint| config.gateway.profile_at(id, standpoint, model.clone()),
    };
    departed.close().map_err(|error| Stopped::new(exit::LEDGER, error))
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
    (ledger, clock): (&Ledger, &Steadiness),
    (board, sensors): (&StatusBoard, &SensorRoutes),
    evidence: &EvidenceParts,
) -> Result<Deliveries, Stopped> {
    let inbox = casework::inbox(config, ledger);
    let signing = evidence.signing.public();
    let signing_key =
        SigningKeyNotice { alg: "Ed25519", kid: signing.kid(), public_key: signing.to_pem() };
    let settings = delivery::Settings {
        signing_key: Some(signing_key),
        clock: clock.clone(),
        ..config.mqtt.clone()
    };
    let from_broker = Some(Box::new(inbox.clone()) as Box<dyn Inbox>);
    let sensors = Some(Arc::new(sensors.clone()) as Arc<dyn SensorInbox>);
    let heard = Hearers { inbox: from_broker, sensors };
    let publisher = Publisher::spawn_with_sensors(settings, ledger.clone(), board.clone(), heard);
    let publisher = publisher
        .map_err(|error| Stopped::new(exit::CONFIG, anyhow!("gateway.toml, [mqtt]: {error}")))?;
    let case_system = case_system::start(config, ledger, &evidence.store, Box::new(inbox.clone()))?;
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
    config: &Config,
    (desk, model): (EyeDesk, ModelFiles),
    recorder: AlertRecorder,
    (board, failed): (&StatusBoard, mpsc::Sender<RecordError>),
) -> Result<Arc<Pool>, Stopped> {
    let eyes = (desk, &config.inference, model);
    // A full channel means that a failure is already on its way to stop the gateway.
    let pool = Pool::start(eyes, recorder, move |failure| drop(failed.try_send(failure)));
    let pool = pool.map_err(|error| Stopped::new(exit::CONFIG, error))?;
    board.announce_confinement(&confinement(&pool));
    Ok(Arc::new(pool))
}

/// What holds the eyes, as the status topic and the page tell it.
fn confinement(pool: &Pool) -> ConfinementNews {
    let Confinement { files, ports, calls } = pool.ready().confinement;
    let kernel = rustix::system::uname().release().to_string_lossy().into_owned();
    ConfinementNews { files, ports, calls, memory: pool.desk().limits_memory(), kernel }
}

fn overview(
    config: &Config,
    publisher: &PublisherHandle,
    ((cameras, devices, outputs), pool): ((&CameraList, &DeviceList, &Desk), &Pool),
    ledger: &Ledger,
) -> Overview {
    let outputs = outputs.clone();
    Overview {
        gateway: config.gateway.id.to_string(),
        utc_offset: config.gateway.utc_offset,
        started_at: utc_now(),
        cameras: cameras.clone(),
        devices: devices.clone(),
        outputs: Arc::new(move || outputs.all()),
        confinement: confinement(pool),
        desk: pool.desk().clone(),
        ledger: ledger.clone(),
        delivery: publisher.health(),
    }
}
