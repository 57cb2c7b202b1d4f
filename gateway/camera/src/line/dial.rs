//! A connection to where a camera is, straight or through a tunnel of HTTP.

use std::sync::Arc;

use super::camera_end::CameraEnd;
use super::network::Network;
use super::route::Route;
use super::tunnel::Tunnel;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};

/// Connects to where `route` leads.
///
/// # Errors
/// If there is no way.
pub(super) async fn dial<N: Network>(
    network: &Arc<N>,
    route: &mut Route,
    settings: &Settings,
) -> Result<CameraEnd<N>, SessionError> {
    let dialled = connect(network, route, settings).await;
    dialled.map_err(|error| route.told(error))
}

async fn connect<N: Network>(
    network: &Arc<N>,
    route: &mut Route,
    settings: &Settings,
) -> Result<CameraEnd<N>, SessionError> {
    // Datagrams of RTP are not encrypted, whatever their control connection is.
    if settings.transport == Transport::Udp && route.url.scheme() == "rtsps" {
        return Err(SessionError::InClear);
    }
    if settings.transport != Transport::Http {
        let connection = network.connect(&route.url, None, settings).await?;
        return Ok(CameraEnd::new(connection, settings.step_timeout));
    }
    let mut tunnel = Tunnel::open(network, route, settings).await?;
    tunnel.posts.make_ready().await?;
    CameraEnd::tunnelled(tunnel)
}
