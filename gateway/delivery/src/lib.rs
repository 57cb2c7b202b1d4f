//! From the ledger to the broker: nothing leaves the disk before its PUBACK.
//!
//! One thread owns the connection. What is to be sent lies in the [`ledger`] (alerts) or on the
//! [`StatusBoard`] (latest state of each device); other threads only wake it. Delivery is at
//! least once and in order within a topic: consumers tell repetitions by `alert_id` and `seq`.
//! One exception: a message too large for the broker waits, and the later ones of its alert wait
//! behind it. Other alerts of the topic pass it, because it may have to wait for ever.

mod alert_states;
mod asyncapi;
mod broker;
mod cloud_event;
mod credentials;
mod error;
mod health;
mod health_report;
mod inbox;
mod outbox;
mod publisher;
mod rival_news;
mod rivalry;
mod sensor_inbox;
mod sensor_status;
mod session;
mod settings;
mod shortfall;
mod status;
mod tls;
mod window;

#[cfg(test)]
mod tests;

pub use asyncapi::asyncapi;
pub use error::{DeliveryError, SetupError};
pub use health::Health;
pub use inbox::{Inbox, Incoming};
pub use publisher::{Drained, Hearers, Publisher, PublisherHandle, Waker};
pub use sensor_inbox::{SensorInbox, Taking};
pub use sensor_status::{SensorState, SensorStatus};
pub use settings::{BrokerAddress, Identity, Login, Protocol, Settings, SigningKeyNotice};
pub use status::{ClockNews, ConfigNews, ConfinementNews, DeviceState, DeviceStatus, StatusBoard};
