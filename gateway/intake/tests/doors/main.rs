//! Doors over loopback: the adapters and simulated controllers with the faults of real ones.
//!
//! Time passes at once where all wait. The wall clock does not.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot get at its subject must fail"
)]

mod dahua;
mod honesty;
mod isapi;
mod login;
mod onvif;
mod privacy;
mod site;
mod tls;
mod trouble;
