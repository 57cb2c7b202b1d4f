//! Finds the client that plays a camera, for those who look at it once.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::access_unit::AccessUnit;
use crate::fault::SessionError;
use crate::hand_over::HandOver;
use crate::settings::{Client, Settings};
use crate::video::Video;

/// A client has proved itself after this long, ...
const PROOF_TIME: Duration = Duration::from_secs(1);

/// ... or so many pictures: some fail on the second packet.
const PROOF_PICTURES: usize = 10;

/// A video that plays, and its first pictures.
pub struct Playing {
    /// The video, after its first pictures.
    pub video: Video,
    /// The first pictures; never empty.
    pub first: Vec<AccessUnit>,
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

async fn play_with(
    settings: &Settings,
    client: Client,
) -> Result<(Video, Vec<AccessUnit>), SessionError> {
    let mut video = Video::play(settings, client, &HandOver::default()).await?;
    let mut first = Vec::new();
    let limit = settings.first_frame_timeout;
    let mut deadline = Instant::now() + limit;
    let error = loop {
        match timeout_at(deadline, video.next()).await {
            Ok(Ok(unit)) => {
                if first.is_empty() {
                    deadline = Instant::now() + PROOF_TIME;
                }
                first.push(unit);
                if first.len() == PROOF_PICTURES {
                    return Ok((video, first));
                }
            }
            Ok(Err(error)) => break error,
            Err(_) if first.is_empty() => break video.silence(limit),
            Err(_) => return Ok((video, first)),
        }
    };
    video.close().await;
    Err(error)
}
