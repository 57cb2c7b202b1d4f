//! Whether a history is what was recorded.

use rusqlite::{Connection, ErrorCode};

use super::{Recorded, end, recorded};

/// A history that holds together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How many entries are kept.
    pub entries: u64,
    /// Entries that were pruned before the first kept one.
    pub pruned: u64,
    /// The time of the first kept entry and of the newest, if there are any: microseconds since
    /// the Unix epoch, UTC.
    pub span_micros: Option<(i64, i64)>,
    /// Number of the newest entry; 0 before the first.
    pub head: u64,
    /// Hash of the newest entry. Whoever noted it elsewhere can tell later whether the history up
    /// to there was made anew.
    pub hash: [u8; 32],
}

/// The first entry that does not fit, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} {reason}")]
pub struct ChainFault {
    /// Which entry.
    pub number: u64,
    /// What is wrong with it, to be read behind "entry 7".
    pub reason: &'static str,
}

/// Holds one entry after the other to the one before.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    chain: Chain,
}

impl ChainCheck {
    /// The next entry must be the one behind entry `number`, whose hash this is; number 0 and
    /// zeros before the first of all.
    #[must_use]
    pub const fn behind(number: u64, hash: [u8; 32]) -> Self {
        Self { chain: Chain { entries: 0, pruned: number, span_micros: None, head: number, hash } }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// It does not follow the one before it, or is not what was recorded.
    pub fn take(&mut self, next: &Recorded) -> Result<(), ChainFault> {
        let expected = self.chain.head.saturating_add(1);
        let fault = |number, reason| Err(ChainFault { number, reason });
        if next.number != expected {
            return fault(expected, "is missing");
        }
        if next.hash != next.digest() {
            return fault(next.number, "is not what was recorded: its hash is another");
        }
        if next.previous != self.chain.hash {
            return fault(next.number, "does not follow the entry before it");
        }
        let at = next.entry.at_micros;
        let first_at = self.chain.span_micros.map_or(at, |(first_at, _)| first_at);
        self.chain = Chain {
            entries: self.chain.entries + 1,
            span_micros: Some((first_at, at)),
            head: next.number,
            hash: next.hash,
            ..self.chain
        };
        Ok(())
    }

    /// What has been taken so far.
    #[must_use]
    pub const fn chain(&self) -> Chain {
        self.chain
    }
}

/// Reads the whole history; the caller sees to it that nobody writes meanwhile.
pub(crate) fn verify(connection: &Connection) -> rusqlite::Result<Result<Chain, ChainFault>> {
    let (number, hash) = match end(connection, "anchor") {
        Ok(anchor) => anchor,
        Err(error) => {
            return unreadable(error, 1, "cannot be reached: the history's anchor is damaged");
        }
    };
    let mut check = ChainCheck::behind(number, hash);
    let mut statement = connection.prepare(&format!("{} ORDER BY number", super::COLUMNS))?;
    let mut rows = statement.query([])?;
    loop {
        let next = match rows.next().and_then(|row| row.map(recorded).transpose()) {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(error) => return unreadable(error, check.chain.head + 1, "cannot be read"),
        };
        if let Err(fault) = check.take(&next) {
            return Ok(Err(fault));
        }
    }
    let chain = check.chain;
    let missing = || Ok(Err(ChainFault { number: chain.head + 1, reason: "is missing" }));
    match end(connection, "head") {
        Ok((head, _)) if head > chain.head => missing(),
        Ok(head) if head == (chain.head, chain.hash) => Ok(Ok(chain)),
        Ok(_) => Ok(Err(ChainFault { number: chain.head, reason: "is not the newest one noted" })),
        Err(error) => unreadable(error, chain.head, "may not be the newest: the head is damaged"),
    }
}

/// A damaged row, a value of another sort than was written, or none, is a fault of the history;
/// anything else one of the disk.
fn unreadable<T>(
    error: rusqlite::Error,
    number: u64,
    reason: &'static str,
) -> rusqlite::Result<Result<T, ChainFault>> {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::QueryReturnedNoRows => Ok(Err(ChainFault { number, reason })),
        error if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            Ok(Err(ChainFault { number, reason }))
        }
        error => Err(error),
    }
}
