//! The cameras of a scenario, served over RTSP until they are dropped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::{CancellationToken, DropGuard};

use super::error::PlayError;
use crate::camera::clip::Clip;
use crate::camera::codec::Codec;
use crate::camera::digest::Credentials;
use crate::camera::quirk::act::Quirk;
use crate::camera::quirk::encoding::{Encoding, SMALL_H264, SMALL_H265};
use crate::camera::quirk::quirks::Quirks;
use crate::camera::server::{RtspServer, ServerHandle};
use crate::camera::simulated::{Playback, SimulatedCamera};
use crate::scenario::model::Scenario;

/// User and password of the cameras of [`Cameras::with_quirks`] that ask for them.
pub const QUIRK_LOGIN: [&str; 2] = ["guard", "gate 7"];

/// The cameras without a quirk that [`Cameras::with_quirks`] adds: one of H.264, one of H.265, and one
/// that asks for the password.
pub const PLAIN_CAMERAS: [&str; 3] = ["plain", "plain-h265", "plain-login"];

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
        Self::serve(simulate(scenario, media)?, listen).await
    }

    /// One camera for each of `quirks`, with its name, and the [`PLAIN_CAMERAS`]. They show the street
    /// of `media`, small and slow, so that many of them can be watched at once.
    ///
    /// # Errors
    /// If a clip cannot be encoded or played, or the port is taken.
    pub async fn with_quirks(
        quirks: impl IntoIterator<Item = &'static Quirk>,
        media: &Path,
        listen: SocketAddr,
    ) -> Result<Self, PlayError> {
        let mut clips = Clips::new(media);
        let mut small = |id: &str, codec, has_login: bool, quirks| -> Result<_, PlayError> {
            let (clip, usual) = match codec {
                Codec::H264 => ("street-h264.mp4", &[SMALL_H264]),
                Codec::H265 => ("street-h265.mp4", &[SMALL_H265]),
            };
            let [user, password] = QUIRK_LOGIN;
            Ok(SimulatedCamera {
                id: id.to_owned(),
                clip: clips.open(id, &media.join(clip), &quirks, usual)?,
                playback: Playback::Loop,
                start_offset: Duration::ZERO,
                credentials: has_login.then(|| Credentials::new(user, password)),
                quirks,
            })
        };
        let mut cameras = Vec::new();
        for (id, codec) in PLAIN_CAMERAS.into_iter().zip([Codec::H264, Codec::H265, Codec::H264]) {
            cameras.push(small(id, codec, id == "plain-login", Quirks::default())?);
        }
        for quirk in quirks {
            let codec = if quirk.needs_h265() { Codec::H265 } else { Codec::H264 };
            cameras.push(small(quirk.name, codec, quirk.needs_login(), Quirks::only(quirk))?);
        }
        Self::serve(cameras, listen).await
    }

    async fn serve(cameras: Vec<SimulatedCamera>, listen: SocketAddr) -> Result<Self, PlayError> {
        let logins: Vec<(String, bool)> =
            cameras.iter().map(|it| (it.id.clone(), it.credentials.is_some())).collect();
        let server = RtspServer::bind(listen, cameras).await?;
        let address = server.local_addr();
        let urls = logins.into_iter().map(|(id, needs_login)| {
            // The password is not printed.
            let user = if needs_login { "USER:PASSWORD@" } else { "" };
            format!("rtsp://{user}{address}/{id}")
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

/// Clips by file and quirks: cameras with the same clip share its packets.
struct Clips {
    /// Where clips are encoded to.
    folder: PathBuf,
    open: BTreeMap<PathBuf, Arc<Clip>>,
}

impl Clips {
    fn new(media: &Path) -> Self {
        Self { folder: media.join("quirks"), open: BTreeMap::new() }
    }

    /// The clip in `file` as a camera with these quirks shows it. Unless they ask for another encoding,
    /// it is encoded as `usual` says.
    fn open(
        &mut self,
        camera: &str,
        file: &Path,
        quirks: &Quirks,
        usual: &[Encoding],
    ) -> Result<Arc<Clip>, PlayError> {
        let encodings = match quirks.encodings() {
            [] => usual,
            asked => asked,
        };
        let encode = |encoding: &Encoding| encoding.ensure(file, &self.folder);
        let mut encoded = encodings.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
        let others = if encoded.is_empty() { Vec::new() } else { encoded.split_off(1) };
        let first = encoded.pop().unwrap_or_else(|| file.to_owned());
        let is_shared = others.is_empty() && !quirks.touch_units();
        if let Some(clip) = self.open.get(&first).filter(|_| is_shared) {
            return Ok(Arc::clone(clip));
        }
        let open = |file: &PathBuf| {
            Clip::open_for(file, quirks)
                .map_err(|source| PlayError::Clip { camera: camera.to_owned(), source })
        };
        let mut clip = open(&first)?;
        for next in &others {
            clip = clip.followed_by(open(next)?);
        }
        let clip = Arc::new(clip);
        if is_shared {
            self.open.insert(first, Arc::clone(&clip));
        }
        Ok(clip)
    }
}

/// The cameras of the scenario.
fn simulate(scenario: &Scenario, media: &Path) -> Result<Vec<SimulatedCamera>, PlayError> {
    let mut clips = Clips::new(media);
    let mut cameras = Vec::new();
    for camera in &scenario.cameras {
        let file = camera.clip.file(media)?;
        cameras.push(SimulatedCamera {
            id: camera.id.clone(),
            clip: clips.open(&camera.id, &file, &camera.quirks, &[])?,
            playback: camera.playback,
            start_offset: camera.start_offset,
            credentials: camera.credentials.clone(),
            quirks: camera.quirks,
        });
    }
    Ok(cameras)
}
