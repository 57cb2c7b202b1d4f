//! What cameras cost a gateway: its processor time by what it went into, and its memory.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::process::{MeasuredGateway, ticks_ms};

/// Where processor time goes. `look` is what is not the detector but looks at pixels, and makes pictures to be kept; `own`
/// is the rest of the gateway.
pub(crate) const STAGES: [&str; 5] = ["receive", "decode", "look", "infer", "own"];

/// Totals so far.
pub(crate) struct Totals {
    /// Milliseconds of CPU, as [`STAGES`].
    stages: [f64; 5],
    analysed: f64,
    without_detector: f64,
    superseded: f64,
    decoded: f64,
}

/// What a span of time cost, a camera and a second.
pub(crate) struct Price {
    /// Milliseconds of CPU, as [`STAGES`].
    pub(crate) stages: [f64; 5],
    /// Pictures analysed.
    pub(crate) looks: f64,
    /// Those of them for which the detector need not run.
    pub(crate) without_detector: f64,
    /// Pictures that were due, but the next came before there was time.
    pub(crate) superseded: f64,
    /// Pictures decoded.
    pub(crate) decoded: f64,
}

impl Price {
    /// Milliseconds of CPU.
    pub(crate) fn total(&self) -> f64 {
        self.stages.iter().sum()
    }
}

/// What `gateway` has used until now.
pub(crate) fn totals(gateway: &MeasuredGateway) -> Result<Totals> {
    let mut threads: BTreeMap<String, f64> = BTreeMap::new();
    // After the gateway itself come its eyes.
    for pid in gateway.processes().iter().skip(1) {
        for (name, ms) in threads_ms(pid)? {
            *threads.entry(name).or_default() += ms;
        }
    }
    let stage = |name: &str| -> Result<f64> {
        let label = format!("stage=\"{name}\"");
        Ok(gateway.total("gridwhistle_look_cpu_microseconds_total", &label)? / 1000.0)
    };
    let [decode, detect, zones, crops, show] =
        ["decode", "detect", "zones", "crops", "show"].map(stage);
    let (decode, detect, look) = (decode?, detect?, zones? + crops? + show?);
    // In an eye, all threads but these receive what cameras send.
    let beside = |name: &str| name.starts_with("lane-") || ["clips", "orders"].contains(&name);
    let receive = threads.iter().filter(|(name, _)| !beside(name)).map(|(_, ms)| ms).sum::<f64>();
    let own = gateway.cpu_ms()? - receive - decode - look - detect;
    let fate = |fate| gateway.total("gridwhistle_access_units_total", &format!("fate=\"{fate}\""));
    Ok(Totals {
        stages: [receive, decode, look, detect, own],
        analysed: gateway.total("gridwhistle_pictures_analysed_total", "")?,
        without_detector: gateway.total("gridwhistle_looks_without_detector_total", "")?,
        superseded: fate("superseded")?,
        decoded: fate("decoded")?,
    })
}

/// What happened between two looks at the totals.
pub(crate) fn price(before: &Totals, after: &Totals, cameras: u32, window: Duration) -> Price {
    let each = f64::from(cameras) * window.as_secs_f64();
    Price {
        stages: std::array::from_fn(|at| (after.stages[at] - before.stages[at]) / each),
        looks: (after.analysed - before.analysed) / each,
        without_detector: (after.without_detector - before.without_detector) / each,
        superseded: (after.superseded - before.superseded) / each,
        decoded: (after.decoded - before.decoded) / each,
    }
}

/// The threads of a process by name, each with its processor time.
fn threads_ms(pid: &str) -> Result<Vec<(String, f64)>> {
    let mut threads = Vec::new();
    let tasks = format!("/proc/{pid}/task");
    for task in fs::read_dir(&tasks).with_context(|| format!("{tasks} is gone"))? {
        // A thread may end while it is looked at.
        let Ok(stat) = fs::read_to_string(task?.path().join("stat")) else { continue };
        let name = stat.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
        threads.push((name, ticks_ms(&stat)?));
    }
    Ok(threads)
}
