//! A future that must leave its thread to others.
//!
//! All sessions share one thread. A camera that makes one of them work without end would blind the others,
//! so the time of each is measured: processor time, because a loaded machine is no camera's fault.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

/// Over this span the work of a session is summed up.
const SPAN: Duration = Duration::from_secs(1);

/// More work than this in a span is more than any camera's pictures need, by a factor of ten.
const MOST_WORK: Duration = Duration::from_millis(500);

/// The future took more than its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Greedy;

/// Runs a future until it ends or takes more than its share.
pub(crate) struct Share<F> {
    inner: Pin<Box<F>>,
    since: Instant,
    worked: Duration,
    most_work: Duration,
    span: Duration,
}

impl<F: Future> Share<F> {
    /// Watches over `future`.
    pub(crate) fn new(future: F) -> Self {
        Self::limited(future, MOST_WORK, SPAN)
    }

    fn limited(future: F, most_work: Duration, span: Duration) -> Self {
        let (since, worked) = (Instant::now(), Duration::ZERO);
        Self { inner: Box::pin(future), since, worked, most_work, span }
    }
}

impl<F: Future> Future for Share<F> {
    type Output = Result<F::Output, Greedy>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let before = thread_time();
        if let Poll::Ready(output) = self.inner.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        self.worked += thread_time().saturating_sub(before);
        if self.worked > self.most_work {
            return Poll::Ready(Err(Greedy));
        }
        if self.since.elapsed() >= self.span {
            (self.since, self.worked) = (Instant::now(), Duration::ZERO);
        }
        Poll::Pending
    }
}

/// Processor time of this thread.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(secs, u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // However slowly a loaded machine goes, this span is not over.
        let span = Duration::from_mins(10);
        let limit = Duration::from_millis(100);
        let modest = Share::limited(work(Duration::from_micros(200), 100), limit, span).await;
        assert_eq!(modest, Ok(()));
        let greedy = Share::limited(work(Duration::from_millis(20), 100), limit, span).await;
        assert_eq!(greedy, Err(Greedy));
        // What was done in a span before does not count.
        let rested = work(Duration::from_millis(2), 100);
        assert_eq!(Share::limited(rested, limit, Duration::ZERO).await, Ok(()));
    }
}
