//! One entry of the history, and the hash that ties it to the one before.

use std::fmt;

use sha2::{Digest, Sha256};

/// One thing that happened. The ledger reads only its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What sort of thing it is: [`ALERT_STEP`] for what [`crate::Ledger::record`] keeps, else a
    /// word of the caller.
    pub kind: String,
    /// What it concerns: an alert's id, a device, a request.
    pub subject: String,
    /// When it happened: microseconds since the Unix epoch, UTC. The history is in the order of
    /// recording, whatever the times say, because clocks step back.
    pub at_micros: i64,
    /// The thing itself.
    pub body: Vec<u8>,
}

/// The [`HistoryEntry::kind`] of a step of an alert; its body is the payload of its message.
pub const ALERT_STEP: &str = "alert";

/// An entry in its place.
#[derive(Clone, PartialEq, Eq)]
pub struct Recorded {
    /// From 1, without gaps.
    pub number: u64,
    /// What happened.
    pub entry: HistoryEntry,
    /// Hash of the entry before; zeros before the first.
    pub previous: [u8; 32],
    /// [`Recorded::digest`] of this one.
    pub hash: [u8; 32],
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorded")
            .field("number", &self.number)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

impl Recorded {
    /// What the hash must be: SHA-256 over `previous`, number and time (each 8 bytes, big-endian),
    /// then kind, subject and body, each behind its length in bytes (8 bytes, big-endian).
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let HistoryEntry { kind, subject, at_micros, body } = &self.entry;
        let mut hasher = Sha256::new();
        hasher.update(self.previous);
        hasher.update(self.number.to_be_bytes());
        hasher.update(at_micros.to_be_bytes());
        for part in [kind.as_bytes(), subject.as_bytes(), body] {
            hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}
