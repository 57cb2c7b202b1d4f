//! A door at work, with a real ledger, and the camera that sees it, played by the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use archive::{Archive, Retention};
use camera::{Codec, Health, SharedHealth};
use incident::Model;
use incident::alert::Evidence;
use intake::{Device, DeviceMemory, Mailbox, Receipt, Told};
use ledger::{AssessorState, Ledger, Sequence};
use runtime::utc_now;
use scene::{CaptureTime, DoorEvent, Reading, SignalKind, SignalValue};
use serde_json::Value;
use signature::SigningKey;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::super::{DeviceParts, Devices};
use crate::analysis::{
    AlertRecorder, CameraList, CameraView, CheckpointFeed, DeviceDesk, DeviceLines, DeviceList,
    DeviceWorker, LatestStatus, PrivacyZones, Progress, RecordError, SensorRoutes, SnapshotMaker,
    Witnesses, device_memory,
};
use crate::assembly::checkpoints::{CheckpointParts, Checkpoints};
use crate::camera_order::{CameraOrder, CameraOrders, SnapshotOrder};
use crate::config::Config;
use crate::config::tests::{door_at_a_checkpoint, door_that_is_seen};
use crate::evidence::{EvidenceStore, Limits};

/// What is waited for comes within this time, unless it never does.
const PATIENCE: Duration = Duration::from_secs(8);

const DOOR: &str = "door-7";

/// Its pictures are given by the test.
#[derive(Default)]
struct Camera(Mutex<Vec<SnapshotOrder>>);

impl CameraOrders for Arc<Camera> {
    fn order(&self, _: Option<&str>, order: &CameraOrder<'_>) -> bool {
        let CameraOrder::Snapshot(order) = order else { return false };
        self.0.lock().unwrap().push(Arc::clone(order));
        true
    }
}

/// A gateway with one door, from its mailbox to its ledger.
pub(super) struct House {
    pub(super) failures: Receiver<RecordError>,
    pub(super) shutdown: CancellationToken,
    camera: Arc<Camera>,
    cameras: CameraList,
    ledger: Ledger,
    door: Device,
    told: u64,
    config: Config,
    lines: DeviceLines,
    worker: DeviceWorker,
    folder: TempDir,
}

impl House {
    pub(super) fn begin() -> Self {
        let (folder, config) = door_that_is_seen();
        Self::of(folder, config)
    }

    /// The door belongs to a checkpoint.
    pub(super) fn at_a_checkpoint() -> Self {
        let (folder, config) = door_at_a_checkpoint();
        Self::of(folder, config)
    }

    /// The gateway of which an earlier run kept this state of the door.
    pub(super) fn with_state(state: &[u8]) -> Self {
        let (folder, config) = door_that_is_seen();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        let state = AssessorState { device_id: DOOR.to_owned(), state: state.to_vec() };
        ledger.save_assessor_state(&state).unwrap();
        drop(ledger);
        Self::of(folder, config)
    }

    fn of(folder: TempDir, config: Config) -> Self {
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        let (shutdown, mailbox) = (CancellationToken::new(), Arc::new(Mailbox::default()));
        let recorder = Arc::new(recorder(folder.path(), &config, (&ledger, &shutdown)));
        let (camera, cameras) = (Arc::new(Camera::default()), CameraList::default());
        let (fail, failures) = channel();
        let feed = CheckpointFeed::new(Arc::clone(&mailbox));
        let desk = DeviceDesk::new(
            Witnesses::new(Arc::new(Arc::clone(&camera)), cameras.clone()),
            (recorder, feed.clone()),
            Arc::new(move |error| drop(fail.send(error))),
        );
        let lines = DeviceLines::start(Arc::clone(&mailbox), SensorRoutes::default()).unwrap();
        let parts = DeviceParts {
            gateway: config.gateway.clone(),
            model: Model {
                cable: None,
                name: "none".to_owned(),
                version: "1".to_owned(),
                sha256: None,
                second_look: Vec::new(),
            },
            cases: Arc::clone(&config.casework.cases),
            ledger: ledger.clone(),
            observations: Archive::open(&folder.path().join("obs"), Retention::default()).unwrap(),
            desk: desk.clone(),
            lines: lines.clone(),
            told: Arc::new(|| ()),
            list: DeviceList::default(),
            mailbox: Arc::clone(&mailbox),
        };
        let checkpoints = CheckpointParts {
            gateway: parts.gateway.clone(),
            model: parts.model.clone(),
            cases: Arc::clone(&parts.cases),
            ledger: ledger.clone(),
            observations: parts.observations.clone(),
            desk: desk.clone(),
            feed,
            list: parts.list.clone(),
            mailbox: Arc::clone(&mailbox),
        };
        begin(&config, parts, checkpoints);
        let memory = desk.change(DOOR, |pipeline, _| pipeline.memory()).unwrap();
        let worker = DeviceWorker::start(Arc::clone(&mailbox), desk).unwrap();
        let door = Device::new(DOOR, mailbox).with_memory(memory);
        let told = 0;
        Self {
            failures,
            shutdown,
            camera,
            cameras,
            ledger,
            door,
            told,
            config,
            lines,
            worker,
            folder,
        }
    }

