//! The line between a camera and the client that plays it.
//!
//! Clients are strict about text, and easily hurt by it. So no client talks to a camera. It talks to the
//! line, over loopback, and hears sound RTSP: one video stream, one session, one source. The line talks to
//! the camera, where asked to inside HTTP. It bounds what the camera may say, encrypts, logs in, follows
//! redirections, sends signs of life and ends the session. What is odd in a camera's words or packet headers
//! ends here; what is odd in its pictures is left to the client.

mod admission;
mod camera_end;
mod client_side;
mod datagrams;
mod dial;
mod dialogue;
mod entrance;
mod first_line;
mod framing;
mod head;
mod http;
mod life;
mod media;
mod network;
mod outlet;
mod post;
mod posts;
mod reach;
mod relay;
mod route;
mod rtp;
mod sdp;
mod seen;
mod steps;
mod straight;
mod tunnel;
mod waiting;

pub(crate) use entrance::{between, open};
pub(crate) use network::{AnyWire, Connection, Network, Port};
pub(crate) use rtp::Report;
pub(crate) use sdp::Presentation;
pub(crate) use seen::SharedSeen;
