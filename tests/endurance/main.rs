//! Endurance: the real ledger and the real publisher under a city's load, on brokers that die.
//!
//! Fleet: a hundred gateways on one Mosquitto. What each test found it writes to standard error,
//! past the test harness, so that `make test` shows it.

mod alert;
mod centre;
mod chaos;
mod cluster;
mod fleet;
mod gateway;
mod tally;

use std::io::Write;
use std::time::Duration;

use centre::Centre;

/// Generous: only a failing test waits for it.
const LIMIT: Duration = Duration::from_secs(60);

/// Shows a result although the test passes.
fn show(text: &str) {
    // Standard error may be closed; the assertions count all the same.
    drop(std::io::stderr().write_all(format!("{text}\n").as_bytes()));
}

/// A number from the environment, for runs longer than the test suite's.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}
