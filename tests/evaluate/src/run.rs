//! Runs, played side by side, in an order that mixes them: what is ended early has some of each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use gridwhistle::Rehearsal;

use crate::case::Case;
use crate::fallible::Fallible;
use crate::player::{Cost, Player};
use crate::scene::Scene;
use crate::verdict::Verdict;

/// A run, and what it came to.
pub(crate) struct Run {
    pub(crate) case: Case,
    pub(crate) verdict: Verdict,
    pub(crate) cost: Cost,
}

/// How they are played.
#[derive(Clone, Copy)]
pub(crate) struct Pace<'a> {
    pub(crate) threads: usize,
    /// From then on none is begun.
    pub(crate) until: Option<Instant>,
    /// Is told how many runs of how many are done.
    pub(crate) progress: &'a (dyn Fn(usize, usize) + Sync),
}

/// The dice that mix the runs.
const MIX: u64 = 0x313;

/// Plays all of them, or those for which there is time. What comes of a run depends on nothing but the run.
pub(crate) fn played(
    mut cases: Vec<Case>,
    (rehearsal, scene): (&Rehearsal, &Scene),
    pace: Pace<'_>,
) -> Fallible<Vec<Run>> {
    fastrand::Rng::with_seed(MIX).shuffle(&mut cases);
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<(usize, Verdict, Cost)>> = Mutex::default();
    let work = || -> Fallible<()> {
        let mut player = Player::new(rehearsal, scene)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let is_late = pace.until.is_some_and(|until| Instant::now() >= until);
            let Some(case) = cases.get(number).filter(|_| !is_late) else { return Ok(()) };
            let (verdict, cost) = player.play(case)?;
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.push((number, verdict, cost));
            (pace.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, cases.len());
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..pace.threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|it| it.join().map_err(|_| "a thread panicked")?)
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, ..)| *number);
    let mut cases: Vec<Option<Case>> = cases.into_iter().map(Some).collect();
    let runs = results.into_iter().filter_map(|(number, verdict, cost)| {
        let case = cases.get_mut(number)?.take()?;
        Some(Run { case, verdict, cost })
    });
    Ok(runs.collect())
}
