//! What doors and sensors say, on its way from the devices to the assessors.
//!
//! A protocol is one file or folder here, such as `isapi`, and one line in this list. It has three parts:
//!
//! - `Settings`: the devices, their addresses and accounts, and which of their points mean what.
//!   The configuration builds them.
//! - A pure function from the bytes of one message to [`Signal`](scene::Signal)s. It reads only the
//!   fields that it lists: what names a person never gets in.
//! - A task for each device. It connects, tries again after a loss, and ends when it is told to.
//!
//! All protocols share what is here. A device is one [`Device`] over all of its connections, with a
//! [`DeviceMemory`] of its clock and its serial numbers that outlives the gateway, and all devices post
//! into one [`Mailbox`]. What a device must be acknowledged waits for the [`Receipt`]: then what follows
//! from it is on disk.

pub mod dahua;
mod device;
mod device_clock;
mod device_memory;
mod digest;
mod facts;
mod fate;
#[doc(hidden)]
pub mod fuzz;
pub mod gb26875;
mod health;
mod hearing;
mod http;
mod input_kind;
pub mod isapi;
mod loose;
mod mailbox;
pub mod modbus;
pub mod mqtt;
pub mod onvif;
mod pace;
mod point_names;
mod receipt;
mod refusal;
mod serials;
mod settings_fault;
mod unnumbered;
mod value_form;
mod weight;
mod written_time;

pub use device::{Device, Told};
pub use device_clock::DeviceClock;
pub use device_memory::DeviceMemory;
pub use health::{Counted, Counts, DeviceHealth, DeviceState, HealthSnapshot};
pub use http::WebServer;
pub use mailbox::{CAPACITY, Dropped, Mailbox, Posted};
pub use point_names::PointNames;
pub use receipt::{Receipt, Voucher};
pub use scene::DEVICE_POINT;
pub use settings_fault::SettingsFault;
