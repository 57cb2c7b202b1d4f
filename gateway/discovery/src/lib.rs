//! ONVIF devices on a network: found by WS-Discovery, asked for their streams, presets and events.
//!
//! Whoever answers is a stranger: answers are bounded in number, size and time, and a device is asked
//! only at the address that it answered from. The login goes to no other address.

mod answer;
mod device;
mod login;
mod probe;
mod report;
mod services;
mod soap;
mod xml;

#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use device::{Found, Source, Stream, ask};
pub use login::Login;
pub use probe::{GROUP, ProbeError, ProbeSettings, probe};
pub use report::report;
