//! How many cameras a core carries: `make bench-density`.
//!
//! Simulated 1080p cameras of several scenes, the real gateway, and in the same run the floor of the bare libraries
//! and the usual ways of doing the same. What counts is processor time, because other programs may run on the machine.
//!
//! `DENSITY_PROFILES="a b c u"`, `DENSITY_COUNTS="1 8 32 100"` (cameras of profile c; the others have eight),
//! `DENSITY_SECS=60` (measured for so long), `DENSITY_RIVALS=0` (leave them out), and `OTHER_GATEWAY=PROGRAM` change
//! what is run.

#[path = "../bare_loop/mod.rs"]
mod bare_loop;
mod price;
#[path = "../measured_gateway/process.rs"]
mod process;
mod profile;
#[path = "../measured_gateway/programs.rs"]
mod programs;
mod rivals;
mod scenes;
mod site;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use bare_loop::{Clip, Inference};
use price::{Price, STAGES, price, totals};
use process::{MeasuredGateway, cpu_ms};
use profile::Profile;
use programs::{model_dir, programs, root};
use rivals::RIVALS;
use scenes::SCENES;
use site::Site;

/// Rules have settled into what they need, and open incidents are open.
const WARM_UP: Duration = Duration::from_secs(75);
const PATIENCE: Duration = Duration::from_mins(4);
/// Cameras of a profile that is not counted up.
const USUAL_COUNT: u32 = 8;
/// Few, so that they are not held up: what is behind costs less than it should.
const RIVAL_CAMERAS: u32 = 2;

fn main() -> Result<()> {
    let set = |name: &str, usual: &str| std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    let secs: u64 = set("DENSITY_SECS", "60").parse().context("DENSITY_SECS is no number")?;
    let window = Duration::from_secs(secs);
    let counts = set("DENSITY_COUNTS", "1 8 32 100 200 300 400");
    let counts: Result<Vec<u32>, _> = counts.split_whitespace().map(str::parse).collect();
    let counts = counts.context("DENSITY_COUNTS is a list of numbers")?;
    let profiles = set("DENSITY_PROFILES", "a b c u");
    let profiles: Result<Vec<Profile>> = profiles.split_whitespace().map(Profile::of).collect();
    let root = root()?;
    let mut out = std::io::stdout().lock();
    for scene in &SCENES {
        writeln!(out, "scene: {}", scene.name)?;
        scene.make(&root)?;
    }
    let floor = Floor::measure(&root)?;
    writeln!(
        out,
        "floor: {:.1} ms to decode a picture (mean of the scenes), {:.1} ms for one inference ({})",
        floor.decode_ms, floor.infer_ms, floor.precision
    )?;
    for profile in profiles? {
        writeln!(out, "\n{}", profile.title())?;
        let usual = [USUAL_COUNT];
        let counts = if profile == Profile::Street { counts.as_slice() } else { &usual };
        let best = table(&mut out, profile, counts, (&floor, window))?;
        if set("DENSITY_RIVALS", "1") != "0" {
            rivals(&mut out, profile, (&root, window), best)?;
        }
    }
    Ok(())
}

/// What the bare libraries take.
struct Floor {
    decode_ms: f64,
    infer_ms: f64,
    precision: &'static str,
}

impl Floor {
    fn measure(root: &Path) -> Result<Self> {
        const PICTURES: u32 = 250;
        const INFERENCES: u32 = 60;
        let mut inference = Inference::load(root, &model_dir(root))?;
        let before = cpu_ms("self")?;
        for _ in 0..INFERENCES {
            inference.run()?;
        }
        let infer_ms = (cpu_ms("self")? - before) / f64::from(INFERENCES);
        let before = cpu_ms("self")?;
        for scene in &SCENES {
            let mut clip = Clip::open(&root.join(".media").join(scene.file))?;
            for _ in 0..PICTURES {
                clip.decode_next()?;
            }
        }
        let pictures = f64::from(PICTURES) * SCENES.len() as f64;
        let decode_ms = (cpu_ms("self")? - before) / pictures;
        Ok(Self { decode_ms, infer_ms, precision: inference.precision })
    }
}

