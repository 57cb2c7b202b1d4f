//! Simulated network cameras: recorded clips served over RTSP 1.0 (RFC 2326) in their own timing,
//! with sender reports that carry the true wall clock.
//!
//! ```text
//! MP4 ─▶ Clip (packetised once, shared) ─▶ Playout (one per session) ─▶ interleaved TCP | UDP
//!                                Timeline ─┘  clip time ⇄ wall clock
//! ```
//!
//! RTSP may also come inside HTTP: then requests come in by the body of a POST, and answers and pictures go out
//! by the answer to a GET (`visit`, `inlet`).
//!
//! What cameras do otherwise than the standards say is in `quirk`: a list of rows, switched on by name.

mod camera_set;
mod challenge;
pub(crate) mod clip;
pub(crate) mod clip_span;
pub(crate) mod codec;
mod connection;
mod description;
pub(crate) mod digest;
pub(crate) mod error;
mod inlet;
mod login;
mod media;
mod packet;
mod payload;
mod playout;
pub mod quirk;
pub(crate) mod random;
mod reply;
mod request;
mod rtcp;
mod sdp;
pub(crate) mod server;
mod session;
mod side_stream;
pub(crate) mod simulated;
mod sound;
mod timeline;
mod tunnel_habit;
mod visit;

pub use clip::{AccessUnit, Clip, ClipError};
pub use clip_span::ClipSpan;
pub use codec::Codec;
pub use digest::Credentials;
pub use error::ServerError;
pub use quirk::{EncodingError, Outcome, Quirk, Quirks, QuirksError};
pub use server::{RtspServer, ServerHandle};
pub use simulated::{Playback, SimulatedCamera};
pub use timeline::Timeline;
