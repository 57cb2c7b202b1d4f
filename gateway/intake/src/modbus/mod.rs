//! Modbus TCP: registers and bits of sensors and converters, polled.
//!
//! One poll asks a device for all of its points: those that lie near each other by one request. A
//! device has its own task and its own connection, so none waits for another. Modbus has no events: a
//! contact that opens and closes between two polls is not seen.
//!
//! A block that is not answered makes its points bad. If a device has no such address, the block is
//! taken apart until the points that are wrong are found. They are named in the health.

mod block;
#[doc(hidden)]
pub mod fuzz;
mod line;
mod poll;
mod run;
mod settings;
mod telling;
mod units;
mod value;

pub use run::run;
pub use settings::{MOST_POINTS, Point, Settings, Table, ValueForm, WordOrder};
pub use telling::TOLD_AGAIN_EVERY;
