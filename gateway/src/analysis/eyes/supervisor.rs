//! Keeps the eyes alive: starts them, listens to them, ends those that are stuck, starts the next.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use detector::ModelFiles;
use eye::{Death, EyeProcess, InferenceSettings, Ready, SpawnError, onnxruntime_library};
use runtime::{LONGEST_STEP, Recurring, loops, metrics};
use tracing::{error, info, warn};

use super::aftermath::Aftermath;
use super::desk::EyeDesk;
use super::lane::Judging;
use super::nursery::{News, Nursery};
use super::post::Post;
use super::roster::Place;
use super::stuck::Stuck;
use crate::analysis::clips::ClipAnswers;

/// How long the first eye may take to load its model.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long eyes may take to end their sessions once the gateway stops.
const STOP_LIMIT: Duration = Duration::from_secs(4);

/// How long they may then take to be gone. What the system still holds is left to it.
const GONE_LIMIT: Duration = Duration::from_secs(1);

/// How long after a death, or after another spare eye ended, the next spare one is started. Until then
/// the processor belongs to the cameras that are taken up.
const SPARE_AFTER: Duration = Duration::from_secs(1);

/// The same if a spare eye could not be started, or ended before anybody needed it.
const SPARE_AGAIN: Duration = Duration::from_secs(60);

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
    #[error(
        "the process that looks at cameras ended while it loaded the model: {0}; `gridwhistle check` tries \
         the model alone, and names the file that is to blame"
    )]
    Died(String),
    /// It is not ready.
    #[error("the process that looks at cameras did not load the model within {} s", START_LIMIT.as_secs())]
    Slow,
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
    /// Started, and not ready yet, by number; with when that was.
    starting: BTreeMap<u32, (Post, Arc<EyeProcess>, Instant)>,
    /// Has its model, and waits for the place of one that dies.
    spare: Option<(Post, Arc<EyeProcess>)>,
    spare_due: Instant,
    /// How often there was none, or it died.
    spareless: Recurring,
    stuck: Stuck,
}

