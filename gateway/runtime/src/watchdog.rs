//! Watches event loops. One that does not go on is told of, and something is done about it.
//!
//! The loops of this process are all watched by [`loops`], whichever thread they run on.

use std::fmt;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use tracing::{error, info};

use crate::metrics;

/// How often the loops are looked at, and how often a loop of tokio says that it goes on.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// If a look comes this late, the whole process stood still: a stopped machine, or one far too busy.
/// No loop is to blame for that.
const LATE_LOOK: Duration = Duration::from_secs(3);

/// A loop whose steps compute little and wait for nobody is silent for this long at most. One that was
/// never speaks again.
pub const LONGEST_STEP: Duration = Duration::from_secs(60);

/// Who waits for a full disk says so each second. For this long after that, no loop is to blame.
const EXCUSED_FOR: Duration = Duration::from_secs(5);

/// The log may be what a loop stands still with: telling is waited for no longer than this.
const TELLING_LIMIT: Duration = Duration::from_secs(2);

static LOOPS: LazyLock<Watchdog> = LazyLock::new(Watchdog::default);

/// What watches the loops of this process.
pub fn loops() -> &'static Watchdog {
    &LOOPS
}

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
        write!(f, "the loop `{}` has stood still for {} s", self.name, self.lasts.as_secs())
    }
}

/// All loops that are watched. Cheap to clone: all clones watch the same loops.
#[derive(Debug, Clone, Default)]
pub struct Watchdog {
    loops: Arc<Mutex<Loops>>,
}

#[derive(Debug, Default)]
struct Loops {
    watched: Vec<Weak<Watched>>,
    /// When somebody last said that the disk is full.
    excused_at: Option<Instant>,
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
        self.loops().watched.push(Arc::downgrade(&watched));
        Heartbeat(watched)
    }

    /// The disk is full: whoever holds something waits for it, and others wait for him. That may take
    /// days, and a restart does not help. To be said each second.
    pub fn excuse(&self) {
        self.loops().excused_at = Some(Instant::now());
    }

    /// Looks at the loops on a thread of its own until the last clone of this watchdog is gone.
    /// `act` is called once for each stall, on that thread. `consequence` is for the log: what it does.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub fn start(
        &self,
        consequence: &'static str,
        act: impl Fn(&Stall) + Send + 'static,
    ) -> io::Result<()> {
        let loops = Arc::downgrade(&self.loops);
        let thread = Builder::new().name("watchdog".to_owned());
        let thread = thread.spawn(move || {
            let mut looked_at = Instant::now();
            loop {
                thread::sleep(LOOK_EVERY);
                let Some(loops) = loops.upgrade() else { return };
                let now = Instant::now();
                for stall in (Self { loops }).look(looked_at, now) {
                    tell(&stall, consequence);
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
        let mut loops = self.loops();
        let excused =
            loops.excused_at.is_some_and(|at| now.saturating_duration_since(at) < EXCUSED_FOR);
        let is_excused = is_late || excused;
        loops.watched.retain(|watched| {
            let Some(watched) = watched.upgrade() else { return false };
            let mut pulse = watched.pulse();
            let Some(beat_at) = pulse.beat_at else { return true };
            if is_excused && !pulse.is_told {
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

    fn loops(&self) -> MutexGuard<'_, Loops> {
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says in the log which loop stands still.
fn tell(stall: &Stall, consequence: &'static str) {
    metrics::loop_stalled(&stall.name);
    let told = stall.to_string();
    let telling = Builder::new().name("watchdog-tells".to_owned());
    let telling = telling.spawn(move || error!("{told}; {consequence}"));
    let until = Instant::now() + TELLING_LIMIT;
    let is_telling = |telling: &JoinHandle<()>| !telling.is_finished() && Instant::now() < until;
    while telling.as_ref().is_ok_and(is_telling) {
        thread::sleep(Duration::from_millis(10));
    }
}

#[cfg(test)]
mod tests;
