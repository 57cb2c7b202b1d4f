//! What a simulated camera is made of.

use std::sync::Arc;
use std::time::Duration;

use super::clip::Clip;
use super::digest::Credentials;
use super::quirk::quirks::Quirks;

/// One camera that an `RtspServer` serves at `rtsp://host:port/<id>`.
#[derive(Debug, Clone)]
pub struct SimulatedCamera {
    /// The path of its URL without the leading slash: letters, digits, `-`, `_`, `.` and inner
    /// `/`. Unique within a server.
    pub id: String,
    /// What it shows.
    pub clip: Arc<Clip>,
    /// What happens at the end of the clip.
    pub playback: Playback,
    /// The clip time shown at the start. For [`Playback::Loop`] it may exceed the clip's duration.
    pub start_offset: Duration,
    /// The camera asks for these by digest (RFC 2617) before every request but OPTIONS; `None`
    /// lets everybody in.
    pub credentials: Option<Credentials>,
    /// What it does otherwise than other cameras. The clip must have been opened for them.
    pub quirks: Quirks,
}

/// How a clip is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playback {
    /// Again and again, from the moment the server is bound. Every session sees the same moment
    /// of the clip. RTP time runs on where the clip starts again.
    Loop,
    /// Once, from the first PLAY of any session; then RTCP BYE, and the connections close.
    /// Afterwards the camera answers 404.
    Once,
}
