//! The events of a device, part by part: paced in bytes, and ended by silence.

use tokio::time::{Instant, sleep, timeout_at};

use super::body::Body;
use super::fault::HttpError;
use super::multipart::{Multipart, Part};
use crate::pace::Pace;

/// Bytes a second that a device may send in the long run, and at once: pictures come with events.
const BYTES_EACH_SEC: f64 = 1_048_576.0;
const BYTES_AT_ONCE: f64 = 16_777_216.0;

/// A stream of parts.
#[derive(Debug)]
pub(crate) struct PartStream {
    body: Body,
    parts: Multipart,
    pace: Pace,
    limit: std::time::Duration,
    silent_at: Instant,
}

impl PartStream {
    /// The parts of an answer's `body`. No part may take longer than `limit` after the one before:
    /// bytes that come to nothing whole are silence, too.
    pub(crate) fn new(content_type: &[u8], body: Body, limit: std::time::Duration) -> Self {
        let parts = Multipart::new(content_type);
        let pace = Pace::new(BYTES_EACH_SEC, BYTES_AT_ONCE);
        Self { body, parts, pace, limit, silent_at: Instant::now() + limit }
    }

    /// The next part.
    ///
    /// # Errors
    /// If the device is silent, ends the stream, or its connection breaks.
    pub(crate) async fn next(&mut self) -> Result<Part, HttpError> {
        loop {
            if let Some(part) = self.parts.next() {
                self.silent_at = Instant::now() + self.limit;
                return Ok(part);
            }
            let silent = HttpError::Silent { limit: self.limit };
            let bytes =
                timeout_at(self.silent_at, self.body.next()).await.map_err(|_| silent)??;
            let bytes = bytes.ok_or(HttpError::Ended)?;
            self.parts.push(&bytes);
            let pause = self.pace.wait_for(bytes.len());
            if !pause.is_zero() {
                // What it sends meanwhile waits with the device.
                sleep(pause).await;
            }
        }
    }
}
