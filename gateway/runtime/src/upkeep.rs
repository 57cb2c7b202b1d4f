//! Upkeep: the one place that says when something old may be removed.
//!
//! What a wrong clock deletes is gone for good, so the wall clock is held against the monotonic one
//! first. Each store removes only what is past its own term, a little at a time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use scene::CaptureTime;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::clock::utc_now;
use crate::metrics;
use crate::steadiness::Steadiness;

/// How often the stores are looked through; what they keep is counted in days.
const LOOK_EVERY: Duration = Duration::from_mins(10);

/// Things removed from one store at a time: few enough that no other user of it waits long.
const AT_ONCE: usize = 200;

/// The pause before a store with more to remove is asked again.
const GO_ON_AFTER: Duration = Duration::from_secs(5);

/// Removes what is past its term at this time, the oldest first, and at most this many things.
/// Gives how many it removed.
type Prune<E> = Box<dyn FnMut(CaptureTime, usize) -> Result<usize, E> + Send>;

/// All stores whose old things are removed. `E` is a fault after which the gateway cannot go on.
pub struct Upkeep<E> {
    clock: Steadiness,
    stores: Vec<(&'static str, Prune<E>)>,
}

impl<E> Upkeep<E> {
    /// Without stores. Nothing is old before `clock` is believed.
    pub fn new(clock: Steadiness) -> Self {
        Self { clock, stores: Vec::new() }
    }

    /// Adds a store; `what` it keeps is told when something is removed.
    ///
    /// `prune` gets the present time and the most things to remove. It removes what is past its
    /// term at that time, the oldest first, and gives how many things it removed. A fault that can
    /// pass is none: the next look tries again.
    #[must_use]
    pub fn with(
        mut self,
        what: &'static str,
        prune: impl FnMut(CaptureTime, usize) -> Result<usize, E> + Send + 'static,
    ) -> Self {
        self.stores.push((what, Box::new(prune)));
        self
    }

    /// Removes a little of what is old, if the clock can be believed; gives whether there is more.
    ///
    /// # Errors
    /// The first fault of a store.
    pub fn look(&mut self) -> Result<bool, E> {
        self.look_at(Instant::now(), utc_now())
    }

    /// As [`Upkeep::look`], at the instant `now`, when the wall clock says `wall`.
    ///
    /// # Errors
    /// As [`Upkeep::look`].
    pub fn look_at(&mut self, now: Instant, wall: CaptureTime) -> Result<bool, E> {
        metrics::upkeep_looked();
        let Some(present) = self.clock.at(now, wall) else { return Ok(false) };
        let mut more = false;
        for (what, prune) in &mut self.stores {
            // A store that panics keeps what it has until the next look; the others lose nothing.
            let Ok(pruned) = catch_unwind(AssertUnwindSafe(|| prune(present, AT_ONCE))) else {
                metrics::upkeep_failed(what);
                error!(what, "old things are not removed: a fault of the gateway; report it");
                continue;
            };
            let removed = pruned?;
            if removed > 0 {
                info!(what, removed, "old things removed");
            }
            more |= removed >= AT_ONCE;
        }
        Ok(more)
    }
}

impl<E: Send + 'static> Upkeep<E> {
    /// Looks through all stores until `shutdown`.
    ///
    /// # Errors
    /// As [`Upkeep::look`].
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), E> {
        loop {
            let looking = tokio::task::spawn_blocking(move || (self.look(), self));
            let Ok((looked, upkeep)) = looking.await else {
                error!("old things are no longer removed: a fault of the gateway; report it");
                return Ok(());
            };
            self = upkeep;
            let pause = if looked? { GO_ON_AFTER } else { LOOK_EVERY };
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                () = tokio::time::sleep(pause) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn a_clock_step_removes_nothing_from_any_store() {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let store = |name: &'static str| {
            let asked = Arc::clone(&asked);
            move |wall, _| {
                asked.lock().unwrap().push((name, wall));
                Ok(0)
            }
        };
        let mut upkeep: Upkeep<()> = Upkeep::new(Steadiness::new(HOUR * 6))
            .with("alerts", store("alerts"))
            .with("pictures", store("pictures"));
        let (start, wall) = (Instant::now(), utc_now());
        let mut look = |hours: u32, ahead: Duration| {
            let told = wall.after(HOUR * hours + ahead);
            upkeep.look_at(start + HOUR * hours, told).unwrap();
            let asked = std::mem::take(&mut *asked.lock().unwrap());
            let right = wall.after(HOUR * hours).unix_micros();
            let is_right = |at: &CaptureTime| at.unix_micros().abs_diff(right) < 60_000_000;
            assert!(asked.iter().all(|(_, at)| is_right(at)), "one time for all, and the true one");
            asked.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        let year = HOUR * 24 * 400;
        assert!(look(1, Duration::ZERO).is_empty(), "the clock is not known yet");
        assert_eq!(look(7, Duration::ZERO), ["alerts", "pictures"]);
        assert!(look(8, year).is_empty(), "it jumped");
        assert!(look(9, year).is_empty());
        assert!(look(10, Duration::ZERO).is_empty(), "and back");
        assert_eq!(look(16, Duration::ZERO), ["alerts", "pictures"]);
    }

    #[test]
    fn a_store_with_more_to_remove_is_asked_again_soon_and_a_fault_ends_the_look() {
        let mut left = AT_ONCE + 1;
        let mut upkeep: Upkeep<&str> =
            Upkeep::new(Steadiness::new(Duration::ZERO)).with("things", move |_, most| {
                let removed = left.min(most);
                left -= removed;
                Ok(removed)
            });
        assert_eq!(upkeep.look(), Ok(true));
        assert_eq!(upkeep.look(), Ok(false));
        let mut upkeep = upkeep.with("broken", |_, _| Err("broken"));
        assert_eq!(upkeep.look(), Err("broken"));
    }

    #[test]
    fn a_store_that_panics_stops_no_other_and_is_asked_again() {
        let asked = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&asked);
        let mut times = 0;
        let mut upkeep: Upkeep<()> = Upkeep::new(Steadiness::new(Duration::ZERO))
            .with("broken", move |_, _| {
                times += 1;
                assert!(times > 1, "the first time");
                Ok(AT_ONCE)
            })
            .with("things", move |_, _| {
                *counted.lock().unwrap() += 1;
                Ok(0)
            });
        assert_eq!(upkeep.look(), Ok(false));
        assert_eq!(*asked.lock().unwrap(), 1);
        assert_eq!(upkeep.look(), Ok(true), "it works again");
    }
}
