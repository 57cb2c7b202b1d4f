//! Fire transmitters by GB/T 26875.3-2011: they connect to us, and send until we confirm.
//!
//! A transmitter (用户信息传输装置) stands beside the panel of a fire alarm system and reports for it.
//! What it sends is confirmed once it is kept, so nothing is lost while the gateway is down. It is known
//! by the source address in its frames, and a firewall decides who may connect: the protocol has no
//! password.
//!
//! Makers read the standard in different ways, so each transmitter has a [`Dialect`]. One maker sends
//! short frames of its own under the same name; they are read, too.
//!
//! The numbers of the standard are in `numbers.rs`. We have not read the standard itself, but four
//! independent programs that follow it; where they disagree, that file says so.

mod clock_time;
mod connection;
mod dialect;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod look;
mod message;
mod numbers;
mod run;
mod settings;
mod short_frame;
mod station;
mod strangers;

pub use dialect::{Dialect, SourceAddress, TestBit};
pub use run::run;
pub use settings::{Part, Point, Settings, Transmitter};
pub use strangers::Strangers;
