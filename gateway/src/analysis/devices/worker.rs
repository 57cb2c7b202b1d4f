//! The thread on which everything that doors and sensors say is judged.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use intake::Mailbox;
use runtime::{LONGEST_STEP, loops, metrics, utc_now};
use tracing::error;

use super::desk::{DeviceDesk, earliest};

/// How long it waits for a signal at most; each device is told of the time as often.
const TICK: Duration = Duration::from_secs(1);
/// And at least, if none comes.
const LEAST: Duration = Duration::from_millis(20);

/// The thread at work.
pub(crate) struct DeviceWorker {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl DeviceWorker {
    /// Judges what is left in `mailbox` by the pipelines of `desk` from now on.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(mailbox: Arc<Mailbox>, desk: DeviceDesk) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("devices".into());
        let thread = thread.spawn(move || {
            let beats = loops().watch("devices", LONGEST_STEP);
            let mut ticked_at = Instant::now();
            let mut wake_at = desk.pass_time(false);
            while !is_over.load(Ordering::Relaxed) {
                beats.beat();
                let until = wake_at.map_or(TICK, |wake_at| wake_at.since(utc_now()));
                let posted = mailbox.take(until.clamp(LEAST, TICK));
                let is_roused = posted.is_empty();
                wake_at = earliest(wake_at, desk.hear(posted));
                let is_tick = ticked_at.elapsed() >= TICK;
                // There are hundreds of devices. So not all are asked after each signal of one of them.
                if is_tick || is_roused || wake_at.is_some_and(|wake_at| wake_at <= utc_now()) {
                    wake_at = desk.pass_time(is_tick);
                }
                if is_tick {
                    ticked_at = Instant::now();
                    for ((device, kind), total) in mailbox.dropped() {
                        metrics::signals_dropped(&device, &kind.to_string(), total);
                    }
                }
            }
            desk.hear(mailbox.take(Duration::ZERO));
            desk.settle();
        })?;
        Ok(Self { stop, thread })
    }

    /// Judges what was said up to now, saves all, and ends.
    pub(crate) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            error!("the thread of doors and sensors had panicked");
        }
    }
}
