//! The run: inputs are made and executed, and those that do harm are kept.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::corpus::read_folder;
use crate::execution::{Execute, Execution};
use crate::hang::HangWatch;
use crate::inputs::Inputs;
use crate::minimise::minimise;
use crate::panics::{Panic, PanicSite};
use crate::plan::Plan;
use crate::report::Report;
use crate::rtsp_stream::minimise_stream;
use crate::target::{Shape, Target};

/// An execution that takes longer is a fault: whoever sends such an input keeps a thread busy.
const SLOW: Duration = Duration::from_secs(5);

/// How often a long run tells how it goes.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Fuzzes `targets` for as long as `plan` says, each for its share.
///
/// # Errors
/// If an input cannot be read or written.
pub fn run(targets: &[Target], plan: &Plan) -> io::Result<Vec<Report>> {
    let chosen: Vec<&Target> = targets.iter().filter(|it| it.name.contains(&plan.only)).collect();
    let shares: u32 = chosen.iter().map(|target| target.share).sum();
    let share = plan.lasts / shares.max(1);
    if plan.is_told {
        tell(&format!("FUZZ_SEED={} {} targets", plan.seed, chosen.len()));
    }
    let mut reports = Vec::new();
    for target in chosen {
        let mut campaign = Campaign::open(target, plan)?;
        campaign.run(share * target.share)?;
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
    inputs: Inputs,
    execute: Execute,
    outcomes: BTreeSet<String>,
    report: Report,
}

impl<'a> Campaign<'a> {
    fn open(target: &'a Target, plan: &'a Plan) -> io::Result<Self> {
        let files = |kind: &str| read_folder(&plan.inputs.join(kind).join(target.inputs));
        let files = files("corpus")?.into_iter().chain(files("kept")?);
        let hang = HangWatch::start(&plan.found.join(target.name));
        let mut campaign = Self {
            target,
            plan,
            inputs: Inputs::new(target.shape, target.words, plan.seed),
            execute: Execute::new(target.start, hang),
            outcomes: BTreeSet::new(),
            report: Report::new(target.name),
        };
        let files: Vec<Vec<u8>> = files.map(|(_, input)| input).collect();
        files.iter().for_each(|input| campaign.inputs.add(input.clone()));
        let mut files = files.into_iter();
        while let Some(done) = campaign.execute.next(|| files.next()) {
            campaign.take(done)?;
        }
        campaign.report.measure_memory();
        campaign.report.memory_bytes.0 = campaign.report.memory_bytes.1;
        Ok(campaign)
    }

    fn run(&mut self, lasts: Duration) -> io::Result<()> {
        let (started, mut told_at) = (Instant::now(), Instant::now());
        loop {
            let Self { execute, inputs, .. } = self;
            let next = execute.next(|| (started.elapsed() < lasts).then(|| inputs.make()));
            let Some(done) = next else { break };
            self.take(done)?;
            self.report.took = started.elapsed();
            if self.plan.is_told && told_at.elapsed() >= TELL_EVERY {
                told_at = Instant::now();
                self.report.measure_memory();
                tell(&self.report.to_string());
            }
        }
        self.report.measure_memory();
        Ok(())
    }

    /// Takes what came of an input.
    fn take(&mut self, done: Execution) -> io::Result<()> {
        let Execution { input, outcome, panics, worked } = done;
        self.report.executions += 1;
        self.report.longest = self.report.longest.max(worked);
        for panic in panics {
            self.note(panic, &input)?;
        }
        if worked > SLOW && self.is_slow_again(&input) {
            let path = self.save(&format!("slow-{}", self.report.slow.len()), &input)?;
            self.report.slow.push((worked, path));
        }
        let Some(outcome) = outcome else { return Ok(()) };
        if self.target.shape == Shape::Session {
            let how_far = outcome.split(' ').next().unwrap_or_default();
            match self.report.reached.get_mut(how_far) {
                Some(count) => *count += 1,
                None => drop(self.report.reached.insert(how_far.to_owned(), 1)),
            }
        }
        if self.outcomes.insert(outcome) {
            self.inputs.keep(&input);
        }
        self.report.outcomes = self.outcomes.len();
        Ok(())
    }

    /// Whether an input is slow each time: the machine may have done something else meanwhile.
    fn is_slow_again(&mut self, input: &[u8]) -> bool {
        (0..3).all(|_| self.execute.one(input).worked > SLOW)
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
        let Self { execute, report, .. } = self;
        let does_harm = |shorter: &[u8]| {
            report.executions += 1;
            execute.one(shorter).panics.iter().any(|it| it.site == *site)
        };
        match self.target.shape {
            Shape::Rtsp | Shape::Session => minimise_stream(input, does_harm),
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
