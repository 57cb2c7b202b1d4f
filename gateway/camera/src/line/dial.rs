//! A connection to where a camera is, straight or through a tunnel of HTTP.

use super::camera_end::CameraEnd;
use super::network::Network;
use super::reach::Reach;
use super::route::Route;
use super::tunnel::Tunnel;
use crate::fault::SessionError;
use crate::settings::{Settings, Transport};

/// Connects to where `route` leads.
///
/// # Errors
/// If there is no way.
pub(super) async fn dial<N: Network>(
    network: &N,
    route: &mut Route,
    settings: &Settings,
) -> Result<CameraEnd, SessionError> {
    if settings.transport != Transport::Http {
        return Ok(CameraEnd::new(network.connect(&route.url, None, settings).await?));
    }
    let mut tunnel = Tunnel::open(network, route, settings).await?;
    tunnel.posts.make_ready(&Reach { network, route, settings }).await?;
    CameraEnd::tunnelled(tunnel)
}