/// A line for each number of cameras; gives the CPU of a camera-second with the most cameras.
fn table(
    out: &mut impl Write,
    profile: Profile,
    counts: &[u32],
    (floor, window): (&Floor, Duration),
) -> Result<f64> {
    write!(out, "{:>7} {:>7} {:>8}", "cameras", "looks/s", "no net/s")?;
    for stage in STAGES {
        write!(out, " {stage:>8}")?;
    }
    writeln!(
        out,
        " {:>8} {:>8} {:>9} {:>9} {:>8} {:>8} {:>9}",
        "ms/cam-s", "x floor", "cams/core", "MiB/cam", "age p99", "missed", "degraded"
    )?;
    let mut last = f64::NAN;
    for &count in counts {
        let site = Site::open(profile, count)?;
        for program in programs() {
            let gateway = site.run(&program)?;
            settle(&gateway, count)?;
            let before = totals(&gateway)?;
            std::thread::sleep(window);
            let paid = price(&before, &totals(&gateway)?, count, window);
            line(out, &gateway, (&paid, count), floor)?;
            last = paid.total();
        }
    }
    Ok(last)
}

fn line(
    out: &mut impl Write,
    gateway: &MeasuredGateway,
    (paid, cameras): (&Price, u32),
    floor: &Floor,
) -> Result<()> {
    write!(out, "{cameras:>7} {:>7.2} {:>8.2}", paid.looks, paid.without_detector)?;
    for stage in paid.stages {
        write!(out, " {stage:>8.2}")?;
    }
    let total = paid.total();
    let inferred = paid.looks - paid.without_detector;
    let bare = paid.decoded * floor.decode_ms + inferred * floor.infer_ms;
    let age = gateway.total("gridwhistle_picture_age_seconds", "quantile=\"0.99\"")?;
    writeln!(
        out,
        " {total:>8.2} {:>8.2} {:>9.0} {:>9.1} {age:>7.2}s {:>7.1}% {:>9}",
        total / bare,
        1000.0 / total,
        gateway.memory_mib()? / f64::from(cameras),
        100.0 * paid.superseded / (paid.looks + paid.superseded),
        gateway.get("/")?.matches("<span class=bad>degraded").count(),
    )?;
    Ok(())
}

/// Until every camera was looked at, and then until their rules have settled.
fn settle(gateway: &MeasuredGateway, cameras: u32) -> Result<()> {
    let began_at = Instant::now();
    // A line for each camera that was analysed.
    let is_line = |line: &&str| line.starts_with("gridwhistle_pictures_analysed_total");
    let looked = || gateway.get("/metrics").map_or(0, |text| text.lines().filter(is_line).count());
    while looked() < cameras as usize {
        ensure!(began_at.elapsed() < PATIENCE, "{} of {cameras} cameras are analysed", looked());
        std::thread::sleep(Duration::from_millis(500));
    }
    std::thread::sleep(WARM_UP);
    Ok(())
}

fn rivals(
    out: &mut impl Write,
    profile: Profile,
    (root, window): (&Path, Duration),
    gateway_ms: f64,
) -> Result<()> {
    let site = Site::open(profile, RIVAL_CAMERAS * 10)?;
    for rival in &RIVALS {
        let paid = rival.measure(root, (profile, RIVAL_CAMERAS), (site.cameras_at, window))?;
        let [read, detected] = paid.pictures;
        writeln!(
            out,
            "{:>18}: {:.1} ms a camera-second ({read:.1} pictures read, {detected:.1} through the detector), \
             {:.0} cameras a core; the gateway carries {:.1} times as many",
            rival.name,
            paid.cpu_ms,
            1000.0 / paid.cpu_ms,
            paid.cpu_ms / gateway_ms,
        )?;
    }
    Ok(())
}
