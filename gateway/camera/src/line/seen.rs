//! What the line saw of a session, for those on this side of it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rtp::{PacketCounts, Report};
use super::sdp::Presentation;
use crate::fault::SessionError;
use crate::hand_over::{HandOver, ReaderWatch};

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
    /// Why the camera did not hear our latest sign of life, if it did not.
    pub(crate) unheard: Option<SessionError>,
}

/// The same, shared.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedSeen {
    seen: Arc<Mutex<Seen>>,
    handed_over: HandOver,
    /// How many times something went to the client.
    times: Arc<AtomicU64>,
}

impl SharedSeen {
    /// Nothing yet. What goes to the client goes to another thread, and `handed_over` hears of it.
    pub(crate) fn telling(handed_over: HandOver) -> Self {
        Self { handed_over, ..Self::default() }
    }

    /// Something goes to the client.
    pub(crate) fn hand_over(&self) {
        self.handed_over.tell();
        self.times.fetch_add(1, Ordering::Relaxed);
    }

    /// How many times something went to the client.
    pub(crate) fn times_handed_over(&self) -> u64 {
        self.times.load(Ordering::Relaxed)
    }

    /// Who hears how the client's thread gets on; none if there are too many.
    pub(crate) fn watch_reader(&self) -> Option<ReaderWatch> {
        self.handed_over.watch()
    }

    /// For a moment: the line waits.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Seen> {
        // Every writer finishes what it writes.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
