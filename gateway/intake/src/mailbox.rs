//! Where the tasks of the devices leave signals for the thread of the assessors.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use scene::{Signal, SignalSource};

use crate::receipt::{self, Receipt, Voucher};

/// Signals that wait at most: ten seconds of a hundred chatty points, about 150 kB.
pub const CAPACITY: usize = 1_024;

/// A bounded queue of signals, in the order of their arrival.
///
/// If it is full, the oldest signal of the busiest point is dropped and counted. A chattering sensor
/// thus displaces its own readings, and no event of a quiet door.
#[derive(Debug)]
pub struct Mailbox {
    capacity: usize,
    queue: Mutex<Queue>,
    posted: Condvar,
}

/// A signal that waited, and the voucher by which its device hears what became of it.
#[derive(Debug)]
pub struct Posted {
    /// The signal.
    pub signal: Signal,
    /// To be settled once what follows from the signal is on disk.
    pub voucher: Voucher,
}

#[derive(Debug, Default)]
struct Queue {
    signals: VecDeque<Posted>,
    /// How many of them each point has.
    waiting: BTreeMap<SignalSource, usize>,
    dropped: u64,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl Mailbox {
    /// An empty one for `capacity` signals, at least 1.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), queue: Mutex::default(), posted: Condvar::new() }
    }

    /// Leaves a signal; never waits for room. Whoever gets the device's acknowledgement waits for the
    /// receipt first.
    pub fn post(&self, signal: Signal) -> Receipt {
        let (receipt, voucher) = receipt::pair();
        let mut queue = self.lock();
        *queue.waiting.entry(signal.source().clone()).or_default() += 1;
        queue.signals.push_back(Posted { signal, voucher });
        if queue.signals.len() > self.capacity {
            queue.drop_one();
        }
        self.posted.notify_one();
        receipt
    }

    /// All signals that wait; if there are none, waits for one, up to `patience`.
    pub fn take(&self, patience: Duration) -> Vec<Posted> {
        let waited =
            self.posted.wait_timeout_while(self.lock(), patience, |queue| queue.signals.is_empty());
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.waiting.clear();
        queue.signals.drain(..).collect()
    }

    /// How many signals were dropped since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A thread that panicked here left at worst a count that is one off.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn drop_one(&mut self) {
        let most = self.waiting.values().copied().max().unwrap_or(0);
        let is_busy = |posted: &Posted| self.waiting.get(posted.signal.source()) == Some(&most);
        let oldest = self.signals.iter().position(is_busy);
        let Some(Posted { signal, .. }) = oldest.and_then(|at| self.signals.remove(at)) else {
            return;
        };
        if most > 1 {
            self.waiting.insert(signal.source().clone(), most - 1);
        } else {
            self.waiting.remove(signal.source());
        }
        self.dropped = self.dropped.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scene::{CaptureTime, Clock, ClockSource, Reading, Signal, SignalKind, SignalSource};

    use super::Mailbox;

    fn signal(point: &str, second: i64) -> Signal {
        let source = SignalSource { device: "panel".into(), point: point.into() };
        let at = CaptureTime::from_unix_micros(second * 1_000_000);
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        Signal::new(source, SignalKind::Tamper, Reading::Bad, at, clock).unwrap()
    }

    fn taken(mailbox: &Mailbox) -> Vec<Signal> {
        mailbox.take(Duration::ZERO).into_iter().map(|posted| posted.signal).collect()
    }

    #[tokio::test]
    async fn a_full_mailbox_drops_the_oldest_of_the_busiest_point() {
        let mailbox = Mailbox::new(4);
        mailbox.post(signal("door", 0));
        let first = mailbox.post(signal("sensor", 1));
        (2..=4).for_each(|second| drop(mailbox.post(signal("sensor", second))));
        assert!(!first.is_kept().await, "its device hears that it was dropped");
        mailbox.post(signal("door", 5));
        assert_eq!(mailbox.dropped(), 2);
        let left = [signal("door", 0), signal("sensor", 3), signal("sensor", 4), signal("door", 5)];
        assert_eq!(taken(&mailbox), left);
        assert_eq!(taken(&mailbox), []);
        for (second, point) in ["d", "c", "b", "a", "e"].into_iter().enumerate() {
            mailbox.post(signal(point, second as i64));
        }
        assert_eq!(&*taken(&mailbox)[0].source().point, "c", "all are equally busy: the oldest");
    }

    #[test]
    fn a_thread_that_waits_is_woken_by_the_first_signal() {
        let mailbox = Mailbox::default();
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| mailbox.take(Duration::from_mins(1)));
            mailbox.post(signal("door", 0));
            assert_eq!(reader.join().unwrap()[0].signal, signal("door", 0));
        });
    }
}
