//! Evidence given out over HTTPS, to those who hold a token.

mod answer;
mod body;
mod certificate;
mod pace;
mod server;
mod settings;
mod stock;

#[cfg(test)]
mod tests;

pub(crate) use server::EvidenceServer;
pub(crate) use settings::{HandoutSettings, Patience};
pub(crate) use stock::Stock;
