//! Keeps the eyes alive: starts them, listens to them, ends those that are stuck, starts the next.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use eye::{
    Death, EyeProcess, InferenceSettings, PROTOCOL, Ready, Report, SpawnError, Start,
    onnxruntime_library,
};
use runtime::{LONGEST_STEP, loops, metrics};
use tracing::{error, info, warn};

use super::desk::{Aftermath, EyeDesk};
use super::held_picture::LaneReport;
use super::lane::Judging;
use super::measured::add_up;
use super::roster::Place;
use super::stuck::Stuck;
use crate::analysis::clips::ClipAnswers;

/// How often eyes are looked at, and dead ones followed.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long the first eye may take to load its model.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long eyes may take to end their sessions once the gateway stops.
const STOP_LIMIT: Duration = Duration::from_secs(4);

/// What a lane says before the gateway has taken it: a picture, or an answer to a question that is no
/// longer asked and the next picture.
const MOST_REPORTS: usize = 2;

/// Why the gateway has no eyes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EyeError {
    /// No process.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// No thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
    /// It cannot look at pictures.
    #[error("{0}")]
    Refused(String),
    /// It died before it was ready.
    #[error("the process that looks at cameras ended while it loaded the model: {0}")]
    Died(String),
    /// It is not ready.
    #[error("the process that looks at cameras did not load the model within {} s", START_LIMIT.as_secs())]
    Slow,
}

/// What happens to an eye.
enum News {
    Ready(Place, Ready),
    Refused(Place, String),
    Died(Place, Death),
}

/// The eyes, and the thread that watches over them.
pub(crate) struct Supervisor {
    desk: EyeDesk,
    watching: Mutex<Option<JoinHandle<()>>>,
    /// What the first eye said of itself.
    pub(crate) ready: Ready,
}

/// What the watching thread works with.
struct Watch {
    desk: EyeDesk,
    nursery: Nursery,
    news: Receiver<News>,
    /// Started, and not ready yet; with when that was.
    starting: BTreeMap<Place, (Arc<EyeProcess>, Instant)>,
    stuck: Stuck,
}

/// What each eye is started with.
struct Nursery {
    program: PathBuf,
    inference: InferenceSettings,
    lanes: u16,
    judging: Arc<Judging>,
    clips: Option<ClipAnswers>,
    desk: EyeDesk,
    tell: Sender<News>,
    lane_threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Supervisor {
    /// Starts the eyes of `desk` and waits until all can look at pictures.
    ///
    /// # Errors
    /// [`EyeError`].
    pub(crate) fn start(
        desk: EyeDesk,
        inference: InferenceSettings,
        judging: Judging,
        clips: Option<ClipAnswers>,
    ) -> Result<Self, EyeError> {
        let (tell, news) = channel();
        // An eye does not see the environment, which may name the library.
        let library = onnxruntime_library(inference.onnxruntime_file.as_deref());
        let library = library.map_err(|error| EyeError::Refused(error.to_string()))?;
        let inference = InferenceSettings { onnxruntime_file: Some(library), ..inference };
        let places = desk.ordinary_places();
        let lanes = inference.threads.get().div_ceil(places.len().max(1));
        let nursery = Nursery {
            program: PathBuf::from("/proc/self/exe"),
            inference,
            lanes: u16::try_from(lanes).unwrap_or(u16::MAX),
            judging: Arc::new(judging),
            clips,
            desk: desk.clone(),
            tell,
            lane_threads: Mutex::default(),
        };
        let mut watch = Watch {
            desk: desk.clone(),
            nursery,
            news,
            starting: BTreeMap::new(),
            stuck: Stuck::default(),
        };
        let ready = watch.begin(&places)?;
        let thread = std::thread::Builder::new().name("eyes".to_owned());
        let watching = thread.spawn(move || watch.go_on())?;
        Ok(Self { desk, watching: Mutex::new(Some(watching)), ready })
    }

    /// Ends all eyes: their cameras are told, and every picture in hand is judged.
    pub(crate) fn stop(&self) {
        self.desk.stop();
        let watching = self.watching.lock().unwrap_or_else(PoisonError::into_inner).take();
        if watching.is_some_and(|thread| thread.join().is_err()) {
            error!("the thread that watches over the eyes had panicked");
        }
    }
}

impl Watch {
    /// Starts the first eyes.
    fn begin(&mut self, places: &[Place]) -> Result<Ready, EyeError> {
        for place in places {
            self.starting.insert(*place, (self.nursery.spawn(*place)?, Instant::now()));
        }
        let deadline = Instant::now() + START_LIMIT;
        let mut first = None;
        while !self.starting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(News::Ready(place, ready)) => {
                    self.install(place);
                    // All alerts name the same weights.
                    self.nursery.inference.precision = ready.precision;
                    first.get_or_insert(ready);
                }
                Ok(News::Refused(_, reason)) => return Err(EyeError::Refused(reason)),
                Ok(News::Died(_, death)) => return Err(EyeError::Died(death.cause)),
                Err(_) => return Err(EyeError::Slow),
            }
        }
        let ready = first.ok_or(EyeError::Slow)?;
        let (eyes, lanes) = (places.len(), self.nursery.lanes);
        let (precision, held) = (ready.precision, ready.confinement);
        info!(eyes, lanes, ?precision, files = held.files, calls = held.calls, "eyes ready");
        Ok(ready)
    }

    /// Watches over them until all have stopped.
    fn go_on(mut self) {
        let mut stops_at = None;
        let beats = loops().watch("eyes", LONGEST_STEP);
        loop {
            beats.beat();
            match self.news.recv_timeout(LOOK_EVERY) {
                Ok(News::Ready(place, _)) => self.install(place),
                Ok(News::Refused(place, reason)) => {
                    error!(eye = place.0, reason, "an eye cannot look at pictures");
                }
                Ok(News::Died(place, death)) => self.bury(place, &death),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            if self.desk.is_stopping() {
                let stops_at = *stops_at.get_or_insert(now + STOP_LIMIT);
                let left = self.desk.eyes();
                // One that is not ready has nothing in hand.
                for (eye, _) in self.starting.values() {
                    eye.kill("the gateway stops", &[]);
                }
                if left.is_empty() && self.starting.is_empty() {
                    drop(beats);
                    return self.nursery.join_lanes();
                }
                if now >= stops_at {
                    left.iter().for_each(|(_, eye)| eye.kill("it did not stop in time", &[]));
                }
                continue;
            }
            for name in self.desk.pardon(now) {
                info!(
                    camera = name,
                    "this camera did no harm for a while and is out of quarantine"
                );
            }
            for place in self.desk.due(now) {
                self.follow(place, now);
            }
            self.stuck.look(&self.desk.eyes());
            for (eye, started_at) in self.starting.values() {
                if now.duration_since(*started_at) > START_LIMIT {
                    eye.kill("it did not load its model", &[]);
                }
            }
        }
    }

    fn install(&mut self, place: Place) {
        let Some((eye, _)) = self.starting.remove(&place) else { return };
        if !self.desk.install(place, Arc::clone(&eye), Instant::now()) {
            eye.kill("the gateway stops", &[]);
        }
    }

    /// Starts the next eye in a place.
    fn follow(&mut self, place: Place, now: Instant) {
        match self.nursery.spawn(place) {
            Ok(eye) => drop(self.starting.insert(place, (eye, now))),
            Err(error) => {
                let death =
                    Death { cause: error.to_string(), suspects: Vec::new(), was_asked_for: false };
                error!(eye = place.0, %error, "cameras wait for the process that looks at them");
                self.desk.died(place, &death, now);
            }
        }
    }

    fn bury(&mut self, place: Place, death: &Death) {
        self.starting.remove(&place);
        self.stuck.forget(place);
        let Aftermath { quarantined, cameras, pause } =
            self.desk.died(place, death, Instant::now());
        if death.was_asked_for {
            return;
        }
        metrics::eye_died();
        let (cause, pause_secs) = (&death.cause, pause.as_secs());
        warn!(
            eye = place.0,
            cause,
            pause_secs,
            cameras = cameras.len(),
            "an eye died; its cameras are taken up by the next"
        );
        for camera in quarantined {
            metrics::camera_quarantined(&camera);
            error!(
                camera,
                cause,
                "this camera took its eye down twice; from now on it has one of its own, so that \
                 the others are left in peace"
            );
        }
    }
}

