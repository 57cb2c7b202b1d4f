//! An HTTP endpoint in the shape of eGova's third-party API (数字城管第三方对接): a second door of the
//! case centre, by which gateways report cases and fetch notices.
//!
//! Actions, required fields and the repetition of a `uid` are as integrators describe them. The
//! reply's envelope, the fields of CHECK_FEEDBACK and of notices, and most names of notices are not
//! public: those are ours. The client secret travels as it is, under TLS at best: its encryption by
//! SM2 is not reproduced.

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
