//! What the guard does with its coils: holds them for a time, and lets go until that is read back.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use crate::coils::{CoilFault, Coils};
use crate::protocol::{Cause, Order, Report};
use crate::settings::MOST_HOLD;

/// After a release that failed, the next one.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// So long it tries to let go once nobody tells it anything any more.
const LONGEST_ALONE: Duration = Duration::from_mins(10);

/// The guard's hands.
pub(super) struct Hands<T> {
    coils: Coils,
    tell: T,
    held_until: Option<Instant>,
    /// It must let go: why, and when it tries next.
    owes: Option<(Cause, Instant)>,
    /// That it must and cannot is told once.
    is_told: bool,
}

impl<T: FnMut(Report)> Hands<T> {
    /// It lets go first: an earlier guard may have been killed.
    pub(super) fn new(coils: Coils, tell: T) -> Self {
        let owes = Some((Cause::Start, Instant::now()));
        Self { coils, tell, held_until: None, owes, is_told: false }
    }

    /// Until `orders` or `stop` end, and nothing is held any more.
    pub(super) async fn hold(
        mut self,
        mut orders: Receiver<Order>,
        stop: impl Future<Output = ()>,
    ) {
        let mut stop = pin!(stop);
        let mut alone_since = None;
        loop {
            let is_alone = alone_since.is_some();
            if is_alone && self.owes.is_none() {
                return;
            }
            if alone_since.is_some_and(|since: Instant| since.elapsed() >= LONGEST_ALONE) {
                return;
            }
            let owes_at = self.owes.map(|(_, at)| at);
            tokio::select! {
                biased;
                order = orders.recv(), if !is_alone => match order {
                    Some(Order::Hold { number, millis }) => {
                        self.take(number, Duration::from_millis(millis), &mut orders).await;
                    }
                    Some(Order::Release) => self.must_release(Cause::Told),
                    Some(Order::Guard(_)) | None => {
                        alone_since = Some(Instant::now());
                        self.must_release(Cause::Gone);
                    }
                },
                () = &mut stop, if !is_alone => {
                    alone_since = Some(Instant::now());
                    self.must_release(Cause::Gone);
                }
                () = at(owes_at) => self.release().await,
                () = at(self.held_until) => self.must_release(Cause::Time),
            }
        }
    }

    /// Holds, unless it owes a release. An order that comes meanwhile ends the attempt.
    async fn take(&mut self, number: u64, lasts: Duration, orders: &mut Receiver<Order>) {
        if self.owes.is_some() {
            let why = "it has not let go since the last time".to_owned();
            (self.tell)(Report::Failed { number, why });
            return;
        }
        // Before it is written: an answer that is lost may hide a coil that is on. And from here on the time
        // counts.
        self.held_until = Some(Instant::now() + lasts.min(MOST_HOLD));
        let coils = self.coils.clone();
        let outcome = tokio::select! {
            biased;
            _order = orders.recv() => {
                self.must_release(Cause::Told);
                let why = "it was told to let go before it was held".to_owned();
                (self.tell)(Report::Failed { number, why });
                return;
            }
            outcome = coils.put(true) => outcome,
        };
        match outcome {
            Ok(()) => (self.tell)(Report::Held { number }),
            Err(fault) => {
                self.must_release(Cause::Fault);
                (self.tell)(Report::Failed { number, why: fault.to_string() });
            }
        }
    }

    /// Nothing to let go is nothing to do.
    fn must_release(&mut self, cause: Cause) {
        if self.held_until.take().is_some() {
            self.owes = Some((cause, Instant::now()));
            self.is_told = false;
        }
    }

    async fn release(&mut self) {
        let Some((cause, _)) = self.owes else { return };
        match self.coils.put(false).await {
            Ok(()) => {
                self.owes = None;
                self.is_told = false;
                (self.tell)(Report::Released { cause });
            }
            Err(fault) => {
                self.owes = Some((cause, Instant::now() + AGAIN_AFTER));
                self.tell_of(&fault);
            }
        }
    }

    fn tell_of(&mut self, fault: &CoilFault) {
        if !std::mem::replace(&mut self.is_told, true) {
            (self.tell)(Report::Owing { why: fault.to_string() });
        }
    }
}

/// At this time; never, if there is none.
async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
