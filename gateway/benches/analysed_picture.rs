//! What one analysed picture costs the gateway, beside its floor in the same run.
//!
//! The floor is what nobody can go below with these libraries: one thread that decodes as many
//! pictures of the same clip with ffmpeg's libavcodec as the gateway decoded for each analysed one,
//! then runs the same model once, and again. No network, no scaling, no reading of the result.
//! Both are CPU time. Rounds alternate gateway and floor, because the clock of a shared machine
//! drifts.
//!
//! The gateway is kept as busy as the floor: more cameras than it can look at as often as their
//! rules ask, on one worker. That is the state in which a millisecond decides how many cameras a
//! box carries; between the pictures of an idle box, the processor's caches run cold.

mod bare_loop;
mod measured_gateway;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use bare_loop::{Clip, Inference};
use measured_gateway::process::{MeasuredGateway, cpu_ms};
use measured_gateway::programs::{model_dir, programs, root};
use measured_gateway::{Load, Street, median};

const ROUNDS: usize = 7;
const WINDOW: Duration = Duration::from_secs(10);
const INFERENCES: u32 = 150;
/// Five analysed pictures a second each: more than one worker can do.
const LOAD: Load = Load { cameras: 6, dwell_secs: 2, workers: 1 };

fn main() -> Result<()> {
    let street = Street::open(LOAD.cameras)?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "CPU ms per analysed picture, {} cameras of 768x576 H.264 at 25 fps, one busy worker",
        LOAD.cameras
    )?;
    writeln!(
        out,
        "{:>6} {:>8} {:>10} {:>10} {:>8} {:>6}  program",
        "round", "decoded", "floor", "gateway", "ratio", "MiB"
    )?;
    let mut floor = Floor::load(&root()?)?;
    let programs = programs();
    let mut ratios = vec![Vec::new(); programs.len()];
    for round in 1..=ROUNDS {
        for (program, ratios) in programs.iter().zip(&mut ratios) {
            let gateway = measure(&street.run(program, LOAD)?)?;
            let floor_ms = floor.run_ms(gateway.decoded_per_analysed)?;
            let ratio = gateway.cpu_ms_per_analysed / floor_ms;
            ratios.push(ratio);
            writeln!(
                out,
                "{round:>6} {:>8.2} {floor_ms:>10.2} {:>10.2} {ratio:>8.3} {:>6.0}  {}",
                gateway.decoded_per_analysed,
                gateway.cpu_ms_per_analysed,
                gateway.memory_mib,
                program.display(),
            )?;
        }
    }
    for (program, mut ratios) in programs.iter().zip(ratios) {
        let (median, precision) = (median(&mut ratios), floor.inference.precision);
        writeln!(out, "median ratio {median:.3} ({precision})  {}", program.display())?;
    }
    Ok(())
}

/// Decode and plain inference in one bare loop.
struct Floor {
    clip: PathBuf,
    inference: Inference,
}

impl Floor {
    fn load(root: &Path) -> Result<Self> {
        let inference = Inference::load(root, &model_dir(root))?;
        Ok(Self { clip: root.join(".media/street-h264.mp4"), inference })
    }

    /// CPU milliseconds of one run, each after decoding `decoded` pictures on average.
    fn run_ms(&mut self, decoded: f64) -> Result<f64> {
        let mut clip = Clip::open(&self.clip)?;
        let mut owed = 0.0;
        let before = cpu_ms("self")?;
        for _ in 0..INFERENCES {
            owed += decoded;
            while owed >= 1.0 {
                clip.decode_next()?;
                owed -= 1.0;
            }
            self.inference.run()?;
        }
        // The simulated cameras of this process idle while nobody plays them.
        Ok((cpu_ms("self")? - before) / f64::from(INFERENCES))
    }
}

struct Measured {
    cpu_ms_per_analysed: f64,
    decoded_per_analysed: f64,
    memory_mib: f64,
}

fn measure(gateway: &MeasuredGateway) -> Result<Measured> {
    let counters = || -> Result<[f64; 3]> {
        Ok([
            gateway.cpu_ms()?,
            gateway.total("gridwhistle_pictures_analysed_total", "")?,
            gateway.total("gridwhistle_access_units_total", "fate=\"decoded\"")?,
        ])
    };
    let before = counters()?;
    std::thread::sleep(WINDOW);
    let after = counters()?;
    let [cpu_ms, analysed, decoded] = std::array::from_fn(|at| after[at] - before[at]);
    Ok(Measured {
        cpu_ms_per_analysed: cpu_ms / analysed,
        decoded_per_analysed: decoded / analysed,
        memory_mib: gateway.memory_mib()?,
    })
}
