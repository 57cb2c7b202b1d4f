//! Clips under way: an alert opens, its camera goes on, and once the time after the alert has passed,
//! the clip is cut from the camera's ring, on a thread of its own.
//!
//! A clip shows faces and plates, and only coding it again could mask them. So a clip has no address
//! in the alert. It is handed out over HTTPS only, to those who may see originals and give a reason.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use incident::alert::{Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masked};
use rule::{Slug, SlugError};
use scene::CaptureTime;
use tracing::{error, info, warn};

use crate::evidence::{ClipError, ClipStore, ClipStoreError, write_mp4};
use camera::{RingBounds, SharedRing};
use runtime::metrics;
use runtime::utc_now;

/// How often clips under way are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A picture may wait this long before its alert is raised. Its clip must still begin before it.
const ANALYSIS_DELAY: Duration = Duration::from_secs(5);

/// A camera that has fallen silent is waited for this much longer than the clip lasts.
const SILENCE: Duration = Duration::from_secs(10);

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

/// Makes clips. Cheap to clone: all clones share one list of jobs.
#[derive(Clone)]
pub(crate) struct ClipMaker {
    settings: ClipSettings,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    rings: BTreeMap<String, SharedRing>,
    under_way: VecDeque<ClipJob>,
    /// Finished clips by alert, and the alerts in the order of their clips.
    finished: BTreeMap<String, Evidence>,
    finished_order: VecDeque<String>,
    closed: bool,
}

/// One clip to be cut.
#[derive(Clone)]
struct ClipJob {
    alert_id: String,
    camera: String,
    ring: SharedRing,
    from: CaptureTime,
    to: CaptureTime,
    give_up_at: Instant,
}

/// The thread that cuts the clips.
pub(crate) struct ClipWorker {
    clips: ClipMaker,
    thread: JoinHandle<()>,
}

/// Why an alert goes without its clip.
#[derive(Debug, thiserror::Error)]
enum ClipJobError {
    #[error("the camera's ring holds no picture of that time")]
    Nothing,
    #[error(transparent)]
    Write(#[from] ClipError),
    #[error(transparent)]
    Store(#[from] ClipStoreError),
    #[error(transparent)]
    Id(#[from] SlugError),
}

impl ClipMaker {
    /// Starts the thread that cuts clips.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn open(
        settings: ClipSettings,
        store: ClipStore,
    ) -> std::io::Result<(Self, ClipWorker)> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let clips = Self { settings, shared };
        let at_work = clips.clone();
        let thread = std::thread::Builder::new().name("clips".to_owned());
        let thread = thread.spawn(move || at_work.work(&store))?;
        Ok((clips.clone(), ClipWorker { clips, thread }))
    }

    /// A ring for the pictures of a camera, in place of the one it had.
    pub(crate) fn admit(&self, camera: &str) -> SharedRing {
        let span = self.settings.before + ANALYSIS_DELAY;
        let ring = SharedRing::new(RingBounds { bytes: self.settings.ring_bytes, span });
        self.lock().rings.insert(camera.to_owned(), ring.clone());
        ring
    }

    /// A camera is gone, and its ring with it; clips under way are cut from what there is.
    pub(crate) fn dismiss(&self, camera: &str) {
        self.lock().rings.remove(camera);
    }

    /// A camera may no longer be shown as it is: as [`ClipMaker::dismiss`], and clips under way are
    /// given up.
    pub(crate) fn forget(&self, camera: &str) {
        let mut state = self.lock();
        state.rings.remove(camera);
        state.under_way.retain(|job| job.camera != camera);
    }

    /// An alert message, raised at `raised_at`, is about to be recorded. If it opens the alert, this
    /// orders its clip. If the alert is open already, this answers its clip, once it is ready.
    pub(crate) fn clip_of(&self, alert: &Alert, raised_at: CaptureTime) -> Option<Evidence> {
        let alert_id = alert.alert_id.to_string();
        if alert.action == Action::Open {
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

    fn order(&self, alert_id: String, camera: &str, raised_at: CaptureTime) {
        let mut state = self.lock();
        let Some(ring) = state.rings.get(camera).cloned() else { return };
        if state.under_way.len() >= MOST_UNDER_WAY {
            warn!(alert = alert_id, "too many clips under way: this alert goes without");
            metrics::clip("dropped");
            return;
        }
        let ClipSettings { before, after, .. } = self.settings;
        let (from, to) = (raised_at.before(before), raised_at.after(after));
        ring.lock().pin(from);
        let give_up_at = Instant::now() + after + SILENCE;
        let camera = camera.to_owned();
        state.under_way.push_back(ClipJob { alert_id, camera, ring, from, to, give_up_at });
        self.shared.changed.notify_one();
    }

    fn work(&self, store: &ClipStore) {
        loop {
            let due = {
                let mut state = self.lock();
                while state.under_way.is_empty() && !state.closed {
                    state = wait(&self.shared.changed, state);
                }
                if state.closed {
                    return;
                }
                let (due, waiting) = state.under_way.drain(..).partition(ClipJob::is_due);
                state.under_way = waiting;
                due
            };
            let due: VecDeque<ClipJob> = due;
            if due.is_empty() {
                let waited = self.shared.changed.wait_timeout(self.lock(), LOOK_EVERY);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
            for job in due {
                self.carry_out(&job, store);
            }
        }
    }

    fn carry_out(&self, job: &ClipJob, store: &ClipStore) {
        let footage = {
            let mut ring = job.ring.lock();
            let footage = ring.cut(job.from, job.to);
            ring.unpin(job.from);
            metrics::clip_ring(&job.camera, ring.held_bytes());
            footage
        };
        let make = || -> Result<Evidence, ClipJobError> {
            let clip = write_mp4(&footage.ok_or(ClipJobError::Nothing)?)?;
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
                captured_at: clip.from,
                masked: Masked::NOTHING,
                expires_at: Some(stored.expires_at),
                original_held: true,
            })
        };
        match make() {
            Ok(clip) => {
                metrics::clip("written");
                info!(
                    camera = job.camera,
                    alert = job.alert_id,
                    bytes = clip.size_bytes,
                    "clip written"
                );
                self.finish(job.alert_id.clone(), clip);
            }
            Err(error) => {
                metrics::clip("failed");
                warn!(camera = job.camera, alert = job.alert_id, %error, "alert goes without its clip");
            }
        }
    }

    fn finish(&self, alert_id: String, clip: Evidence) {
        let mut state = self.lock();
        state.finished_order.push_back(alert_id.clone());
        state.finished.insert(alert_id, clip);
        if state.finished_order.len() > MOST_NAMED
            && let Some(oldest) = state.finished_order.pop_front()
        {
            state.finished.remove(&oldest);
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'a>(changed: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    changed.wait(state).unwrap_or_else(PoisonError::into_inner)
}

impl ClipJob {
    fn is_due(&self) -> bool {
        let is_whole = self.ring.lock().latest_at().is_some_and(|latest| latest >= self.to);
        is_whole || Instant::now() >= self.give_up_at
    }
}

impl ClipWorker {
    /// Ends the thread. Clips that are not whole yet are not written.
    pub(crate) fn stop(self) {
        self.clips.lock().closed = true;
        self.clips.shared.changed.notify_all();
        if self.thread.join().is_err() {
            error!("the thread for clips had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
