//! Whether a history is what was recorded.

use rusqlite::{Connection, ErrorCode};

use super::recorded::Recorded;
use super::rows::{self, end};

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
    /// Hash of the newest entry. Note it elsewhere, and you can tell later whether the history up
    /// to there was rewritten.
    pub hash: [u8; 32],
}

/// The first entry that does not fit, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {number} {reason}")]
pub struct ChainError {
    /// Which entry.
    pub number: u64,
    /// What is wrong with it, to be read after "entry 7".
    pub reason: &'static str,
}

/// Compares each entry with the one before it.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    chain: Chain,
}

impl ChainCheck {
    /// Starts behind entry `number`, which has this hash; number 0 and zeros before the first entry.
    #[must_use]
    pub const fn behind(number: u64, hash: [u8; 32]) -> Self {
        Self { chain: Chain { entries: 0, pruned: number, span_micros: None, head: number, hash } }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// It does not follow the one before it, or is not what was recorded.
    pub fn take(&mut self, next: &Recorded) -> Result<(), ChainError> {
        let expected = self.chain.head.saturating_add(1);
        let fault = |number, reason| Err(ChainError { number, reason });
        if next.number != expected {
            return fault(expected, "is missing");
        }
        if next.hash != next.digest() {
            return fault(next.number, "is not what was recorded: its hash differs");
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

    /// The entries taken until now.
    #[must_use]
    pub const fn chain(&self) -> Chain {
        self.chain
    }
}

/// Reads the whole history. The caller makes sure that nobody writes meanwhile.
pub(crate) fn verify(connection: &Connection) -> rusqlite::Result<Result<Chain, ChainError>> {
    let (number, hash) = match end(connection, "anchor") {
        Ok(anchor) => anchor,
        Err(error) => {
            return unreadable(error, 1, "cannot be reached: the history's anchor is damaged");
        }
    };
    let mut check = ChainCheck::behind(number, hash);
    let mut statement = connection.prepare(&format!("{} ORDER BY number", rows::COLUMNS))?;
    let mut rows = statement.query([])?;
    loop {
        let next = match rows.next().and_then(|row| row.map(rows::recorded).transpose()) {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(error) => return unreadable(error, check.chain.head + 1, "cannot be read"),
        };
        if let Err(fault) = check.take(&next) {
            return Ok(Err(fault));
        }
    }
    let chain = check.chain;
    let missing = || Ok(Err(ChainError { number: chain.head + 1, reason: "is missing" }));
    match end(connection, "head") {
        Ok((head, _)) if head > chain.head => missing(),
        Ok(head) if head == (chain.head, chain.hash) => Ok(Ok(chain)),
        Ok(_) => Ok(Err(ChainError { number: chain.head, reason: "is not the newest one noted" })),
        Err(error) => unreadable(error, chain.head, "may not be the newest: the head is damaged"),
    }
}

/// A damaged row, a value of another type than was written, or a missing one is a fault of the
/// history. Anything else is a fault of the disk.
fn unreadable<T>(
    error: rusqlite::Error,
    number: u64,
    reason: &'static str,
) -> rusqlite::Result<Result<T, ChainError>> {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        | rusqlite::Error::Utf8Error(..)
        | rusqlite::Error::QueryReturnedNoRows => Ok(Err(ChainError { number, reason })),
        error if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            Ok(Err(ChainError { number, reason }))
        }
        error => Err(error),
    }
}
