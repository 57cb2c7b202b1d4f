//! An HTTP endpoint of the case centre, modelled on eGova's third-party API (数字城管第三方对接):
//! gateways report cases to it and fetch notices from it.
//!
//! Actions, required fields and the handling of a repeated `uid` are as integrators describe them.
//! The envelope of replies, the fields of CHECK_FEEDBACK and of notices, and most names of notices
//! are not public; here they are our own. The client secret is sent in plain text, at best under TLS;
//! eGova's SM2 encryption is not reproduced.

mod account;
mod action;
mod envelope;
mod notice;
mod picture;
mod replies;
mod server;

pub use account::Account;
pub use server::{Egova, EgovaError, Faults, Served};

#[cfg(test)]
mod tests;