/// Hands a report to the thread that judges what the lane sees.
fn judge(eye: &EyeProcess, lane: Option<&SyncSender<LaneReport>>, report: LaneReport) {
    if lane.is_none_or(|lane| lane.try_send(report).is_err()) {
        eye.kill("it reported what it was not asked for", &[]);
    }
}

impl Nursery {
    fn spawn(&self, place: Place) -> Result<Arc<EyeProcess>, EyeError> {
        let start = Start {
            protocol: PROTOCOL,
            number: place.0,
            inference: self.inference.clone(),
            // A camera alone has one picture at a time.
            lanes: if self.desk.is_quarantine(place) { 1 } else { self.lanes },
        };
        let mut lanes = Vec::new();
        for lane in 0..start.lanes {
            lanes.push(self.start_lane(place, lane)?);
        }
        let (desk, tell, clips) = (self.desk.clone(), self.tell.clone(), self.clips.clone());
        let mut has_begun = false;
        let hear = move |eye: &Arc<EyeProcess>, report| match report {
            Report::Ready(_) | Report::Refused(_) if std::mem::replace(&mut has_begun, true) => {
                eye.kill("it began twice", &[]);
            }
            Report::Ready(ready) => drop(tell.send(News::Ready(place, ready))),
            Report::Refused(reason) => drop(tell.send(News::Refused(place, reason))),
            Report::Observed { lane, sight } => {
                // It may have been taken out meanwhile; then the lane waits for nothing else.
                let report = LaneReport::Observed(Arc::clone(eye), sight);
                judge(eye, lanes.get(usize::from(lane)), report);
            }
            Report::Shown { lane, shot } => {
                judge(eye, lanes.get(usize::from(lane)), LaneReport::Shown(shot));
            }
            Report::Health { camera, health } => desk.health_told((place, camera), health),
            Report::Stumbled { camera, reason } => desk.stumbled((place, camera), &reason),
            Report::Clip { job, clip } => {
                if desk.clip_answered(job)
                    && let Some(clips) = &clips
                {
                    clips.answer(job, clip);
                }
            }
            Report::Measured(samples) => {
                let names = desk.names_of(place);
                if let Err(error) = add_up(samples, |name| names.iter().any(|it| it == name)) {
                    eye.kill(&error.to_string(), &[]);
                }
            }
        };
        let tell = self.tell.clone();
        let ended = move |death| drop(tell.send(News::Died(place, death)));
        Ok(EyeProcess::spawn(&self.program, &start, hear, ended)?)
    }

    fn start_lane(&self, place: Place, lane: u16) -> std::io::Result<SyncSender<LaneReport>> {
        let (sender, reports) = sync_channel(MOST_REPORTS);
        let judging = Arc::clone(&self.judging);
        let thread = std::thread::Builder::new().name(format!("judge-{}.{lane}", place.0));
        let thread = thread.spawn(move || judging.follow((place, lane), &reports))?;
        let mut threads = self.lane_threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(sender)
    }

    fn join_lanes(&self) {
        let mut threads = self.lane_threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                error!("a thread that judges pictures had panicked");
            }
        }
    }
}
