//! The run: inputs are chosen, changed, executed, and those that do harm are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::corpus::{GROWS_BY, SHORT_INPUT_BYTES, read_folder};
use crate::hang::HangWatch;
use crate::json::mutate_json;
use crate::minimise::minimise;
use crate::mutation::{Material, mutate};
use crate::panics::{Panic, PanicSite, observe};
use crate::plan::Plan;
use crate::rtsp_stream::{minimise_stream, mutate_stream};
use crate::target::{Executor, Shape, Target};

/// Inputs that came to something new, and are changed further. The corpus is always among them.
const MOST_POOLED: usize = 4096;

/// An execution that takes longer is a fault: whoever sends such an input keeps a thread busy.
const SLOW: Duration = Duration::from_secs(5);

/// How often a long run tells how it goes.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What came of one target.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its name.
    pub target: &'static str,
    /// Inputs executed.
    pub executions: u64,
    /// How long that took.
    pub took: Duration,
    /// Different things that inputs came to.
    pub outcomes: usize,
    /// Panics by their place: how many, what the first said, and where its input was written.
    pub panics: BTreeMap<PanicSite, (u64, String, PathBuf)>,
    /// Inputs that took too long, and where they were written.
    pub slow: Vec<(Duration, PathBuf)>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a pace for a person to read")]
        let pace = self.executions as f64 / self.took.as_secs_f64().max(1e-9);
        let Self { target, executions, outcomes, .. } = self;
        write!(f, "{target}: {executions} executions, {pace:.0} a second, {outcomes} outcomes")?;
        for (site, (count, said, input)) in &self.panics {
            write!(f, "\n  {count} panics at {site}: {said} ({})", input.display())?;
        }
        for (took, input) in &self.slow {
            write!(f, "\n  slow: {:.1} s ({})", took.as_secs_f32(), input.display())?;
        }
        Ok(())
    }
}

/// Fuzzes `targets` for as long as `plan` says, each for its share.
///
/// # Errors
/// If an input cannot be read or written.
pub fn run(targets: &[Target], plan: &Plan) -> io::Result<Vec<Report>> {
    let chosen: Vec<&Target> = targets.iter().filter(|it| it.name.contains(&plan.only)).collect();
    let share = plan.lasts / u32::try_from(chosen.len().max(1)).unwrap_or(u32::MAX);
    if plan.is_told {
        tell(&format!("FUZZ_SEED={} {} targets, {share:?} each", plan.seed, chosen.len()));
    }
    let mut reports = Vec::new();
    for target in chosen {
        let mut campaign = Campaign::open(target, plan)?;
        campaign.run(share)?;
        if plan.is_told {
            tell(&campaign.report.to_string());
        }
        reports.push(campaign.report);
    }
    Ok(reports)
}

#[expect(clippy::print_stderr, reason = "this is how a test tells how it goes")]
fn tell(line: &str) {
    eprintln!("{line}");
}

struct Campaign<'a> {
    target: &'a Target,
    plan: &'a Plan,
    executor: Executor,
    hang: HangWatch,
    pool: Vec<Vec<u8>>,
    /// How many of them are the corpus.
    corpus: usize,
    most_bytes: usize,
    outcomes: BTreeSet<String>,
    dice: Rng,
    report: Report,
}

impl<'a> Campaign<'a> {
    fn open(target: &'a Target, plan: &'a Plan) -> io::Result<Self> {
        let inputs = |kind: &str| read_folder(&plan.inputs.join(kind).join(target.name));
        let files = inputs("corpus")?.into_iter().chain(inputs("kept")?);
        let mut campaign = Self {
            target,
            plan,
            executor: (target.start)(),
            hang: HangWatch::start(&plan.found.join(target.name)),
            pool: vec![Vec::new()],
            corpus: 1,
            most_bytes: SHORT_INPUT_BYTES,
            outcomes: BTreeSet::new(),
            dice: Rng::with_seed(plan.seed),
            report: Report {
                target: target.name,
                executions: 0,
                took: Duration::ZERO,
                outcomes: 0,
                panics: BTreeMap::new(),
                slow: Vec::new(),
            },
        };
        for (_, input) in files {
            campaign.execute(&input)?;
            campaign.most_bytes = campaign.most_bytes.max(GROWS_BY * input.len());
            campaign.pool.push(input);
        }
        campaign.corpus = campaign.pool.len();
        Ok(campaign)
    }

