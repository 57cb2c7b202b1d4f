//! What a simulated door remembers, and what is wrong with it at the moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;

use super::happening::Happening;
use super::tongue::Remembered;

/// Shared by the door and all who listen to it.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

/// The door's state.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) history: Vec<Remembered>,
    /// Events that a listener has got, as far as the door can tell.
    pub(super) delivered: usize,
    pub(super) next_serial: u64,
    /// The next event is cut in its middle, and its connection with it.
    pub(super) cuts_next: bool,
    /// Listeners that came before so many others have their connections broken off.
    pub(super) broken_before: usize,
    /// Listeners that came before so many others are told nothing any more; their connections stay.
    pub(super) silent_before: usize,
    pub(super) reboots: i64,
    pub(super) listeners: usize,
    pub(super) attaches: usize,
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), changed: watch::Sender::new(0) }
    }

    /// Changes the state and wakes all who listen.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.send_modify(|version| *version += 1);
        result
    }

    /// Reads the state, or notes what nobody waits for.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

impl State {
    pub(super) fn remember(&mut self, happening: Happening, at: Timestamp) -> Remembered {
        self.next_serial += 1;
        let event = Remembered { happening, at, serial: self.next_serial };
        self.history.push(event);
        event
    }
}
