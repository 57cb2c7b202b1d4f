//! Alerts, their outgoing messages and their history on disk, in one transaction.
//!
//! A transactional outbox: an alert exists once [`Ledger::record`] has returned, and its message
//! leaves the outbox only by [`Ledger::acknowledge`]. Beside it goes the history, which only grows:
//! each entry is hashed with the one before it ([`Recorded::digest`]), and
//! [`Ledger::verify_chain`] names the first that is not what was recorded. Payloads are opaque bytes.
//!
//! ```
//! use ledger::{AlertRow, Entry, Ledger, OutgoingMessage, Sequence};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! let ledger = Ledger::open(&folder.path().join("ledger.sqlite3"))?;
//! let opened = Entry {
//!     alert: AlertRow {
//!         alert_id: "019a-1".into(),
//!         dedupe_key: "fire_passage_blocked|roi-3".into(),
//!         device_id: "cam-03".into(),
//!         seq: 1,
//!         state: "open".into(),
//!         updated_at_micros: 1_790_000_000_000_000,
//!     },
//!     message: OutgoingMessage {
//!         topic: "cg/v1/a/b/c/gw/evt/fire_safety/fire_passage_blocked".into(),
//!         payload: b"{}".to_vec(),
//!         retain: false,
//!     },
//! };
//! let sequences = ledger.record(&[opened], None)?;
//! let queued = ledger.unsent(Sequence::START, 10)?;
//! assert_eq!(queued[0].sequence, sequences[0]);
//! ledger.acknowledge(&sequences)?;
//! assert_eq!(ledger.depth()?.messages, 0);
//! # Ok(())
//! # }
//! ```

#![warn(clippy::indexing_slicing)]

mod alerts;
mod assessors;
mod casework;
mod entry;
mod error;
mod history;
mod lock;
mod marks;
mod outbox;
mod reader;
mod schema;
mod space;
mod store;
mod strays;

pub use casework::{CaseEventRow, Judgement, KnownCase};
pub use entry::{
    AlertRow, AlertState, Answer, AssessorState, CLOSED, Depth, Entry, OutgoingMessage,
    QueuedMessage, Sequence,
};
pub use error::{LedgerError, Remedy};
pub use history::chain::{Chain, ChainCheck, ChainError};
pub use history::recorded::{ALERT_STEP, HistoryEntry, Recorded};
pub use marks::Mark;
pub use reader::HistoryReader;
pub use store::Ledger;
pub use strays::{MAX_STRAY_TEXT_BYTES, MOST_STRAYS, Stray};
