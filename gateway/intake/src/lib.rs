//! What doors and sensors say, on its way from the devices to the assessors.
//!
//! A protocol is one file here, such as `isapi.rs` or `modbus.rs`, and one line in its list. Its file
//! has three parts:
//!
//! - `Settings`: the devices, their addresses and accounts, and which of their points mean what.
//!   The configuration builds them.
//! - A pure function from the bytes of one message to [`Signal`](scene::Signal)s. It reads only the
//!   fields that it lists: what names a person never gets in.
//! - A task for each device. It connects, tries again after a loss, and ends when it is told to.
//!
//! All protocols share what is here. A device has one [`Serials`] and one [`DeviceClock`] over all of
//! its connections, and all tasks post into one [`Mailbox`].

mod device_clock;
mod mailbox;
mod serials;

pub use device_clock::DeviceClock;
pub use mailbox::{CAPACITY, Mailbox};
pub use serials::Serials;
