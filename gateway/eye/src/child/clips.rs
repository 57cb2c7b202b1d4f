//! Clips under way: once the time of a clip has passed, it is cut from its camera's ring, on a thread
//! of its own.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camera::SharedRing;
use runtime::metrics;
use scene::CaptureTime;

use super::reports::Reports;
use super::seats::SeatAtWork;
use crate::clip::write_mp4;
use crate::logbook::Page;
use crate::protocol::{Clip, ClipOrder, Report};

/// How often clips under way are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The clips under way. Cheap to clone: all clones are one list.
#[derive(Clone)]
pub(crate) struct Clips {
    reports: Reports,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    under_way: VecDeque<Job>,
    closed: bool,
}

/// One clip to be cut.
struct Job {
    number: u64,
    seat: Arc<SeatAtWork>,
    ring: SharedRing,
    span: (CaptureTime, CaptureTime),
    give_up_at: Instant,
}

impl Clips {
    /// None yet.
    pub(crate) fn new(reports: Reports) -> Self {
        Self { reports, shared: Arc::default() }
    }

    /// Takes an order for a clip of `seat`.
    pub(crate) fn order(&self, order: &ClipOrder, seat: Option<Arc<SeatAtWork>>) {
        let found = seat.and_then(|seat| Some((seat.ring()?, seat)));
        let Some((ring, seat)) = found else {
            return self.answer(order.job, Err("the camera keeps no footage".to_owned()));
        };
        ring.lock().pin(order.span().0);
        let give_up_at = Instant::now() + order.patience;
        let job = Job { number: order.job, seat, ring, span: order.span(), give_up_at };
        self.lock().under_way.push_back(job);
        self.shared.changed.notify_one();
    }

    /// Cuts clips until [`Clips::close`].
    pub(crate) fn work(&self, page: &Page) {
        loop {
            let mut state = self.lock();
            while state.under_way.is_empty() && !state.closed {
                state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed {
                return;
            }
            let (due, waiting): (VecDeque<_>, _) = state.under_way.drain(..).partition(Job::is_due);
            state.under_way = waiting;
            if due.is_empty() {
                let waited = self.shared.changed.wait_timeout(state, LOOK_EVERY);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            drop(state);
            for job in due {
                let cut = AssertUnwindSafe(|| job.cut(page));
                let clip = page.note(job.seat.camera, || catch_unwind(cut));
                let fault = |_panic| Err("a fault of the program met this clip; report it".into());
                self.answer(job.number, clip.unwrap_or_else(fault));
            }
        }
    }

    /// Ends the work. Clips that are not whole yet are not cut.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }

    fn answer(&self, job: u64, clip: Result<Clip, String>) {
        self.reports.send(&Report::Clip { job, clip });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    fn is_due(&self) -> bool {
        let (_, to) = self.span;
        let is_whole = self.ring.lock().latest_at().is_some_and(|latest| latest >= to);
        // A camera whose picture has become private shows nothing more.
        is_whole || Instant::now() >= self.give_up_at || self.seat.ring().is_none()
    }

    fn cut(&self, page: &Page) -> Result<Clip, String> {
        let (from, to) = self.span;
        let footage = {
            let mut ring = self.ring.lock();
            let footage = ring.cut(from, to);
            ring.unpin(from);
            metrics::clip_ring(&self.seat.name, ring.held_bytes());
            footage
        };
        if self.seat.ring().is_none() {
            return Err("part of the picture has become private".to_owned());
        }
        #[cfg(debug_assertions)]
        super::harm::befall("clips", &self.seat.name);
        let footage = footage.ok_or("the camera's ring holds no picture of that time")?;
        write_mp4(&footage, |bytes| page.go_on_with(bytes)).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests;
