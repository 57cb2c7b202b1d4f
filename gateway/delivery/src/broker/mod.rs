//! One MQTT connection, as delivery sees it: this folder alone knows the client library.
//!
//! A client and its event loop live for one connection and are never polled after an error:
//! `rumqttc` keeps what was in flight and may send it again (or, without a session at the broker,
//! drop it) on its own. What is resent is decided by the ledger alone.

pub(super) mod client;
mod codes;
pub(super) mod connection;
mod explain;
mod reasons;
pub(super) mod signal;
#[cfg(test)]
mod tests;
mod v311;
pub(super) mod v5;