    fn run(&mut self, lasts: Duration) -> io::Result<()> {
        let (started, mut told_at) = (Instant::now(), Instant::now());
        while started.elapsed() < lasts {
            let input = self.next_input();
            if self.execute(&input)? && self.pool.len() < MOST_POOLED {
                self.pool.push(input);
            }
            self.report.took = started.elapsed();
            if self.plan.is_told && told_at.elapsed() >= TELL_EVERY {
                told_at = Instant::now();
                tell(&self.report.to_string());
            }
        }
        Ok(())
    }

    fn next_input(&mut self) -> Vec<u8> {
        let Self { pool, dice, target, .. } = self;
        // What is changed again and again drifts away from what anybody sends.
        let choice = if dice.bool() { self.corpus } else { pool.len() };
        let base = &pool[dice.usize(..choice)];
        let material = Material { words: target.words, other: &pool[dice.usize(..pool.len())] };
        let is_whole = dice.u8(..4) > 0;
        let shaped = match target.shape {
            Shape::Rtsp if is_whole => Some(mutate_stream(base, material, dice)),
            Shape::Json if is_whole => mutate_json(base, target.words, dice),
            _ => None,
        };
        let mut input = shaped.unwrap_or_else(|| {
            let mut input = base.clone();
            mutate(&mut input, material, dice);
            input
        });
        input.truncate(self.most_bytes);
        input
    }

    /// Executes one input; true if it came to something new.
    fn execute(&mut self, input: &[u8]) -> io::Result<bool> {
        let began = Instant::now();
        self.hang.begin(input);
        let (outcome, panics) = observe(|| (self.executor)(input));
        self.hang.end();
        let took = began.elapsed();
        self.report.executions += 1;
        if outcome.is_none() {
            self.executor = (self.target.start)();
        }
        for panic in panics {
            self.note(panic, input)?;
        }
        if took > SLOW && self.is_slow_again(input) {
            let path = self.save(&format!("slow-{}", self.report.slow.len()), input)?;
            self.report.slow.push((took, path));
        }
        let is_new = outcome.is_some_and(|outcome| self.outcomes.insert(outcome));
        self.report.outcomes = self.outcomes.len();
        Ok(is_new)
    }

    /// Whether an input is slow each time: the machine may have done something else meanwhile.
    fn is_slow_again(&mut self, input: &[u8]) -> bool {
        (0..3).all(|_| {
            let began = Instant::now();
            let (outcome, _) = observe(|| (self.executor)(input));
            if outcome.is_none() {
                self.executor = (self.target.start)();
            }
            began.elapsed() > SLOW
        })
    }

    fn note(&mut self, panic: Panic, input: &[u8]) -> io::Result<()> {
        if let Some((count, ..)) = self.report.panics.get_mut(&panic.site) {
            *count += 1;
            return Ok(());
        }
        let name = panic.site.to_string();
        let least = match self.plan.known.contains(&name) {
            true => input.to_vec(),
            false => self.shortest(&panic.site, input),
        };
        let path = self.save(&name.replace(['/', ':'], "-"), &least)?;
        self.report.panics.insert(panic.site, (1, panic.said, path));
        Ok(())
    }

    /// The shortest input that still panics at `site`.
    fn shortest(&mut self, site: &PanicSite, input: &[u8]) -> Vec<u8> {
        let start = self.target.start;
        let executor = &mut self.executor;
        let executions = &mut self.report.executions;
        let does_harm = |shorter: &[u8]| {
            *executions += 1;
            let (outcome, panics) = observe(|| executor(shorter));
            if outcome.is_none() {
                *executor = start();
            }
            panics.iter().any(|it| it.site == *site)
        };
        match self.target.shape {
            Shape::Rtsp => minimise_stream(input, does_harm),
            Shape::Bytes | Shape::Text | Shape::Json => minimise(input, does_harm),
        }
    }

    fn save(&self, name: &str, input: &[u8]) -> io::Result<PathBuf> {
        let folder = self.plan.found.join(self.target.name);
        fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        fs::write(&path, input)?;
        Ok(path)
    }
}

#[cfg(test)]
mod tests;
