//! Clips under way: an alert opens, its camera goes on, and its eye cuts the clip once the time after
//! the alert has passed. Here the clip is kept and named, on a thread of its own.
//!
//! A clip shows faces and plates, and only coding it again could mask them. So a clip has no address
//! in the alert. It is handed out over HTTPS only, to those who may see originals and give a reason.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use camera::RingBounds;
use eye::{CameraNumber, Clip, ClipOrder};
use incident::alert::{Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masked};
use rule::{Slug, SlugError};
use scene::CaptureTime;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::eyes::EyeDesk;
use crate::evidence::{ClipStore, ClipStoreError};
use runtime::metrics;
use runtime::utc_now;

/// A picture may wait this long before its alert is raised. Its clip must still begin before it.
const ANALYSIS_DELAY: Duration = Duration::from_secs(5);

/// A camera that has fallen silent is waited for this much longer than the clip lasts.
const SILENCE: Duration = Duration::from_secs(10);

/// An eye that has not answered for this much longer has died with its camera's last picture.
const LOST: Duration = Duration::from_secs(60);

/// Clips that wait for the disk, all together; one may always wait. Further ones are not kept.
const MOST_WAITING_BYTES: usize = 256 << 20;

/// Clips under way at a time. Alerts beyond that go without a clip.
const MOST_UNDER_WAY: usize = 256;

/// Alerts whose messages name their clip. Beyond that the oldest clip is named no longer.
const MOST_NAMED: usize = 4096;

/// How long a clip lasts and what it may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClipSettings {
    /// Before the picture that raised the alert.
    pub(crate) before: Duration,
    /// After it.
    pub(crate) after: Duration,
    /// Coded video remembered, per camera.
    pub(crate) ring_bytes: usize,
}

impl Default for ClipSettings {
    fn default() -> Self {
        let around = Duration::from_secs(10);
        Self { before: around, after: around, ring_bytes: 8 * 1024 * 1024 }
    }
}

/// Orders clips. Cheap to clone: all clones share one list of jobs.
#[derive(Clone)]
pub(crate) struct ClipMaker {
    settings: ClipSettings,
    desk: EyeDesk,
    state: Arc<Mutex<State>>,
    answers: ClipAnswers,
}

/// Where the eyes' clips go. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ClipAnswers {
    to: Sender<Message>,
    waiting_bytes: Arc<AtomicUsize>,
}

enum Message {
    Answer(u64, Result<Clip, String>),
    Stop,
}

#[derive(Default)]
struct State {
    /// The cameras that keep footage.
    cameras: BTreeMap<String, CameraNumber>,
    under_way: BTreeMap<u64, ClipJob>,
    next_job: u64,
    /// Finished clips by alert, and the alerts in the order of their clips.
    finished: BTreeMap<String, Evidence>,
    finished_order: VecDeque<String>,
}

/// One clip to be cut.
struct ClipJob {
    alert_id: String,
    camera: String,
    lost_at: Instant,
}

/// The thread that keeps the clips.
pub(crate) struct ClipWorker {
    answers: ClipAnswers,
    thread: JoinHandle<()>,
}

