//! A future that must leave its thread to others.
//!
//! All sessions share one thread. A camera that makes one of them work without end would blind the others, and so
//! would several that each keep below what one may take. So the time of each is measured, and that of all
//! together: processor time, because a loaded machine is no camera's fault.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use runtime::thread_time;
use tokio::time::Instant;

/// How much work sessions may make.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Over this span work is summed up.
    span: Duration,
    /// One session's work in a span.
    alone: Duration,
    /// The work of all sessions of a thread in a span. Beyond it the one that has worked most is sent away, ...
    together: Duration,
    /// ... if it has worked so much: what is more than this is more than the pictures of most cameras need.
    modest: Duration,
}

/// A session may take ten times what any camera's pictures need. All sessions leave three tenths of their thread to
/// what else it does, and to a moment in which much comes at once.
const LIMITS: Limits = Limits {
    span: Duration::from_secs(1),
    alone: Duration::from_millis(500),
    together: Duration::from_millis(700),
    modest: Duration::from_millis(50),
};

thread_local! {
    /// What the sessions of this thread have worked in the present span.
    static WORK: RefCell<Work> = RefCell::default();
}

/// The work of several sessions in a span.
#[derive(Debug, Default)]
struct Work {
    since: Option<Instant>,
    of_each: BTreeMap<u64, Duration>,
    /// The next session's number.
    next: u64,
}

impl Work {
    fn enter(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Adds work of the session `number`; whether that must go.
    fn add(&mut self, number: u64, work: Duration, limits: &Limits) -> bool {
        let now = Instant::now();
        if self.since.is_none_or(|since| now.duration_since(since) >= limits.span) {
            self.of_each.clear();
            self.since = Some(now);
        }
        let own = self.of_each.entry(number).or_default();
        *own += work;
        let own = *own;
        own > limits.alone || own > limits.modest && self.is_most(own, limits.together)
    }

    /// Whether nobody has worked more than `own`, where all have worked too much.
    fn is_most(&self, own: Duration, together: Duration) -> bool {
        let sum: Duration = self.of_each.values().sum();
        sum > together && self.of_each.values().all(|other| *other <= own)
    }

    /// Who has gone makes nobody else go.
    fn leave(&mut self, number: u64) {
        self.of_each.remove(&number);
    }
}

/// The future took more than its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Greedy;

/// Runs a future until it ends or takes more than its share.
pub(crate) struct Share<F> {
    inner: Pin<Box<F>>,
    number: u64,
    limits: Limits,
}

impl<F: Future> Share<F> {
    /// Watches over `future`.
    pub(crate) fn new(future: F) -> Self {
        Self::limited(future, LIMITS)
    }

    fn limited(future: F, limits: Limits) -> Self {
        let number = WORK.with_borrow_mut(Work::enter);
        Self { inner: Box::pin(future), number, limits }
    }
}

impl<F: Future> Future for Share<F> {
    type Output = Result<F::Output, Greedy>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let before = thread_time();
        if let Poll::Ready(output) = self.inner.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        let work = thread_time().saturating_sub(before);
        let (number, limits) = (self.number, self.limits);
        match WORK.with_borrow_mut(|all| all.add(number, work, &limits)) {
            true => Poll::Ready(Err(Greedy)),
            false => Poll::Pending,
        }
    }
}

impl<F> Drop for Share<F> {
    fn drop(&mut self) {
        // A thread that ends has forgotten already.
        let _forgotten = WORK.try_with(|all| {
            if let Ok(mut all) = all.try_borrow_mut() {
                all.leave(self.number);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However slowly a loaded machine goes, this span is not over.
    const LONG: Duration = Duration::from_mins(10);

    fn limits(alone_ms: u64) -> Limits {
        let [alone, modest] = [alone_ms, 10].map(Duration::from_millis);
        Limits { span: LONG, alone, together: Duration::from_millis(180), modest }
    }

    async fn work(share: Duration, pieces: u32) {
        for _ in 0..pieces {
            let until = thread_time() + share;
            while thread_time() < until {
                std::hint::spin_loop();
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test]
    async fn what_works_without_end_is_cut_and_what_rests_is_not() {
        let modest = Share::limited(work(Duration::from_micros(200), 100), limits(100)).await;
        assert_eq!(modest, Ok(()));
        let greedy = Share::limited(work(Duration::from_millis(20), 100), limits(100)).await;
        assert_eq!(greedy, Err(Greedy));
        // What was done in a span before does not count.
        let short = Limits { span: Duration::ZERO, ..limits(100) };
        let rested = Share::limited(work(Duration::from_millis(2), 100), short).await;
        assert_eq!(rested, Ok(()));
    }

    #[tokio::test]
    async fn several_that_each_keep_below_the_limit_are_cut_until_the_rest_fits() {
        for hostile in [2, 8] {
            // Together they want to work for 240 ms, where 180 are allowed, and none for as long as one alone may.
            let each = Duration::from_millis(240 / hostile);
            let greedy = (0..hostile)
                .map(|_| Share::limited(work(each / 20, 20), limits(1_000)))
                .collect::<Vec<_>>();
            let modest = (0..8)
                .map(|_| Share::limited(work(Duration::from_micros(20), 100), limits(1_000)))
                .collect::<Vec<_>>();
            let before = thread_time();
            let (greedy, modest) =
                tokio::join!(futures::future::join_all(greedy), futures::future::join_all(modest));
            let cut = greedy.iter().filter(|ended| ended.is_err()).count();
            let took = thread_time().saturating_sub(before);
            assert!(cut > 0 && cut < greedy.len(), "{cut} of {hostile} were cut, in {took:?}");
            assert!(modest.iter().all(Result::is_ok), "of {hostile}: {modest:?}");
        }
    }
}
