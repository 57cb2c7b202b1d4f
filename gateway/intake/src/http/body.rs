//! The body of an answer, as it comes: bounded in size and time.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};

use super::fault::HttpError;

/// The body of an answer.
#[derive(Debug)]
pub(crate) struct Body(Incoming);

impl Body {
    pub(super) fn new(incoming: Incoming) -> Self {
        Self(incoming)
    }

    /// The next bytes; none at its end. Nothing is lost if it is dropped.
    ///
    /// # Errors
    /// If the connection broke.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, HttpError> {
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut self.0).poll_frame(cx)).await;
            match frame.transpose().map_err(|error| HttpError::of_hyper(&error))? {
                None => return Ok(None),
                // Trailers say nothing that is of use here.
                Some(frame) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Ok(Some(data)),
                    _ => {}
                },
            }
        }
    }

    /// All of it, `most` bytes at most; none if it was not there until `deadline`.
    ///
    /// # Errors
    /// If it is longer, or the connection broke.
    pub(crate) async fn whole(
        mut self,
        most: usize,
        deadline: Instant,
    ) -> Result<Option<Vec<u8>>, HttpError> {
        let mut all = Vec::new();
        loop {
            let Ok(next) = timeout_at(deadline, self.next()).await else { return Ok(None) };
            let Some(bytes) = next? else { return Ok(Some(all)) };
            if all.len() + bytes.len() > most {
                return Err(HttpError::TooLong {
                    what: "an answer that is longer than any it needs",
                });
            }
            all.extend_from_slice(&bytes);
        }
    }
}
