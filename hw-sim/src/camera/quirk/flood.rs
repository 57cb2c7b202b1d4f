//! What a hostile camera sends without end.

use std::time::Duration;

/// Bytes that are sent after the answer to a request until the client hangs up.
#[derive(Debug)]
pub(crate) struct Flood {
    /// The request that sets it off.
    pub(crate) method: &'static str,
    /// Whether the request is answered before.
    pub(crate) is_after_reply: bool,
    /// The next bytes.
    pub(crate) next: fn(&FloodState<'_>) -> Vec<u8>,
    /// The time between them.
    pub(crate) pause: Duration,
}

/// How far a flood has come.
#[derive(Debug)]
pub(crate) struct FloodState<'a> {
    /// How often bytes were sent before.
    pub(crate) count: u64,
    /// CSeq of the request.
    pub(crate) cseq: &'a str,
    /// SSRC and next sequence number of the session, if there is one.
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
}
