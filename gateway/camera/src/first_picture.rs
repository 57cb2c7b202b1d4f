//! Finds the client that plays a camera, for those who look at it once.

use tokio::time::{Instant, timeout_at};

use crate::access_unit::AccessUnit;
use crate::fault::SessionError;
use crate::settings::{Client, Settings};
use crate::video::Video;

/// A video that plays, and its first picture.
pub struct Playing {
    /// The video, after its first picture.
    pub video: Video,
    /// The first picture.
    pub first: AccessUnit,
    /// Why the native client did not play it, if the compatible one had to.
    pub instead: Option<SessionError>,
}

/// Plays `settings.url` with the client that `settings.client` names; with `Auto`, as a session would.
///
/// # Errors
/// Why no picture came. With `Auto`, both clients were tried if that made sense.
pub async fn play(settings: &Settings) -> Result<Playing, SessionError> {
    let first = match settings.client {
        Client::Auto => Client::Native,
        client => client,
    };
    match play_with(settings, first).await {
        Ok((video, first)) => Ok(Playing { video, first, instead: None }),
        Err(error) if settings.client == Client::Auto && error.other_client_may_play() => {
            let (video, first) = play_with(settings, Client::Compatible).await?;
            Ok(Playing { video, first, instead: Some(error) })
        }
        Err(error) => Err(error),
    }
}

async fn play_with(settings: &Settings, client: Client) -> Result<(Video, AccessUnit), SessionError> {
    let mut video = Video::play(settings, client).await?;
    let limit = settings.first_frame_timeout;
    let first = timeout_at(Instant::now() + limit, video.next()).await;
    let error = match first {
        Ok(Ok(unit)) => return Ok((video, unit)),
        Ok(Err(error)) => error,
        Err(_) => video.silence(limit),
    };
    video.close().await;
    Err(error)
}
