//! The cameras of a scenario, served over RTSP until they are dropped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::error::PlayError;
use crate::camera::clip::Clip;
use crate::camera::server::{RtspServer, ServerHandle};
use crate::camera::simulated::SimulatedCamera;
use crate::scenario::model::Scenario;

/// Running cameras.
#[derive(Debug)]
pub struct Cameras {
    handle: ServerHandle,
    urls: Vec<String>,
    _shutdown: DropGuard,
}

impl Cameras {
    /// Opens the clips in `media` and serves them on `listen`.
    ///
    /// # Errors
    /// If a clip cannot be played or the port is taken.
    pub async fn start(
        scenario: &Scenario,
        media: &Path,
        listen: SocketAddr,
    ) -> Result<Self, PlayError> {
        let server = RtspServer::bind(listen, simulate(scenario, media)?).await?;
        let address = server.local_addr();
        let urls = scenario.cameras.iter().map(|camera| {
            // The password is not printed.
            let user = camera.credentials.as_ref().map(|_| "USER:PASSWORD@").unwrap_or_default();
            format!("rtsp://{user}{address}/{}", camera.id)
        });
        let urls = urls.collect();
        let handle = server.handle();
        let shutdown = CancellationToken::new();
        tokio::spawn(server.run(shutdown.clone()));
        Ok(Self { handle, urls, _shutdown: shutdown.drop_guard() })
    }

    /// The handle that watches the cameras and makes them fail.
    #[must_use]
    pub fn handle(&self) -> &ServerHandle {
        &self.handle
    }

    /// The address of each camera for a player.
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.urls
    }
}

/// The cameras of the scenario. Those with the same clip share its packets.
fn simulate(scenario: &Scenario, media: &Path) -> Result<Vec<SimulatedCamera>, PlayError> {
    let mut clips: BTreeMap<PathBuf, Arc<Clip>> = BTreeMap::new();
    let mut cameras = Vec::new();
    for camera in &scenario.cameras {
        let file = camera.clip.file(media)?;
        let clip = match clips.get(&file) {
            Some(clip) => Arc::clone(clip),
            None => {
                let clip = Clip::open(&file)
                    .map_err(|source| PlayError::Clip { camera: camera.id.clone(), source })?;
                let clip = Arc::new(clip);
                clips.insert(file, Arc::clone(&clip));
                clip
            }
        };
        cameras.push(SimulatedCamera {
            id: camera.id.clone(),
            clip,
            playback: camera.playback,
            start_offset: camera.start_offset,
            credentials: camera.credentials.clone(),
        });
    }
    Ok(cameras)
}
