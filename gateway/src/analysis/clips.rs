//! Clips under way: an alert opens, its camera goes on, and once the time after it has passed the
//! clip is cut from the camera's ring, on a thread of its own.
//!
//! A clip shows faces and plates, and nothing but coding it anew could change that. So it has no
//! address in the alert, and leaves only by the door, to who may see originals and says why.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use incident::alert::{Action, Alert, Evidence, EvidenceKind, EvidenceRole, Masked};
use rule::{Slug, SlugError};
use scene::CaptureTime;
use tracing::{error, info, warn};

use crate::evidence::{ClipError, EvidenceStore, FileKind, StoreError, write_mp4};
use camera::{RingBounds, SharedRing};
use runtime::metrics;
use runtime::utc_now;

/// How often clips under way are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A picture may wait so long before its alert is raised; its clip begins before it all the same.
const ANALYSIS_DELAY: Duration = Duration::from_secs(5);

/// A camera that has fallen silent is not waited for much longer than the clip lasts.
const SILENCE: Duration = Duration::from_secs(10);

/// Clips under way at a time; beyond it alerts go without.
const MOST_UNDER_WAY: usize = 256;

/// Alerts whose clip is told with every message; beyond it the oldest is no longer told.
const MOST_TOLD: usize = 4096;

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

/// Cuts clips. Cheap to clone: all clones are one desk.
#[derive(Clone)]
pub(crate) struct ClipDesk {
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
    under_way: VecDeque<Order>,
    /// Finished clips by alert, and the alerts in the order of their clips.
    told: BTreeMap<String, Evidence>,
    told_order: VecDeque<String>,
    closed: bool,
}

/// One clip to be cut.
#[derive(Clone)]
struct Order {
    alert_id: String,
    camera: String,
    ring: SharedRing,
    from: CaptureTime,
    to: CaptureTime,
    give_up_at: Instant,
}

/// The desk's thread.
pub(crate) struct ClipWorker {
    desk: ClipDesk,
    thread: JoinHandle<()>,
}

#[derive(Debug, thiserror::Error)]
enum NoClip {
    #[error("the camera's ring holds no picture of that time")]
    Nothing,
    #[error(transparent)]
    Write(#[from] ClipError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Id(#[from] SlugError),
}

impl ClipDesk {
    /// Opens the desk and starts its thread.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn open(
        settings: ClipSettings,
        store: Arc<EvidenceStore>,
    ) -> std::io::Result<(Self, ClipWorker)> {
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new() });
        let desk = Self { settings, shared };
        let at_work = desk.clone();
        let thread = std::thread::Builder::new().name("clips".to_owned());
        let thread = thread.spawn(move || at_work.work(&store))?;
        Ok((desk.clone(), ClipWorker { desk, thread }))
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

    /// A camera may no longer be shown as it is: as [`ClipDesk::dismiss`], and clips under way are
    /// given up.
    pub(crate) fn forget(&self, camera: &str) {
        let mut state = self.lock();
        state.rings.remove(camera);
        state.under_way.retain(|order| order.camera != camera);
    }

    /// An alert message is about to be recorded, raised at `raised_at`: orders the clip of one that
    /// opens, and answers that of one that is under way, if it is ready.
    pub(crate) fn clip_of(&self, alert: &Alert, raised_at: CaptureTime) -> Option<Evidence> {
        let alert_id = alert.alert_id.to_string();
        if alert.action == Action::Open {
            self.order(alert_id, alert.camera.camera_id.as_str(), raised_at);
            return None;
        }
        let mut state = self.lock();
        let clip = state.told.get(&alert_id).cloned();
        if matches!(alert.action, Action::Close(_)) {
            state.told.remove(&alert_id);
            state.told_order.retain(|id| *id != alert_id);
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
        state.under_way.push_back(Order { alert_id, camera, ring, from, to, give_up_at });
        self.shared.changed.notify_one();
    }

    fn work(&self, store: &EvidenceStore) {
        loop {
            let due = {
                let mut state = self.lock();
                while state.under_way.is_empty() && !state.closed {
                    state = wait(&self.shared.changed, state);
                }
                if state.closed {
                    return;
                }
                let (due, waiting) = state.under_way.drain(..).partition(Order::is_due);
                state.under_way = waiting;
                due
            };
            let due: VecDeque<Order> = due;
            if due.is_empty() {
                let waited = self.shared.changed.wait_timeout(self.lock(), LOOK_EVERY);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
            for order in due {
                self.carry_out(&order, store);
            }
        }
    }

    fn carry_out(&self, order: &Order, store: &EvidenceStore) {
        let footage = {
            let mut ring = order.ring.lock();
            let footage = ring.cut(order.from, order.to);
            ring.unpin(order.from);
            metrics::clip_ring(&order.camera, ring.held_bytes());
            footage
        };
        let make = || -> Result<Evidence, NoClip> {
            let clip = write_mp4(&footage.ok_or(NoClip::Nothing)?)?;
            let stored = store.put(FileKind::Clip, &clip.mp4, utc_now())?;
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
                    camera = order.camera,
                    alert = order.alert_id,
                    bytes = clip.size_bytes,
                    "clip written"
                );
                self.tell(order.alert_id.clone(), clip);
            }
            Err(error) => {
                metrics::clip("failed");
                warn!(camera = order.camera, alert = order.alert_id, %error, "alert goes without its clip");
            }
        }
    }

    fn tell(&self, alert_id: String, clip: Evidence) {
        let mut state = self.lock();
        state.told_order.push_back(alert_id.clone());
        state.told.insert(alert_id, clip);
        if state.told_order.len() > MOST_TOLD
            && let Some(oldest) = state.told_order.pop_front()
        {
            state.told.remove(&oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait<'a>(changed: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    changed.wait(state).unwrap_or_else(PoisonError::into_inner)
}

impl Order {
    fn is_due(&self) -> bool {
        let is_whole = self.ring.lock().latest_at().is_some_and(|latest| latest >= self.to);
        is_whole || Instant::now() >= self.give_up_at
    }
}

impl ClipWorker {
    /// Ends the thread. Clips that are not whole yet are not written.
    pub(crate) fn stop(self) {
        self.desk.lock().closed = true;
        self.desk.shared.changed.notify_all();
        if self.thread.join().is_err() {
            error!("the thread for clips had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
