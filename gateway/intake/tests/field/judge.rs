//! Whoever takes the signals out of the mailbox and settles their receipts, as the gateway does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use intake::Mailbox;
use scene::{Reading, Signal, SignalKind, SignalValue};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A busy machine may take its time; a test that waits longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Takes all signals until it is dropped.
pub(crate) struct Judge {
    heard: mpsc::Receiver<Signal>,
    keeps: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

impl Judge {
    /// Of all that is posted into `mailbox`.
    pub(crate) fn of(mailbox: &Arc<Mailbox>) -> Self {
        let (sender, heard) = mpsc::channel(100_000);
        let (keeps, ended) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicBool::new(false)));
        let (mailbox, keeping, ending) = (Arc::clone(mailbox), keeps.clone(), ended.clone());
        std::thread::spawn(move || {
            while !ending.load(Ordering::Relaxed) {
                for posted in mailbox.take(Duration::from_millis(20)) {
                    if keeping.load(Ordering::SeqCst) {
                        posted.voucher.kept();
                        // The test may have ended.
                        drop(sender.blocking_send(posted.signal));
                    }
                }
            }
        });
        Self { heard, keeps, ended }
    }

    /// Whether what it takes is kept, from now on. What is not kept is lost: it is not heard here.
    pub(crate) fn keep(&self, keeps: bool) {
        self.keeps.store(keeps, Ordering::SeqCst);
    }

    /// The next signal that is no sign of life of a device.
    pub(crate) async fn next(&mut self) -> Signal {
        loop {
            let signal = timeout(PATIENCE, self.heard.recv()).await;
            let signal = signal.expect("a signal comes").expect("the judge lives");
            if &*signal.source().point != intake::DEVICE_POINT {
                return signal;
            }
        }
    }

    /// The next signal of a point.
    pub(crate) async fn next_of(&mut self, point: &str) -> Reading {
        loop {
            let signal = self.next().await;
            if &*signal.source().point == point {
                return signal.reading();
            }
        }
    }

    /// All signals that have come by now, in short.
    pub(crate) fn so_far(&mut self) -> Vec<(String, SignalKind, Reading)> {
        let mut all = Vec::new();
        while let Ok(signal) = self.heard.try_recv() {
            if &*signal.source().point != intake::DEVICE_POINT {
                all.push((signal.source().point.to_string(), signal.kind(), signal.reading()));
            }
        }
        all
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    let held = timeout(PATIENCE, async {
        while !holds() {
            looks.tick().await;
        }
    });
    held.await.unwrap_or_else(|_| panic!("never: {what}"));
}

pub(crate) fn number(value: f64) -> Reading {
    Reading::Good(SignalValue::Number(value))
}

pub(crate) fn flag(value: bool) -> Reading {
    Reading::Good(SignalValue::Flag(value))
}
