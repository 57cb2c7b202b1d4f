//! `make evaluate`: how well the three incidents are detected, in figures and pictures.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use clap::Parser;
use evaluate::{Evaluation, Extent};

/// Evaluate the detection of incidents on the recorded street.
#[derive(Debug, Parser)]
#[command(name = "evaluate")]
struct Arguments {
    /// How many runs, as a factor on the usual number.
    #[arg(long, default_value_t = 1.0, conflicts_with = "short")]
    scale: f64,
    /// Leave out what each cue of the class-free watcher is worth: a fifth of the time.
    #[arg(long)]
    without_ablation: bool,
    /// Two conditions only, for a minute.
    #[arg(long)]
    short: bool,
    /// Only runs of the incident with this code, such as ebike_flying_wire, and nothing of the empty street.
    #[arg(long, value_name = "CODE")]
    only: Option<String>,
    /// Begin no run after so many minutes. The figures are of the runs played by then, some of each.
    #[arg(long)]
    minutes: Option<u64>,
    /// Other dice.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Runs side by side; as many as there are cores if left out.
    #[arg(long)]
    threads: Option<usize>,
    /// Where figures and pictures are written.
    #[arg(long, default_value = "target/evaluate")]
    out: String,
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), AnyError> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let cores = std::thread::available_parallelism()?.get();
    let threads = arguments.threads.unwrap_or(cores);
    let extent = match (arguments.short, arguments.scale.max(0.0)) {
        (true, _) => Extent::Short,
        (false, scale) if arguments.without_ablation => Extent::WithoutAblation(scale),
        (false, scale) => Extent::Whole(scale),
    };
    let begun = SystemTime::now();
    let mut evaluation = Evaluation::new(&root, extent, (arguments.seed, threads))?;
    if let Some(code) = &arguments.only {
        evaluation = evaluation.only(code)?;
    }
    let until = arguments.minutes.map(|it| Instant::now() + Duration::from_secs(60 * it));
    let results = evaluation.results(until, &|done, all| tell(begun, done, all))?;
    let (played, planned) = results.played();
    let written = results.write(&root.join(&arguments.out))?;
    let minutes = begun.elapsed().unwrap_or_default().as_secs_f64() / 60.0;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "# Evaluation of commit {}\n\nScale {}, dice {}; {played} of {planned} runs, {threads} threads, {minutes:.0} minutes.\n",
        commit(&root),
        if arguments.short { "short".to_owned() } else { arguments.scale.to_string() },
        arguments.seed,
    )?;
    writeln!(out, "{}", results.text())?;
    for path in written {
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}

/// One line for each twentieth.
fn tell(begun: SystemTime, done: usize, all: usize) {
    if !done.is_multiple_of(all.div_ceil(20)) {
        return;
    }
    let minutes = begun.elapsed().unwrap_or(Duration::ZERO).as_secs_f64() / 60.0;
    let line = format!("evaluate: {done} of {all} runs, {minutes:.1} minutes\n");
    // Nobody may be reading.
    drop(std::io::stderr().write_all(line.as_bytes()));
}

fn commit(root: &Path) -> String {
    let said =
        Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(root).output();
    said.ok().and_then(|it| String::from_utf8(it.stdout).ok()).unwrap_or_default().trim().to_owned()
}
