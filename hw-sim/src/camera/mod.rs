//! Simulated network cameras: recorded clips served over RTSP 1.0 (RFC 2326) in their own timing,
//! with sender reports that carry the true wall clock.
//!
//! ```text
//! MP4 ─▶ Clip (packetised once, shared) ─▶ Playout (one per session) ─▶ interleaved TCP | UDP
//!                                Timeline ─┘  clip time ⇄ wall clock
//! ```

mod camera_set;
pub(crate) mod clip;
pub(crate) mod clip_span;
mod codec;
mod connection;
pub(crate) mod digest;
pub(crate) mod error;
mod media;
mod payload;
mod playout;
mod random;
mod request;
mod rtcp;
mod sdp;
pub(crate) mod server;
mod session;
pub(crate) mod simulated;
mod timeline;

pub use clip::{AccessUnit, Clip, ClipError};
pub use clip_span::ClipSpan;
pub use codec::Codec;
pub use digest::Credentials;
pub use error::ServerError;
pub use server::{RtspServer, ServerHandle};
pub use simulated::{Playback, SimulatedCamera};
pub use timeline::Timeline;
