//! The rows in which SQLite keeps the history.

use rusqlite::{Connection, Params, Row, Transaction, params};

use super::recorded::{HistoryEntry, Recorded};

/// Puts an entry behind the newest one.
pub(crate) fn append(transaction: &Transaction<'_>, entry: &HistoryEntry) -> rusqlite::Result<u64> {
    let (head, previous) = end(transaction, "head")?;
    let mut recorded = Recorded { number: head + 1, entry: entry.clone(), previous, hash: [0; 32] };
    recorded.hash = recorded.digest();
    let number = as_row(recorded.number);
    transaction
        .prepare_cached(
            "INSERT INTO history (number, at, kind, subject, body, previous, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            number,
            entry.at_micros,
            entry.kind,
            entry.subject,
            entry.body,
            recorded.previous,
            recorded.hash
        ])?;
    transaction
        .prepare_cached("UPDATE history_end SET number = ?1, hash = ?2 WHERE name = 'head'")?
        .execute(params![number, recorded.hash])?;
    Ok(recorded.number)
}

/// The number and hash at an end of the kept history.
pub(super) fn end(connection: &Connection, name: &str) -> rusqlite::Result<(u64, [u8; 32])> {
    connection
        .prepare_cached("SELECT number, hash FROM history_end WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?)))
}

pub(super) const COLUMNS: &str =
    "SELECT number, at, kind, subject, body, previous, hash FROM history";

pub(crate) fn entries(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Recorded>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = format!("{COLUMNS} WHERE number > ?1 ORDER BY number LIMIT ?2");
    select(connection, &query, [as_row(after), limit])
}

pub(crate) fn entries_of(
    connection: &Connection,
    subject: &str,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Recorded>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = format!("{COLUMNS} WHERE subject = ?1 AND number > ?2 ORDER BY number LIMIT ?3");
    select(connection, &query, params![subject, as_row(after), limit])
}

fn select(
    connection: &Connection,
    query: &str,
    values: impl Params,
) -> rusqlite::Result<Vec<Recorded>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(values, recorded)?;
    rows.collect()
}

pub(super) fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    Ok(Recorded {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        entry: HistoryEntry {
            at_micros: row.get(1)?,
            kind: row.get(2)?,
            subject: row.get(3)?,
            body: row.get(4)?,
        },
        previous: row.get(5)?,
        hash: row.get(6)?,
    })
}

/// A number as SQLite keeps it. No history reaches the end of that range.
pub(super) fn as_row(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
