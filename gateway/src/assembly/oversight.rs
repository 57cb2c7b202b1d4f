//! What each camera's status topic says: online, offline, or delivering without being judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::analysis::Progress;
use crate::camera::{Feed, Health, SharedHealth};
use crate::delivery::{DeviceState, DeviceStatus, StatusBoard};

/// How often every camera is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Pictures wanted in a row before their lack is called a fault.
const MISSED_PICTURES: u32 = 3;

/// Overload is judged over so long.
const LOAD_WINDOW: Duration = Duration::from_secs(15);

/// One camera under oversight.
pub(super) struct Subject {
    pub(super) id: String,
    pub(super) health: SharedHealth,
    pub(super) progress: Arc<Progress>,
    pub(super) feed: Arc<Feed>,
    pub(super) silence_timeout: Duration,
    /// What was told last.
    pub(super) memory: Memory,
}

/// What must be remembered to see a change.
#[derive(Debug)]
pub(super) struct Memory {
    told: Option<(DeviceState, Option<String>)>,
    analysed: u64,
    analysed_changed_at: Instant,
    load_since: Instant,
    load_analysed: u64,
    load_superseded: u64,
    overloaded: bool,
}

impl Default for Memory {
    fn default() -> Self {
        let now = Instant::now();
        Self {
            told: None,
            analysed: 0,
            analysed_changed_at: now,
            load_since: now,
            load_analysed: 0,
            load_superseded: 0,
            overloaded: false,
        }
    }
}

/// Posts every change of every camera's state until `shutdown`.
pub(super) async fn oversee(
    mut subjects: Vec<Subject>,
    board: StatusBoard,
    shutdown: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _now = tick.tick() => {}
        }
        for subject in &mut subjects {
            if let Some(status) = subject.change(Instant::now()) {
                board.post(&subject.id, &status);
            }
        }
    }
}

impl Subject {
    /// The camera's status, if it is not what was told last.
    fn change(&mut self, now: Instant) -> Option<DeviceStatus> {
        let (state, reason) = self.judge(now)?;
        if self.memory.told.as_ref() == Some(&(state, reason.clone())) {
            return None;
        }
        self.memory.told = Some((state, reason.clone()));
        Some(DeviceStatus { state, reason, last_frame_at: self.progress.latest_at() })
    }

    fn judge(&mut self, now: Instant) -> Option<(DeviceState, Option<String>)> {
        let health = self.health.get()?;
        if let Health::Offline { reason } = health {
            self.memory.analysed_changed_at = now;
            return Some((DeviceState::Offline, Some(reason)));
        }
        let analysed = self.progress.analysed();
        if analysed != self.memory.analysed {
            self.memory.analysed = analysed;
            self.memory.analysed_changed_at = now;
        }
        let patience = self.silence_timeout.max(self.progress.interval() * MISSED_PICTURES);
        if now.duration_since(self.memory.analysed_changed_at) > patience {
            let why = self.progress.stumbled();
            let why = why.unwrap_or_else(|| "no complete key frame came".to_owned());
            let reason = format!("pictures arrive but none can be analysed: {why}");
            return Some((DeviceState::Degraded, Some(reason)));
        }
        if self.is_overloaded(now, analysed) {
            let reason = "overloaded: this gateway cannot look as often as the rules ask; give it \
                          fewer cameras, smaller streams or more cores";
            return Some((DeviceState::Degraded, Some(reason.to_owned())));
        }
        Some((DeviceState::Online, None))
    }

    /// Whether more due pictures were passed over than analysed in the latest window.
    fn is_overloaded(&mut self, now: Instant, analysed: u64) -> bool {
        let memory = &mut self.memory;
        if now.duration_since(memory.load_since) >= LOAD_WINDOW {
            let superseded = self.feed.counts().superseded;
            memory.overloaded =
                superseded - memory.load_superseded > analysed - memory.load_analysed;
            memory.load_since = now;
            memory.load_analysed = analysed;
            memory.load_superseded = superseded;
        }
        memory.overloaded
    }
}
