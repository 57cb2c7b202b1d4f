//! Watches event loops. One that does not go on is told of, and something is done about it.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tracing::{error, info};

use crate::metrics;

/// How often the loops are looked at, and how often a loop of tokio says that it goes on.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// If a look comes this late, the whole process stood still: a stopped machine, or one far too busy.
/// No loop is to blame for that.
const LATE_LOOK: Duration = Duration::from_secs(3);

/// A loop that stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stall {
    /// Which one.
    pub name: String,
    /// For how long it has.
    pub lasts: Duration,
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} stands still for {:.1} s", self.name, self.lasts.as_secs_f32())
    }
}

/// All loops that are watched. Cheap to clone: all clones watch the same loops.
#[derive(Debug, Clone, Default)]
pub struct Watchdog {
    loops: Arc<Mutex<Vec<Weak<Watched>>>>,
}

/// One loop, as the watchdog sees it.
#[derive(Debug)]
struct Watched {
    name: String,
    limit: Duration,
    pulse: Mutex<Pulse>,
}

#[derive(Debug)]
struct Pulse {
    /// When it last went on; none while it waits for work.
    beat_at: Option<Instant>,
    is_told: bool,
}

impl Watched {
    fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Held by a loop, which says through it that it goes on. Once it is dropped, the loop has ended.
#[derive(Debug)]
pub struct Heartbeat(Arc<Watched>);

impl Heartbeat {
    /// The loop goes on.
    pub fn beat(&self) {
        self.0.pulse().beat_at = Some(Instant::now());
    }

    /// The loop waits for work, for as long as that takes. The next [`Heartbeat::beat`] ends that.
    pub fn rest(&self) {
        self.0.pulse().beat_at = None;
    }

    /// Beats for a loop of tokio: as long as the loop asks its tasks, and this is one of them.
    pub async fn keep_beating(self) {
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            // Before the first tick, too: a loop may stand still from its beginning.
            self.beat();
            tick.tick().await;
        }
    }
}

impl Watchdog {
    /// Watches one more loop, which may be silent for `limit`. It rests until its first beat.
    pub fn watch(&self, name: impl Into<String>, limit: Duration) -> Heartbeat {
        let pulse = Mutex::new(Pulse { beat_at: None, is_told: false });
        let watched = Arc::new(Watched { name: name.into(), limit, pulse });
        self.loops().push(Arc::downgrade(&watched));
        Heartbeat(watched)
    }

    /// Looks at the loops on a thread of its own until the last clone of this watchdog is gone.
    /// `act` is called once for each stall, on that thread.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn start(&self, act: impl Fn(&Stall) + Send + 'static) -> io::Result<()> {
        let loops = Arc::downgrade(&self.loops);
        let thread = std::thread::Builder::new().name("watchdog".to_owned());
        let thread = thread.spawn(move || {
            let mut looked_at = Instant::now();
            loop {
                std::thread::sleep(LOOK_EVERY);
                let Some(loops) = loops.upgrade() else { return };
                let now = Instant::now();
                for stall in (Self { loops }).look(looked_at, now) {
                    error!(
                        name = stall.name,
                        secs = stall.lasts.as_secs_f32(),
                        "a loop stands still"
                    );
                    metrics::loop_stalled(&stall.name);
                    act(&stall);
                }
                looked_at = now;
            }
        })?;
        // It ends by itself.
        drop(thread);
        Ok(())
    }

    /// The loops that stand still at `now` and were not told of. The look before was at `looked_at`.
    fn look(&self, looked_at: Instant, now: Instant) -> Vec<Stall> {
        let is_late = now.saturating_duration_since(looked_at) >= LATE_LOOK;
        let mut stalls = Vec::new();
        self.loops().retain(|watched| {
            let Some(watched) = watched.upgrade() else { return false };
            let mut pulse = watched.pulse();
            let Some(beat_at) = pulse.beat_at else { return true };
            if is_late && !pulse.is_told {
                pulse.beat_at = Some(now);
                return true;
            }
            let lasts = now.saturating_duration_since(beat_at);
            let stands_still = lasts >= watched.limit;
            match (pulse.is_told, stands_still) {
                (false, true) => stalls.push(Stall { name: watched.name.clone(), lasts }),
                (true, false) => info!(name = watched.name, "the loop goes on"),
                _ => {}
            }
            pulse.is_told = stands_still;
            true
        });
        stalls
    }

    fn loops(&self) -> MutexGuard<'_, Vec<Weak<Watched>>> {
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
