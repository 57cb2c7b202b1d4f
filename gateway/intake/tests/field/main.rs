//! The protocols of the field over the loopback: devices of `hw-sim`, and independent ones.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod gb26875;
mod judge;
mod modbus;
mod mqtt;
mod peers;
