//! All outputs of a gateway, under one lock: what alerts and fire mean for them, and what becomes of it.

mod inner;
mod outlets;
mod reports;
mod state;

use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracing::{error, info};

use crate::news::AlertNews;
use crate::process::GuardProcess;
use crate::settings::Settings;
use crate::status::OutputStatus;
use inner::Inner;
pub use outlets::Outlets;
use state::State;

/// How often is looked whether all is let go, at the end.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// All outputs. Cheap to clone: all clones are one desk.
#[derive(Clone)]
pub struct Desk {
    inner: Arc<Inner>,
    worker: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Desk {
    /// None yet. `fire_file` keeps what is known of fire over a restart.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(outlets: Outlets, fire_file: &Path) -> io::Result<Self> {
        let state = Mutex::new(State::new(fire_file, Instant::now()));
        let inner = Arc::new(Inner { state, wake: Condvar::new(), outlets });
        let worked = Arc::clone(&inner);
        let thread = std::thread::Builder::new().name("outputs".into());
        let worker = thread.spawn(move || worked.work())?;
        Ok(Self { inner, worker: Arc::new(Mutex::new(Some(worker))) })
    }

    /// Has exactly these outputs, and tells what that changed, in words. What is gone or was edited is let
    /// go first.
    pub fn apply(&self, outputs: &[Settings]) -> Vec<String> {
        let Inner { outlets, wake, .. } = &*self.inner;
        let mut state = self.inner.state();
        let mut changes = Vec::new();
        let mut edited = state.other_than(outputs);
        edited.retain(|id| {
            let is_gone = !outputs.iter().any(|settings| settings.id == *id);
            changes.push(format!("output {id} {}", if is_gone { "removed" } else { "changed" }));
            drop(state.take_out(id, outlets, is_gone, Instant::now()));
            !is_gone
        });
        for settings in outputs {
            if state.take_in(settings, Instant::now()) && !edited.contains(&settings.id) {
                changes.push(format!("output {} added", settings.id));
            }
        }
        state.show_all(outlets, Instant::now());
        drop(state);
        wake.notify_all();
        changes
    }

    /// Hears of an alert that is in the ledger. Does not wait.
    pub fn hear(&self, news: AlertNews) {
        self.inner.state().hear(news);
        self.inner.wake.notify_all();
    }

    /// A point (`device.point`) says that there is fire, or none any more. All outputs are let go before
    /// this returns, as far as that is ours to do: a guard has its order, a topic its message.
    pub fn fire(&self, point: &str, is_on: bool) {
        let mut state = self.inner.state();
        let now = Instant::now();
        if state.fire.tell(point, is_on, now) {
            info!(point, is_on, "a fire alarm concerns all outputs");
            state.let_all_go(&self.inner.outlets, now);
            self.inner.wake.notify_all();
        }
    }

    /// A door was released by the fire alarm: as [`Desk::fire`], without an end of its own.
    pub fn fire_release(&self) {
        let mut state = self.inner.state();
        let now = Instant::now();
        state.fire.tell_of_release(now);
        state.let_all_go(&self.inner.outlets, now);
        self.inner.wake.notify_all();
    }

    /// Every output as it is, by id.
    #[must_use]
    pub fn all(&self) -> Vec<OutputStatus> {
        self.inner.state().statuses(&self.inner.outlets, Instant::now())
    }

    /// Lets all go, writes that down, and ends. Waits `grace` at most; a guard that cannot let go tries on.
    pub fn stop(&self, grace: Duration) {
        let deadline = Instant::now() + grace;
        let guards: Vec<Arc<GuardProcess>> = {
            let mut state = self.inner.state();
            state.is_stopping = true;
            let (ids, now) = (state.other_than(&[]), Instant::now());
            ids.iter()
                .filter_map(|id| state.take_out(id, &self.inner.outlets, false, now))
                .collect()
        };
        let left = guards.iter().filter(|guard| !guard.ends_by(deadline)).count();
        if left > 0 {
            error!(left, "outputs could not be let go yet; their guards go on trying");
        }
        while self.inner.state().has_leaving() && Instant::now() < deadline {
            std::thread::sleep(LOOK_EVERY);
        }
        self.inner.state().is_over = true;
        self.inner.wake.notify_all();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if worker.is_some_and(|worker| worker.join().is_err()) {
            error!("the thread of the outputs had panicked");
        }
    }
}

#[cfg(test)]
mod tests;
