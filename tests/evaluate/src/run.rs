//! Runs, played side by side.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

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

/// Plays all of them on so many threads. What comes of a run depends on nothing but the run.
pub(crate) fn played(
    cases: Vec<Case>,
    (rehearsal, scene): (&Rehearsal, &Scene),
    (threads, progress): (usize, &(dyn Fn(usize, usize) + Sync)),
) -> Fallible<Vec<Run>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<(usize, Verdict, Cost)>> = Mutex::default();
    let work = || -> Fallible<()> {
        let mut player = Player::new(rehearsal, scene)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(number) else { return Ok(()) };
            let (verdict, cost) = player.play(case)?;
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.push((number, verdict, cost));
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, cases.len());
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|it| it.join().map_err(|_| "a thread panicked")?)
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, ..)| *number);
    let runs = cases.into_iter().zip(results);
    Ok(runs.map(|(case, (_, verdict, cost))| Run { case, verdict, cost }).collect())
}
