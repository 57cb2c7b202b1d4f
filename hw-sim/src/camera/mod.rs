//! Simulated network cameras: recorded clips served over RTSP 1.0 (RFC 2326) in their own timing,
//! with sender reports that carry the true wall clock.
//!
//! ```text
//! MP4 ─▶ Clip (packetised once, shared) ─▶ Playout (one per session) ─▶ interleaved TCP | UDP
//!                                Timeline ─┘  clip time ⇄ wall clock
//! ```

mod clip;
mod connection;
mod digest;
mod media;
mod payload;
mod playout;
mod request;
mod rtcp;
mod sdp;
mod server;
mod session;
mod timeline;

use std::sync::Arc;
use std::time::Duration;

pub use clip::{AccessUnit, Clip, ClipError, Codec};
pub use digest::Credentials;
pub use server::{RtspServer, ServerError, ServerHandle};
pub use timeline::Timeline;

/// One camera that [`RtspServer`] serves at `rtsp://host:port/<id>`.
#[derive(Debug, Clone)]
pub struct SimulatedCamera {
    /// The path of its URL without the leading slash; letters, digits, `-`, `_`, `.` and inner
    /// `/`. Unique within a server.
    pub id: String,
    /// What it sees.
    pub clip: Arc<Clip>,
    /// What happens at the end of the clip.
    pub playback: Playback,
    /// The clip time shown at the start. For [`Playback::Loop`] it may exceed the clip's duration.
    pub start_offset: Duration,
    /// Asked for by digest (RFC 2617) before anything but OPTIONS; `None` lets everybody in.
    pub credentials: Option<Credentials>,
}

/// How a clip is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Playback {
    /// For ever, from the moment the server is bound. Every session sees the same moment of the
    /// clip; RTP time runs on over the seam.
    Loop,
    /// Once, from the first PLAY of any session; then RTCP BYE, and the connections close.
    /// Afterwards the camera answers 404.
    Once,
}