    /// The same house after the gateway was killed: what its ledger holds now is all that is left.
    pub(super) fn killed(self) -> Self {
        let left = TempDir::new().unwrap();
        for name in ["ledger.sqlite3", "ledger.sqlite3-wal", "signing.key"] {
            fs::copy(self.folder.path().join(name), left.path().join(name)).unwrap();
        }
        let config = self.config.clone();
        self.stop();
        Self::of(left, config)
    }

    pub(super) fn ledger_file(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite3")
    }

    /// The camera delivers, and its pictures are analysed.
    pub(super) fn show_camera(&self) {
        let (health, progress) = (SharedHealth::default(), Arc::new(Progress::default()));
        health.set(Health::Online { codec: Codec::H264 });
        progress.advance(utc_now());
        self.cameras.put(CameraView {
            id: "cam-01".to_owned(),
            name: "Gate".to_owned(),
            health,
            progress,
            status: LatestStatus::default(),
            silence_timeout: Duration::from_secs(60),
        });
    }

    /// Answers all who wait for the camera's picture; how many they were.
    pub(super) fn answer(&self, outcome: &Result<Evidence, String>) -> usize {
        let orders = std::mem::take(&mut *self.camera.0.lock().unwrap());
        orders.iter().for_each(|order| order(outcome.clone()));
        orders.len()
    }

    /// Something happens at the door, and has a number of its own.
    pub(super) fn happens(&mut self, event: DoorEvent) -> Receipt {
        self.told += 1;
        self.says(event, self.told).expect("it is new")
    }

    /// The door says that something happened under this number. None if that is kept already.
    pub(super) fn says(&mut self, event: DoorEvent, serial: u64) -> Option<Receipt> {
        let told = Told {
            point: "gate",
            kind: SignalKind::DoorEvent,
            reading: Reading::Good(SignalValue::Code(event)),
            device_time: Some(CaptureTime::from_unix_micros(1_790_000_000_000_000)),
            serial: Some(serial),
        };
        self.door.report(&told, utc_now()).unwrap()
    }

    /// All messages, in order.
    pub(super) fn messages(&self) -> Vec<Value> {
        let queued = self.ledger.unsent(Sequence::START, 100).unwrap();
        queued.iter().map(|it| serde_json::from_slice(&it.payload).unwrap()).collect()
    }

    /// All that the ledger holds of the door's rules.
    pub(super) fn state(&self) -> Value {
        self.state_of(DOOR).unwrap()
    }

    /// All that the ledger holds of the rules of a device or checkpoint; none if it holds nothing.
    pub(super) fn state_of(&self, id: &str) -> Option<Value> {
        let state = self.ledger.assessor_state(id).unwrap()?;
        Some(serde_json::from_slice(&state).unwrap())
    }

    /// What the next run would know of the door.
    pub(super) fn kept(&self) -> DeviceMemory {
        device_memory(&self.ledger, &rule::Slug::new(DOOR).unwrap()).unwrap()
    }

    pub(super) fn stop(self) {
        self.lines.stop();
        self.worker.stop();
    }
}

/// Devices, then checkpoints, as the gateway starts them.
fn begin(config: &Config, devices: DeviceParts, checkpoints: CheckpointParts) {
    let mut devices = Devices::new(devices);
    let plan = devices.plan(&config.devices).unwrap();
    devices.carry_out(plan).unwrap();
    let mut checkpoints = Checkpoints::new(checkpoints);
    let plan = checkpoints.plan(config).unwrap();
    checkpoints.carry_out(plan).unwrap();
}

/// Waits until this is so. False if it never is.
pub(super) fn comes(mut is_so: impl FnMut() -> bool) -> bool {
    let begun_at = Instant::now();
    while !is_so() {
        if begun_at.elapsed() > PATIENCE {
            return false;
        }
        std::thread::yield_now();
    }
    true
}

fn no_outputs(folder: &Path) -> output::Desk {
    let outlets = output::Outlets {
        note: Box::new(|_| Ok(())),
        show: Box::new(|_| ()),
        withdraw: Box::new(|_| ()),
        unheard: Box::new(|_| None),
        guard: Box::new(|| Command::new("true")),
    };
    output::Desk::start(outlets, &folder.join("fire.json")).unwrap()
}

fn recorder(
    folder: &Path,
    config: &Config,
    (ledger, shutdown): (&Ledger, &CancellationToken),
) -> AlertRecorder {
    let store = EvidenceStore::open(&folder.join("evidence"), Limits::default()).unwrap();
    AlertRecorder {
        ledger: ledger.clone(),
        signing: Arc::new(SigningKey::load_or_make(&folder.join("signing.key")).unwrap()),
        clips: None,
        snapshots: SnapshotMaker {
            store: Arc::new(store),
            originals: None,
            public_url: "http://127.0.0.1/".parse().unwrap(),
            private: PrivacyZones::default(),
        },
        topics: config.gateway.topics.clone(),
        committed: Arc::new(|| ()),
        outputs: no_outputs(folder),
        shutdown: shutdown.clone(),
    }
}
