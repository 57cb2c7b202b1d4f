//! What one more camera costs the gateway: memory, CPU time, and how late its pictures are judged.
//!
//! Two gateways in turn, one with few cameras, one with many; what one more costs is the difference
//! of both, divided. Their rules look at a picture every two seconds, so nothing queues. With
//! `OTHER_GATEWAY=PROGRAM` another build is measured in turn with this one.

mod measured_gateway;

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use measured_gateway::process::MeasuredGateway;
use measured_gateway::programs::programs;
use measured_gateway::{Load, Street, median};

const ROUNDS: usize = 3;
/// Rings for clips have filled by then, and many pictures have been looked at.
const WINDOW: Duration = Duration::from_secs(40);
const FEW: Load = Load { cameras: 2, dwell_secs: 20, workers: 2 };
const MANY: Load = Load { cameras: 14, dwell_secs: 20, workers: 2 };

fn main() -> Result<()> {
    let street = Street::open(MANY.cameras)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "what one more camera of 768x576 H.264 at 25 fps costs, looked at every 2 s")?;
    writeln!(
        out,
        "{:>6} {:>10} {:>12} {:>12} {:>10}  program",
        "round", "base MiB", "MiB/camera", "CPU %/camera", "age ms"
    )?;
    let programs = programs();
    let mut prices = vec![Vec::new(); programs.len()];
    for round in 1..=ROUNDS {
        for (program, prices) in programs.iter().zip(&mut prices) {
            let few = measure(&street.run(program, FEW)?)?;
            let many = measure(&street.run(program, MANY)?)?;
            let more = f64::from(MANY.cameras - FEW.cameras);
            let camera_mib = (many.memory_mib - few.memory_mib) / more;
            let base_mib = few.memory_mib - camera_mib * f64::from(FEW.cameras);
            let camera_cpu = (many.cpu_percent - few.cpu_percent) / more;
            writeln!(
                out,
                "{round:>6} {base_mib:>10.0} {camera_mib:>12.1} {camera_cpu:>12.2} {:>10.0}  {}",
                few.age_ms,
                program.display()
            )?;
            prices.push([base_mib, camera_mib, camera_cpu, few.age_ms]);
        }
    }
    for (program, prices) in programs.iter().zip(prices) {
        let column = |at: usize| median(&mut prices.iter().map(|row| row[at]).collect::<Vec<_>>());
        writeln!(
            out,
            "{:>6} {:>10.0} {:>12.1} {:>12.2} {:>10.0}  {}",
            "median",
            column(0),
            column(1),
            column(2),
            column(3),
            program.display()
        )?;
    }
    Ok(())
}

struct Measured {
    memory_mib: f64,
    cpu_percent: f64,
    /// From the time of a picture to its judgement, on average.
    age_ms: f64,
}

fn measure(gateway: &MeasuredGateway) -> Result<Measured> {
    let counters = || -> Result<[f64; 3]> {
        Ok([
            gateway.cpu_ms()?,
            gateway.total("gridwhistle_picture_age_seconds_sum", "")?,
            gateway.total("gridwhistle_picture_age_seconds_count", "")?,
        ])
    };
    let before = counters()?;
    std::thread::sleep(WINDOW);
    let after = counters()?;
    let [cpu_ms, age, pictures] = std::array::from_fn(|at| after[at] - before[at]);
    Ok(Measured {
        memory_mib: gateway.memory_mib()?,
        cpu_percent: cpu_ms / WINDOW.as_secs_f64() / 10.0,
        age_ms: age / pictures * 1000.0,
    })
}
