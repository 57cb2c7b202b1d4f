//! An eye as the system knows it. Nobody waits here for longer than a moment: a process that was killed may
//! stay for as long as a disk or a driver holds it.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// How long one whose socket has closed may take to end by itself, and how long one that was killed may
/// take to be gone. Memory of hundreds of megabytes is given back in a tenth of that.
const END_LIMIT: Duration = Duration::from_millis(500);

/// How often it is looked whether one is gone whose cameras wait for that.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The same once nobody waits any more.
const REAP_EVERY: Duration = Duration::from_millis(250);

/// Processes that were killed and are not gone, at a time. Each keeps its memory, so with as many the next
/// one is waited for.
const MOST_HELD: usize = 4;

/// Those of this program.
static HELD: AtomicUsize = AtomicUsize::new(0);

/// What the system says of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadState {
    /// It runs, or would if it were its turn or the disk had answered.
    pub is_runnable: bool,
    /// Processor time that it has used, in hundredths of a second.
    pub cpu_ticks: u64,
}

impl ThreadState {
    /// From `/proc/<pid>/task/<tid>/stat` (man 5 proc).
    fn parse(stat: &str) -> Option<Self> {
        // The name, in brackets, may hold anything.
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        // D: it waits for a page or a disk, which another eye would only make slower.
        let is_runnable = matches!(fields.next()?, "R" | "D");
        let mut times = fields.skip(10).map(str::parse::<u64>);
        let cpu_ticks = times.next()?.ok()? + times.next()?.ok()?;
        Some(Self { is_runnable, cpu_ticks })
    }
}

/// A process that this program has started.
#[derive(Debug)]
pub(crate) struct SystemProcess {
    id: u32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    child: Child,
    /// Once it is buried. From then on its number may be another's.
    status: Option<ExitStatus>,
    was_killed: bool,
    /// It counts as held.
    is_held: bool,
}

impl SystemProcess {
    pub(crate) fn of(child: Child) -> Self {
        let id = child.id();
        let state = State { child, status: None, was_killed: false, is_held: false };
        Self { id, state: Mutex::new(state) }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// The same, for system calls.
    pub(crate) fn pid(&self) -> Option<Pid> {
        i32::try_from(self.id).ok().and_then(Pid::from_raw)
    }

    /// How its thread of this id is doing; none if there is no such thread.
    pub(crate) fn thread_state(&self, thread_id: u32) -> Option<ThreadState> {
        let path = format!("/proc/{}/task/{thread_id}/stat", self.id);
        ThreadState::parse(&std::fs::read_to_string(path).ok()?)
    }

    /// Kills it, and what it may have started.
    pub(crate) fn kill(&self) {
        let mut state = self.lock();
        if state.status.is_none() {
            state.was_killed = true;
            let _gone = self.pid().map(|pid| kill_process_group(pid, Signal::KILL));
            drop(state.child.kill());
        }
    }

    /// Waits a moment for it to end; then kills it and waits once more, unless it was killed before. None: it
    /// is still there, and [`SystemProcess::reap`] is to be called.
    pub(crate) fn end(&self) -> io::Result<Option<ExitStatus>> {
        let was_killed = self.lock().was_killed;
        let mut status = self.gone_within(END_LIMIT)?;
        if status.is_none() && !was_killed {
            self.kill();
            status = self.gone_within(END_LIMIT)?;
        }
        if status.is_some() {
            return Ok(status);
        }
        if HELD.fetch_add(1, Ordering::Relaxed) >= MOST_HELD {
            HELD.fetch_sub(1, Ordering::Relaxed);
            return self.gone_within(Duration::MAX);
        }
        self.lock().is_held = true;
        Ok(None)
    }

    /// Waits until one that [`SystemProcess::end`] has left is gone.
    pub(crate) fn reap(&self) {
        if std::mem::take(&mut self.lock().is_held) {
            while matches!(self.look(), Ok(None)) {
                sleep(REAP_EVERY);
            }
            HELD.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn gone_within(&self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        let began = Instant::now();
        loop {
            let status = self.look()?;
            if status.is_some() || began.elapsed() >= limit {
                return Ok(status);
            }
            sleep(LOOK_EVERY);
        }
    }

    /// Whether it has ended. Others who want it killed wait no longer than this takes.
    fn look(&self) -> io::Result<Option<ExitStatus>> {
        let mut state = self.lock();
        if state.status.is_none() {
            state.status = state.child.try_wait()?;
        }
        Ok(state.status)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