/// Why an alert goes without its clip.
#[derive(Debug, thiserror::Error)]
enum ClipJobError {
    #[error("{0}")]
    NotCut(String),
    #[error(transparent)]
    Store(#[from] ClipStoreError),
    #[error(transparent)]
    Id(#[from] SlugError),
}

impl ClipAnswers {
    /// An eye has cut a clip, or says why not.
    pub(super) fn answer(&self, job: u64, clip: Result<Clip, String>) {
        let bytes = clip.as_ref().map_or(0, |clip| clip.mp4.len());
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        if waiting.saturating_add(bytes) > MOST_WAITING_BYTES && waiting > 0 {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            warn!("clips come faster than the disk takes them: an alert goes without");
            metrics::clip("dropped");
            return;
        }
        drop(self.to.send(Message::Answer(job, clip)));
    }
}

impl ClipMaker {
    /// Starts the thread that keeps the clips that are ordered at `desk`.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn open(
        settings: ClipSettings,
        desk: EyeDesk,
        store: ClipStore,
    ) -> std::io::Result<(Self, ClipWorker)> {
        let (to, to_keep) = channel();
        let answers = ClipAnswers { to, waiting_bytes: Arc::default() };
        let clips = Self { settings, desk, state: Arc::default(), answers: answers.clone() };
        let at_work = clips.clone();
        let thread = std::thread::Builder::new().name("clips".to_owned());
        let thread = thread.spawn(move || at_work.work(&to_keep, &store))?;
        Ok((clips, ClipWorker { answers, thread }))
    }

    /// Where the eyes' clips go.
    pub(crate) fn answers(&self) -> ClipAnswers {
        self.answers.clone()
    }

    /// A camera keeps footage from now on: what its eye must keep of it.
    pub(crate) fn admit(&self, camera: &str, number: CameraNumber) -> RingBounds {
        self.lock().cameras.insert(camera.to_owned(), number);
        let span = self.settings.before + ANALYSIS_DELAY;
        RingBounds { bytes: self.settings.ring_bytes, span }
    }

    /// A camera is gone; clips under way are cut from what there is.
    pub(crate) fn dismiss(&self, camera: &str) {
        self.lock().cameras.remove(camera);
    }

    /// A camera may no longer be shown as it is: as [`ClipMaker::dismiss`], and clips under way are
    /// given up.
    pub(crate) fn forget(&self, camera: &str) {
        let mut state = self.lock();
        let number = state.cameras.remove(camera);
        state.under_way.retain(|_, job| job.camera != camera);
        drop(state);
        if let Some(number) = number {
            self.desk.forget_footage(number);
        }
    }

    /// An alert message, raised at `raised_at`, is about to be recorded. If it opens the alert, this
    /// orders its clip, unless no picture shows it. If the alert is open already, this answers its
    /// clip, once it is ready.
    pub(crate) fn clip_of(&self, alert: &Alert, raised_at: CaptureTime) -> Option<Evidence> {
        let alert_id = alert.alert_id.to_string();
        if alert.action == Action::Open {
            if alert.detection.finding.pictures_total == 0 {
                return None;
            }
            self.order(alert_id, alert.camera.camera_id.as_str(), raised_at);
            return None;
        }
        let mut state = self.lock();
        let clip = state.finished.get(&alert_id).cloned();
        if matches!(alert.action, Action::Close(_)) {
            state.finished.remove(&alert_id);
            state.finished_order.retain(|id| *id != alert_id);
        }
        clip
    }

    /// Orders the clip of an alert of a device that `camera` sees, which was raised at `raised_at` by the
    /// camera's clock. Answers until when it may be ready; `None` if the camera keeps no footage.
    pub(crate) fn order_of(
        &self,
        alert_id: Uuid,
        camera: &Slug,
        raised_at: CaptureTime,
    ) -> Option<Instant> {
        if !self.lock().cameras.contains_key(camera.as_str()) {
            return None;
        }
        self.order(alert_id.to_string(), camera.as_str(), raised_at);
        Some(Instant::now() + self.settings.after + SILENCE + LOST)
    }

    /// Whether the next message of an alert names its clip.
    pub(crate) fn is_ready(&self, alert_id: Uuid) -> bool {
        self.lock().finished.contains_key(&alert_id.to_string())
    }

    fn order(&self, alert_id: String, camera: &str, raised_at: CaptureTime) {
        let mut state = self.lock();
        let Some(number) = state.cameras.get(camera).copied() else { return };
        let now = Instant::now();
        state.under_way.retain(|_, job| job.lost_at > now);
        if state.under_way.len() >= MOST_UNDER_WAY {
            warn!(alert = alert_id, "too many clips under way: this alert goes without");
            metrics::clip("dropped");
            return;
        }
        let ClipSettings { before, after, .. } = self.settings;
        let job = state.next_job;
        state.next_job += 1;
        let (camera, patience) = (camera.to_owned(), after + SILENCE);
        let lost_at = now + patience + LOST;
        state.under_way.insert(job, ClipJob { alert_id, camera, lost_at });
        drop(state);
        let span = (raised_at.before(before), raised_at.after(after));
        self.desk.cut_clip(ClipOrder::new(job, number, span, patience));
    }

    fn work(&self, answers: &Receiver<Message>, store: &ClipStore) {
        while let Ok(Message::Answer(job, clip)) = answers.recv() {
            let bytes = clip.as_ref().map_or(0, |clip| clip.mp4.len());
            self.answers.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            let Some(job) = self.lock().under_way.remove(&job) else { continue };
            match keep(clip, store) {
                Ok(clip) => {
                    metrics::clip("written");
                    info!(
                        camera = job.camera,
                        alert = job.alert_id,
                        bytes = clip.size_bytes,
                        "clip written"
                    );
                    self.lock().finish(job.alert_id, clip);
                }
                Err(error) => {
                    metrics::clip("failed");
                    warn!(camera = job.camera, alert = job.alert_id, %error, "alert goes without its clip");
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn finish(&mut self, alert_id: String, clip: Evidence) {
        self.finished_order.push_back(alert_id.clone());
        self.finished.insert(alert_id, clip);
        if self.finished_order.len() > MOST_NAMED
            && let Some(oldest) = self.finished_order.pop_front()
        {
            self.finished.remove(&oldest);
        }
    }
}

/// Keeps a clip among the evidence.
fn keep(clip: Result<Clip, String>, store: &ClipStore) -> Result<Evidence, ClipJobError> {
    let clip = clip.map_err(ClipJobError::NotCut)?;
    let stored = store.put(&clip.mp4, utc_now())?;
    let (width_px, height_px) = clip.size_px;
    Ok(Evidence {
        id: Slug::new("clip-1")?,
        role: EvidenceRole::Report,
        kind: EvidenceKind::Clip { duration: clip.duration },
        uri: None,
        mime: "video/mp4".to_owned(),
        sha256: stored.sha256,
        size_bytes: stored.bytes,
        width_px,
        height_px,
        captured_at: clip.from(),
        masked: Masked::NOTHING,
        expires_at: Some(stored.expires_at),
        original_held: true,
    })
}

impl ClipWorker {
    /// Ends the thread. Clips that are not whole yet are not kept.
    pub(crate) fn stop(self) {
        drop(self.answers.to.send(Message::Stop));
        if self.thread.join().is_err() {
            error!("the thread for clips had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
