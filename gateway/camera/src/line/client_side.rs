//! The client's side of the line.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use url::Url;

use super::framing::{Framer, FramingError, Item};
use super::network::AnyWire;
use crate::fault::SessionError;

/// How long a client may leave its packets unread before it is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client.
pub(super) struct ClientSide {
    wire: AnyWire,
    framer: Framer,
    /// The address that stands for the camera's on this side.
    address: String,
}

impl ClientSide {
    /// A client that knows the camera as `address` and has said something already.
    pub(super) fn new(wire: AnyWire, address: &Url, first: &BytesMut) -> Self {
        let mut framer = Framer::default();
        framer.buffer().extend_from_slice(first);
        Self { wire, framer, address: address.to_string() }
    }

    /// Reads once; false at the end. Nothing is lost if it is dropped.
    pub(super) async fn read(&mut self) -> bool {
        matches!(self.wire.read_buf(self.framer.buffer()).await, Ok(1..))
    }

    /// The next item of what was read.
    pub(super) fn next(&mut self) -> Result<Option<Item>, FramingError> {
        self.framer.next()
    }

    /// Whether this is how it knows the camera.
    pub(super) fn means_camera(&self, uri: &str) -> bool {
        uri == self.address
    }

    /// Sends all of `bytes`.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        let written = timeout(PATIENCE, self.wire.write_all(bytes)).await;
        written.ok().and_then(Result::ok).ok_or(SessionError::Ended)
    }
}
