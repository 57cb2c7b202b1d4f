//! Where the tasks of the devices leave signals for the thread of the assessors.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use scene::{Signal, SignalKind, SignalSource};

use crate::receipt::{self, Receipt, Voucher};
use crate::weight::Weight;

/// Signals that wait at most: ten seconds of a hundred chatty points, about 150 kB.
pub const CAPACITY: usize = 1_024;

/// A bounded queue of signals, in the order of their arrival.
///
/// If it is full, one signal is dropped and counted: of the least `Weight` there is, the oldest of the
/// busiest point. So readings that the next one replaces go first, and what happened at a door last, and
/// among equals a chattering device displaces what it says itself.
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
    /// How many of each weight each point has.
    waiting: BTreeMap<Weight, BTreeMap<SignalSource, usize>>,
    dropped: Dropped,
    /// Whoever waits for a signal is to look after the devices first.
    is_roused: bool,
}

/// How many signals were dropped since the start, by device and kind.
pub type Dropped = BTreeMap<(Arc<str>, SignalKind), u64>;

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
        let of_weight = queue.waiting.entry(Weight::of(&signal)).or_default();
        *of_weight.entry(signal.source().clone()).or_default() += 1;
        queue.signals.push_back(Posted { signal, voucher });
        if queue.signals.len() > self.capacity {
            queue.drop_one();
        }
        self.posted.notify_one();
        receipt
    }

    /// Ends the waiting for a signal, now or the next time: what is remembered of a device must be saved.
    pub(crate) fn rouse(&self) {
        self.lock().is_roused = true;
        self.posted.notify_one();
    }

    /// All signals that wait; if there are none, waits for one, up to `patience`.
    pub fn take(&self, patience: Duration) -> Vec<Posted> {
        let is_idle = |queue: &mut Queue| queue.signals.is_empty() && !queue.is_roused;
        let waited = self.posted.wait_timeout_while(self.lock(), patience, is_idle);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.is_roused = false;
        queue.waiting.clear();
        queue.signals.drain(..).collect()
    }

    /// What was dropped since the start.
    #[must_use]
    pub fn dropped(&self) -> Dropped {
        self.lock().dropped.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // A thread that panicked here left at worst a count that is one off.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn drop_one(&mut self) {
        let Some(mut lightest) = self.waiting.first_entry() else { return };
        let weight = *lightest.key();
        let of_weight = lightest.get_mut();
        let most = of_weight.values().copied().max().unwrap_or(0);
        let is_it = |Posted { signal, .. }: &Posted| {
            Weight::of(signal) == weight && of_weight.get(signal.source()) == Some(&most)
        };
        let oldest = self.signals.iter().position(is_it);
        let Some(Posted { signal, .. }) = oldest.and_then(|at| self.signals.remove(at)) else {
            return;
        };
        if most > 1 {
            of_weight.insert(signal.source().clone(), most - 1);
        } else {
            of_weight.remove(signal.source());
        }
        if of_weight.is_empty() {
            lightest.remove();
        }
        let device = Arc::clone(&signal.source().device);
        let dropped = self.dropped.entry((device, signal.kind())).or_default();
        *dropped = dropped.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use scene::{CaptureTime, Clock, ClockSource, Reading, Signal, SignalKind, SignalSource};

    use super::Mailbox;

    fn signal(point: &str, second: i64) -> Signal {
        of_kind(SignalKind::Tamper, point, second)
    }

    fn of_kind(kind: SignalKind, point: &str, second: i64) -> Signal {
        let source = SignalSource { device: "panel".into(), point: point.into() };
        let at = CaptureTime::from_unix_micros(second * 1_000_000);
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        Signal::new(source, kind, Reading::Bad, at, clock).unwrap()
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
        assert_eq!(mailbox.dropped(), [(("panel".into(), SignalKind::Tamper), 2)].into());
        let left = [signal("door", 0), signal("sensor", 3), signal("sensor", 4), signal("door", 5)];
        assert_eq!(taken(&mailbox), left);
        assert_eq!(taken(&mailbox), []);
        for (second, point) in ["d", "c", "b", "a", "e"].into_iter().enumerate() {
            mailbox.post(signal(point, second as i64));
        }
        assert_eq!(&*taken(&mailbox)[0].source().point, "c", "all are equally busy: the oldest");
    }

    #[test]
    fn readings_are_dropped_before_states_and_what_happened_last() {
        use SignalKind::{DoorContact, DoorEvent, Heartbeat, Smoke, Temperature};
        let mailbox = Mailbox::new(5);
        // The door is the busiest point, and was first.
        (0..3).for_each(|second| drop(mailbox.post(of_kind(DoorEvent, "door", second))));
        mailbox.post(of_kind(Smoke, "hall", 3));
        mailbox.post(of_kind(DoorContact, "door", 4));
        mailbox.post(of_kind(Temperature, "cable", 5));
        mailbox.post(of_kind(Heartbeat, "device", 6));
        let kinds = |mailbox: &Mailbox| taken(mailbox).iter().map(Signal::kind).collect::<Vec<_>>();
        mailbox.post(of_kind(DoorEvent, "door", 7));
        let dropped = mailbox.dropped();
        let count = |kind| dropped.get(&(Arc::from("panel"), kind)).copied();
        assert_eq!([Temperature, Heartbeat, DoorContact].map(count), [Some(1); 3], "{dropped:?}");
        assert_eq!([DoorEvent, Smoke].map(count), [None; 2], "{dropped:?}");
        assert_eq!(kinds(&mailbox), [DoorEvent, DoorEvent, DoorEvent, Smoke, DoorEvent]);
        (0..6).for_each(|second| drop(mailbox.post(of_kind(DoorEvent, "door", second))));
        mailbox.post(of_kind(Temperature, "cable", 6));
        assert_eq!(kinds(&mailbox), [DoorEvent; 5], "a reading displaces no event");
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
