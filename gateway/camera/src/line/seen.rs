//! What the line saw of a session, for those on this side of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rtp::{PacketCounts, Report};
use super::sdp::Presentation;

/// What was seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The stream that was described.
    pub(crate) presentation: Option<Presentation>,
    /// The latest sender report.
    pub(crate) report: Option<Report>,
    /// The RTP timestamp with which the stream began.
    pub(crate) first_timestamp: Option<u32>,
    /// What happened to its packets.
    pub(crate) packets: PacketCounts,
}

/// The same, shared.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedSeen(Arc<Mutex<Seen>>);

impl SharedSeen {
    /// For a moment: the line waits.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Seen> {
        // Every writer finishes what it writes.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
