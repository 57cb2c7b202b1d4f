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
mod report;
mod setting;
mod tally;
