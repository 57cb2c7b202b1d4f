//! How others reach the adapter's thread: to wake it, and to end it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use tracing::warn;

/// What others tell the thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// New rows lie in the ledger.
    Wake,
    Stop,
}

/// The adapter at work. Dropping it ends it after its present call; the cursor keeps its place.
#[derive(Debug)]
pub(crate) struct EgovaHandle {
    signals: SyncSender<Signal>,
    ended: Receiver<()>,
}

/// Wakes the adapter; cheap, for any thread.
#[derive(Debug, Clone)]
pub(crate) struct EgovaWaker(SyncSender<Signal>);

impl EgovaWaker {
    /// New rows lie in the ledger.
    pub(crate) fn wake(&self) {
        // Full: it is awake already, or about to stop.
        let _awake = self.0.try_send(Signal::Wake);
    }
}

impl EgovaHandle {
    /// `signals` go to the thread; `ended` hears of its end.
    pub(super) fn new(signals: SyncSender<Signal>, ended: Receiver<()>) -> Self {
        Self { signals, ended }
    }

    /// To wake the adapter from other threads.
    pub(crate) fn waker(&self) -> EgovaWaker {
        EgovaWaker(self.signals.clone())
    }

    /// Ends it, and waits for its present call for `grace` at most: what that call leaves undone is
    /// done again by the next run.
    pub(crate) fn shutdown(self, grace: Duration) {
        let until = Instant::now() + grace;
        while self.signals.try_send(Signal::Stop).is_err() && Instant::now() < until {
            if self.ended.recv_timeout(Duration::from_millis(20)).is_ok() {
                return;
            }
        }
        let left = until.saturating_duration_since(Instant::now());
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(left) {
            warn!("the eGova adapter is left behind in its call; the next run repeats it");
        }
    }
}
