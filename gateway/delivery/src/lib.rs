//! From the ledger to the broker: nothing leaves the disk before its PUBACK.
//!
//! One thread owns the connection. What is to be sent lies in the [`ledger`] (alerts) or on the
//! [`StatusBoard`] (latest state of each device); other threads only wake it. Delivery is at
//! least once and in order within a topic: consumers tell repetitions by `alert_id` and `seq`.
//! One exception: a message too large for the broker waits, and the later ones of its alert wait
//! behind it, but other alerts of the topic pass, for it may have to wait for ever.

mod asyncapi;
mod broker;
mod cloud_event;
mod credentials;
mod drain;
mod fault;
mod inbox;
mod publisher;
mod retention;
mod session;
mod settings;
mod states;
mod status;
mod tls;
mod trouble;
mod window;

#[cfg(test)]
mod tests;

pub use asyncapi::asyncapi;
pub use inbox::{Inbox, Incoming};
pub use publisher::{Health, Publisher, PublisherHandle};
pub use settings::{BrokerAddress, Identity, Login, Protocol, Settings, SigningKeyNotice};
pub use status::{ConfigNews, DeviceState, DeviceStatus, StatusBoard};
