//! Inputs executed: one after another, or as sessions side by side.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::hang::HangWatch;
use crate::panics::{Panic, observe};
use crate::target::{Executor, Session};

/// One input, and what came of it.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) input: Rc<[u8]>,
    /// None: it panicked, and nobody caught that.
    pub(crate) outcome: Option<String>,
    /// All panics, also those that somebody caught.
    pub(crate) panics: Vec<Panic>,
    /// How long it kept the thread.
    pub(crate) worked: Duration,
}

/// Executes inputs of one target.
pub(crate) struct Execute {
    start: fn() -> Executor,
    executor: Executor,
    running: FuturesUnordered<Watched>,
    hang: Rc<HangWatch>,
}

impl Execute {
    /// Begins anew with `start`, and after every panic that nobody caught.
    pub(crate) fn new(start: fn() -> Executor, hang: HangWatch) -> Self {
        let running = FuturesUnordered::new();
        Self { start, executor: start(), running, hang: Rc::new(hang) }
    }

    /// The next input that comes to its end. As many as may run at once are taken from `inputs`; none if
    /// that is empty and nothing runs any more.
    pub(crate) fn next(
        &mut self,
        mut inputs: impl FnMut() -> Option<Vec<u8>>,
    ) -> Option<Execution> {
        let Executor::Sessions(sessions) = &mut self.executor else {
            return inputs().map(|input| self.one(&input));
        };
        while self.running.len() < sessions.at_once {
            let Some(input) = inputs() else { break };
            let session = (sessions.begin)(&input);
            self.running.push(Watched::new(input.into(), session, Rc::clone(&self.hang)));
        }
        let running = &mut self.running;
        let next = async {
            let done = running.next().await;
            // Sessions that gave way are woken when the runtime rests, and forgotten if it is left before.
            tokio::task::yield_now().await;
            done
        };
        let (done, panics) = observe(|| sessions.runtime.block_on(next));
        let mut done = done.flatten();
        if let Some(done) = &mut done {
            // Of tasks that a session left behind: nobody knows whose.
            done.panics.extend(panics);
        }
        done
    }

    /// Executes one input by itself.
    pub(crate) fn one(&mut self, input: &[u8]) -> Execution {
        let done = match &mut self.executor {
            Executor::Each(execute) => {
                let began = Instant::now();
                let input: Rc<[u8]> = input.into();
                self.hang.begin(&input);
                let (outcome, panics) = observe(|| execute(&input));
                self.hang.end();
                Execution { input, outcome, panics, worked: began.elapsed() }
            }
            Executor::Sessions(sessions) => {
                let session = (sessions.begin)(input);
                let watched = Watched::new(input.into(), session, Rc::clone(&self.hang));
                sessions.runtime.block_on(watched)
            }
        };
        if done.outcome.is_none() && matches!(self.executor, Executor::Each(_)) {
            self.executor = (self.start)();
        }
        done
    }
}

/// A session, its panics and its work.
struct Watched {
    input: Rc<[u8]>,
    session: Session,
    hang: Rc<HangWatch>,
    panics: Vec<Panic>,
    worked: Duration,
}

impl Watched {
    fn new(input: Rc<[u8]>, session: Session, hang: Rc<HangWatch>) -> Self {
        Self { input, session, hang, panics: Vec::new(), worked: Duration::ZERO }
    }
}

impl Future for Watched {
    type Output = Execution;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Execution> {
        let began = Instant::now();
        let Self { input, session, hang, panics, worked } = &mut *self;
        hang.begin(input);
        let (polled, seen) = observe(|| session.as_mut().poll(context));
        hang.end();
        *worked += began.elapsed();
        panics.extend(seen);
        let outcome = match polled {
            Some(Poll::Pending) => return Poll::Pending,
            Some(Poll::Ready(outcome)) => Some(outcome),
            None => None,
        };
        let (input, panics) = (Rc::clone(input), std::mem::take(panics));
        Poll::Ready(Execution { input, outcome, panics, worked: *worked })
    }
}
