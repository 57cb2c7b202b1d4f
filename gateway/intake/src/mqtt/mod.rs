//! Sensors by MQTT: the plain way in for everything that has no protocol of its own here, and the
//! events that ONVIF devices publish.
//!
//! The connection to the broker is not here. Whoever has it subscribes to [`filters`], hands each
//! message to [`Inbox::deliver`], and acknowledges it by what that returns. So a message leaves the
//! broker once what follows from it is on disk.
//!
//! The plain way is one JSON message a reading, or a list of them, to `{prefix}/in/{device}`; its
//! schema is `in.schema.json` beside this file. Points and kinds come from the configuration. A name
//! that stands in a message goes nowhere, not even into a fault.

#[doc(hidden)]
pub mod fuzz;
mod inbox;
mod onvif_ej;
mod onvif_words;
mod plain_reading;
mod run;
mod said;
mod settings;

pub use inbox::{Delivered, Inbox};
pub use plain_reading::{MOST_READINGS, SCHEMA};
pub use run::run;
pub use said::MOST_MESSAGE_BYTES;
pub use settings::{DeviceSettings, OnvifItem, Point, Settings, Way, filters};
