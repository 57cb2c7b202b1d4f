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

/// The number of runs of the same pictures, and what each came to.
type Played = (usize, Vec<(Verdict, Cost)>);

/// The dice that mix the runs.
const MIX: u64 = 0x313;

/// Plays all of them, or those for which there is time. What comes of a run depends on nothing but the run.
pub(crate) fn played(
    cases: Vec<Case>,
    (rehearsal, scene): (&Rehearsal, &Scene),
    pace: Pace<'_>,
) -> Fallible<Vec<Run>> {
    let mut parts = of_same_pictures(cases);
    fastrand::Rng::with_seed(MIX).shuffle(&mut parts);
    let all = parts.iter().map(Vec::len).sum();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Mutex<Vec<Played>> = Mutex::default();
    let work = || -> Fallible<()> {
        let mut player = Player::new(rehearsal, scene)?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let is_late = pace.until.is_some_and(|until| Instant::now() >= until);
            let Some(same) = parts.get(number).filter(|_| !is_late) else { return Ok(()) };
            let played = player.play(same)?;
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            results.push((number, played));
            let before = done.fetch_add(same.len(), Ordering::Relaxed);
            (before..before + same.len()).for_each(|it| (pace.progress)(it + 1, all));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..pace.threads.max(1)).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|it| it.join().map_err(|_| "a thread panicked")?)
    })?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(number, ..)| *number);
    let runs = results.into_iter().flat_map(|(number, played)| {
        let same = std::mem::take(&mut parts[number]);
        same.into_iter().zip(played)
    });
    Ok(runs.map(|(case, (verdict, cost))| Run { case, verdict, cost }).collect())
}

/// Runs that differ only in which cue is left out are played one after the other: they show the same pictures.
fn of_same_pictures(cases: Vec<Case>) -> Vec<Vec<Case>> {
    let (of_cues, others): (Vec<Case>, Vec<Case>) =
        cases.into_iter().partition(|case| case.is_ablation);
    let mut parts: Vec<Vec<Case>> = others.into_iter().map(|case| vec![case]).collect();
    let first = parts.len();
    for case in of_cues {
        let is_same = |it: &&mut Vec<Case>| it.iter().any(|it| it.shows_the_same_as(&case));
        match parts[first..].iter_mut().find(is_same) {
            Some(part) => part.push(case),
            None => parts.push(vec![case]),
        }
    }
    parts
}
