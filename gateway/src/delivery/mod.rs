//! From the ledger to the broker: nothing leaves the disk before its PUBACK.
//!
//! One thread owns the connection. What is to be sent lies in the [`ledger`] (alerts) or on the
//! [`StatusBoard`] (latest state of each device); other threads only wake it. Delivery is at
//! least once and in order within a topic: consumers tell repetitions by `alert_id` and `seq`.

#![cfg_attr(not(test), expect(dead_code, reason = "the assembly does not start it yet"))]

mod broker;
mod drain;
mod fault;
mod metrics;
mod publisher;
mod session;
mod settings;
mod status;
mod tls;
mod window;

#[cfg(test)]
mod tests;

pub(crate) use fault::{DeliveryError, SetupError};
pub(crate) use publisher::{Drained, Health, Publisher, PublisherHandle, Waker};
pub(crate) use settings::{BrokerAddress, InvalidBrokerUrl, Identity, Login, Settings};
pub(crate) use status::{DeviceState, DeviceStatus, StatusBoard};
