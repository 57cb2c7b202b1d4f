//! One coded picture as a client hands it over.

use bytes::Bytes;

/// A coded picture before its time is known.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    /// NAL units with start codes.
    pub(crate) data: Bytes,
    /// Parameter sets that the client took out of the stream, with start codes; empty if they are the same.
    pub(crate) sets: Bytes,
    /// Its RTP timestamp, unwrapped; none if the client could not tell.
    pub(crate) rtp: Option<i64>,
    /// RTP packets lost before or within it.
    pub(crate) loss: u16,
}

/// Why a client hands over no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientEnd {
    /// Its connection ended.
    Closed,
    /// It could not go on with what it got.
    Failed,
    /// It has a fault.
    Panicked,
}
