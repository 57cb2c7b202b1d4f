//! What the doors and sensors of a whole street cost the gateway: 90 checkpoints, 72 doors and 500 points of
//! Modbus at the rates of a rush hour, beside a gateway of the same run that has nothing to hear.
//!
//! Both are the real program, have the same cameras, and are measured in the same minutes by their processor
//! time. The goal: all devices together take less than 2 % of a core. `DOOR_LOAD_SECS` makes each round longer.

#[path = "../measured_gateway/process.rs"]
mod process;
mod site;
mod street;

use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hw_sim::play::{Cameras, LoadBroker};
use hw_sim::scenario::Scenario;
use process::{MeasuredGateway, free_address};
use site::{CAMERAS, Site, scenario_toml};
use street::{CHECKPOINTS, DOORS, MODBUS_POINTS, Street};

const ROUNDS: usize = 4;
const ROUND_SECS: u64 = 60;
/// Until every device was heard.
const PATIENCE: Duration = Duration::from_mins(2);
/// What is done once, such as the first look at all devices, is over by then.
const SETTLE: Duration = Duration::from_secs(20);
const GOAL_PERCENT: f64 = 2.0;

const SIGNALS: &str = "gridwhistle_device_messages_total";

fn main() -> Result<()> {
    let secs = std::env::var("DOOR_LOAD_SECS").ok().map_or(Ok(ROUND_SECS), |text| text.parse())?;
    let window = Duration::from_secs(secs);
    let work = tempfile::tempdir()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let broker = runtime.block_on(LoadBroker::start(work.path()))?;
    let street = runtime.block_on(Street::open())?;
    let media = site::root()?.join(".media");
    ensure!(media.join("street-h264.mp4").is_file(), "no recorded street: run `make setup` first");
    let eyes_on = free_address()?;
    let scenario = Scenario::parse(&scenario_toml(), &work.path().join("bench.toml"))?;
    let _cameras = runtime.block_on(Cameras::start(&scenario, &media, eyes_on))?;
    let site = Site { work: work.path(), broker: &broker, cameras: eyes_on };
    let idle = run(&site, "gw-idle", &[])?;
    let busy = run(&site, "gw-busy", &street.devices())?;
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{CHECKPOINTS} checkpoints, {DOORS} doors, {MODBUS_POINTS} points of Modbus: {} devices, beside \
         {CAMERAS} cameras",
        street.devices().len()
    )?;
    until_heard(&busy, street.devices().len())?;
    let rush = runtime.spawn(street.rush_hour());
    std::thread::sleep(SETTLE);
    let median = measure(window, (&idle, &busy), &mut out)?;
    ensure!(!rush.is_finished(), "the street has ended before the measurement");
    rush.abort();
    let verdict = if median < GOAL_PERCENT { "reached" } else { "MISSED" };
    writeln!(
        out,
        "median {median:.2} % of a core for all devices; goal {GOAL_PERCENT} %: {verdict}"
    )?;
    Ok(())
}

/// What all devices cost in the middle one of all rounds, in percent of a core.
fn measure(
    window: Duration,
    (idle, busy): (&MeasuredGateway, &MeasuredGateway),
    out: &mut impl Write,
) -> Result<f64> {
    writeln!(
        out,
        "{:>6} {:>9} {:>8} {:>8} {:>10} {:>12} {:>9} {:>9} {:>9}",
        "round",
        "signals/s",
        "idle %",
        "busy %",
        "devices %",
        "eyes more %",
        "idle MiB",
        "busy MiB",
        "MiB more"
    )?;
    let mut prices = Vec::new();
    for round in 1..=ROUNDS {
        let before = look(idle, busy)?;
        std::thread::sleep(window);
        let after = look(idle, busy)?;
        let [idle_ms, busy_ms, idle_eyes_ms, busy_eyes_ms, signals] =
            std::array::from_fn(|at| after[at] - before[at]);
        let percent = |cpu_ms: f64| cpu_ms / window.as_secs_f64() / 10.0;
        let price = percent(busy_ms) - percent(idle_ms);
        let (idle_mib, busy_mib) = (idle.memory_mib()?, busy.memory_mib()?);
        writeln!(
            out,
            "{round:>6} {:>9.1} {:>8.2} {:>8.2} {price:>10.2} {:>12.2} {idle_mib:>9.1} {busy_mib:>9.1} {:>9.1}",
            signals / window.as_secs_f64(),
            percent(idle_ms),
            percent(busy_ms),
            percent(busy_eyes_ms) - percent(idle_eyes_ms),
            busy_mib - idle_mib,
        )?;
        prices.push(price);
    }
    prices.sort_by(f64::total_cmp);
    Ok(prices.get(ROUNDS / 2).copied().unwrap_or(f64::NAN))
}

/// A gateway of this build with these devices.
fn run(site: &Site<'_>, id: &str, devices: &[(String, String)]) -> Result<MeasuredGateway> {
    let page = free_address()?;
    let folder = site.write(id, page, devices)?;
    let program: &OsStr = env!("CARGO_BIN_EXE_gridwhistle").as_ref();
    MeasuredGateway::start(program, Path::new(&folder), page)
}

/// Waits until every device answers.
fn until_heard(gateway: &MeasuredGateway, devices: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let up = gateway.total("gridwhistle_device_up", "").unwrap_or(0.0);
        if up > f64::from(u32::try_from(devices)?) - 0.5 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{up} of {devices} devices answer");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// Processor time of both gateways and of the eyes of both so far, in milliseconds, and the signals of the
/// second. Eyes look at the same cameras, and hear no device.
fn look(idle: &MeasuredGateway, busy: &MeasuredGateway) -> Result<[f64; 5]> {
    let [idle_ms, idle_eyes_ms] = halves(idle)?;
    let signals = busy.total(SIGNALS, "fate=\"signal\"")?;
    let [busy_ms, busy_eyes_ms] = halves(busy)?;
    Ok([idle_ms, busy_ms, idle_eyes_ms, busy_eyes_ms, signals])
}

fn halves(gateway: &MeasuredGateway) -> Result<[f64; 2]> {
    let own = gateway.cpu_ms_each()?.first().copied().unwrap_or_default();
    Ok([own, gateway.cpu_ms()? - own])
}
