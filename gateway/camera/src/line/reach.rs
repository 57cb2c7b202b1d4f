//! How a camera is reached: over which network, where, and on what terms.

use super::network::Network;
use super::route::Route;
use crate::settings::Settings;

/// All that a new connection to a camera needs.
pub(super) struct Reach<'a, N: Network> {
    pub(super) network: &'a N,
    pub(super) route: &'a Route,
    pub(super) settings: &'a Settings,
}
