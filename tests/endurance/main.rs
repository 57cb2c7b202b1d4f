//! Endurance: the real ledger and the real publisher under a city's load, on brokers that die.
//!
//! Fleet: a hundred gateways on one Mosquitto. What each test found it writes to standard error,
//! past the test harness, so that `make test` shows it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken fixture fails the test at its line"
)]

mod alert;
mod centre;
mod chaos;
mod cluster;
mod fleet;
mod gateway;
mod report;
mod setting;
mod tally;