impl Supervisor {
    /// Starts the eyes of `desk` and waits until all can look at pictures.
    ///
    /// # Errors
    /// [`EyeError`].
    pub(crate) fn start(
        desk: EyeDesk,
        (inference, model): (&InferenceSettings, ModelFiles),
        judging: Judging,
        clips: Option<ClipAnswers>,
    ) -> Result<Self, EyeError> {
        let (tell, news) = channel();
        // An eye does not see the environment, which may name the library.
        let library = onnxruntime_library(inference.onnxruntime_file.as_deref());
        let library = library.map_err(|error| EyeError::Refused(error.to_string()))?;
        let places = desk.ordinary_places();
        let nursery = Nursery {
            model: Arc::new(model),
            onnxruntime_file: library,
            lanes: desk.lanes(),
            judging: Arc::new(judging),
            clips,
            desk: desk.clone(),
            tell,
            lane_threads: Mutex::default(),
            born: AtomicU32::new(0),
        };
        let mut watch = Watch {
            desk: desk.clone(),
            nursery,
            news,
            starting: BTreeMap::new(),
            spare: None,
            spare_due: Instant::now() + SPARE_AFTER,
            spareless: Recurring::default(),
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
        self.desk.keep_zones();
    }
}

impl Watch {
    /// Starts the first eyes.
    fn begin(&mut self, places: &[Place]) -> Result<Ready, EyeError> {
        for place in places {
            let (post, eye) = self.nursery.spawn(self.nursery.lanes)?;
            post.take(*place);
            self.starting.insert(post.number, (post, eye, Instant::now()));
        }
        let deadline = Instant::now() + START_LIMIT;
        let mut first = None;
        while !self.starting.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.news.recv_timeout(left) {
                Ok(News::Ready(post, ready)) => {
                    self.install(&post);
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
            match self.news.recv_timeout(self.stuck.due_in(Instant::now())) {
                Ok(News::Ready(post, _)) => self.install(&post),
                Ok(News::Refused(post, reason)) => {
                    error!(eye = post.number, reason, "an eye cannot look at pictures");
                }
                Ok(News::Died(post, death)) => self.bury(&post, &death),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            let looks = self.stuck.is_due(now);
            if self.desk.is_stopping() {
                if self.have_stopped(*stops_at.get_or_insert(now + STOP_LIMIT)) {
                    drop(beats);
                    return self.nursery.join_lanes();
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
            if looks {
                let spare = self.spare.iter().map(|(_, eye)| (Place::SPARE, Arc::clone(eye)));
                self.stuck.look(self.desk.eyes().into_iter().chain(spare));
            }
            for (_, eye, started_at) in self.starting.values() {
                if now.duration_since(*started_at) > START_LIMIT {
                    eye.kill("it did not load its model", &[]);
                }
            }
            self.keep_a_spare(now);
        }
    }

    /// Whether all are gone, or are left behind. Those that have cameras may take until `stops_at`.
    fn have_stopped(&mut self, stops_at: Instant) -> bool {
        let left = self.desk.eyes();
        // One that has no cameras has nothing in hand.
        for (_, eye, _) in self.starting.values() {
            eye.kill("the gateway stops", &[]);
        }
        if let Some((_, eye)) = &self.spare {
            eye.kill("the gateway stops", &[]);
        }
        let now = Instant::now();
        if now >= stops_at {
            left.iter().for_each(|(_, eye)| eye.kill("it did not stop in time", &[]));
        }
        let count = left.len() + self.starting.len() + usize::from(self.spare.is_some());
        if count > 0 && now >= stops_at + GONE_LIMIT {
            warn!(
                eyes = count,
                "eyes were killed and are not gone; the gateway stops without them"
            );
            return true;
        }
        count == 0
    }

    /// An eye has its model.
    fn install(&mut self, post: &Post) {
        let Some((post, eye, _)) = self.starting.remove(&post.number) else { return };
        match post.place() {
            Some(place) => self.open(place, &eye),
            None => {
                self.stuck.forget(Place::SPARE);
                self.spare = Some((post, eye));
            }
        }
    }

    /// Gives an eye that has its model the cameras of `place`.
    fn open(&self, place: Place, eye: &Arc<EyeProcess>) {
        if !self.desk.install(place, Arc::clone(eye), Instant::now()) {
            eye.kill("the gateway stops", &[]);
        }
    }

    /// The next eye in a place: the spare one, or else the one that starts as such, or else a new one.
    fn follow(&mut self, place: Place, now: Instant) {
        let is_quarantine = self.desk.is_quarantine(place);
        if !is_quarantine {
            self.spare_due = now + SPARE_AFTER;
            if let Some((post, eye)) = self.spare.take() {
                post.take(place);
                return self.open(place, &eye);
            }
            let starting = self.starting.values().find(|(post, ..)| post.place().is_none());
            if let Some((post, ..)) = starting {
                return post.take(place);
            }
        }
        // A camera alone has one picture at a time.
        let lanes = if is_quarantine { 1 } else { self.nursery.lanes };
        match self.nursery.spawn(lanes) {
            Ok((post, eye)) => {
                post.take(place);
                self.starting.insert(post.number, (post, eye, now));
            }
            Err(error) => {
                let death = Death { cause: error.to_string(), ..Death::default() };
                error!(%error, "cameras wait for the process that looks at them");
                self.desk.died(place, &death, now);
            }
        }
    }

    /// Starts a spare eye if there is none.
    fn keep_a_spare(&mut self, now: Instant) {
        let one_starts = self.starting.values().any(|(post, ..)| post.place().is_none());
        if self.spare.is_some() || one_starts || now < self.spare_due {
            return;
        }
        self.spare_due = now + SPARE_AGAIN;
        match self.nursery.spawn(self.nursery.lanes) {
            Ok((post, eye)) => {
                self.starting.insert(post.number, (post, eye, now));
            }
            Err(error) => {
                if let Some(times) = self.spareless.happens(&error.to_string(), now) {
                    warn!(%error, times, "no spare eye: a death of one will cost its cameras more");
                }
            }
        }
    }

    fn bury(&mut self, post: &Post, death: &Death) {
        self.starting.remove(&post.number);
        self.spare.take_if(|(spare, _)| spare.number == post.number);
        let Some(place) = post.place() else {
            if !self.desk.is_stopping() {
                let _over = self.spareless.goes_well(Instant::now());
                if let Some(times) = self.spareless.happens(&death.cause, Instant::now()) {
                    warn!(eye = post.number, cause = death.cause, times, "the spare eye died");
                }
            }
            return;
        };
        self.stuck.forget(place);
        let Aftermath { quarantined, cameras, pause } =
            self.desk.died(place, death, Instant::now());
        if death.was_asked_for || self.desk.is_stopping() {
            return;
        }
        metrics::eye_died();
        let (cause, pause_secs) = (&death.cause, pause.as_secs());
        warn!(
            eye = post.number,
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
