//! How a camera is reached: over which network, where, and on what terms.

use std::sync::Arc;

use super::route::Route;
use crate::settings::Settings;

/// All that a new connection to a camera needs.
#[derive(Debug)]
pub(super) struct Reach<N> {
    pub(super) network: Arc<N>,
    pub(super) route: Route,
    pub(super) settings: Settings,
}
