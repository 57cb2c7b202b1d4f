//! The ledger's file: whose it is, which version it has, and how it becomes the newest.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::error::LedgerError;

/// "GWLG": marks an SQLite file as a ledger of this gateway.
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"GWLG");

/// Step n (from 0) brings version n to version n + 1.
const MIGRATIONS: [&str; 4] = [
    include_str!("schema/v1.sql"),
    include_str!("schema/v2.sql"),
    include_str!("schema/v3.sql"),
    include_str!("schema/v4.sql"),
];

/// How long to wait for another program that uses the file, such as an operator's `sqlite3`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens, checks and upgrades the file.
pub(crate) fn open(path: &Path) -> Result<Connection, LedgerError> {
    let sqlite = |source| LedgerError::from_sqlite(path, source);
    if !path.exists() {
        // SQLite would let others read it. Its -wal, -shm and -journal files take after it.
        filing::open_or_make(path)
            .map_err(|source| LedgerError::of_new_file(path, path, source))?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
    let version = identify(&connection, path)?;
    // Before any write of ours. WAL needs one fsync a commit, and FULL makes it.
    connection.pragma_update(None, "journal_mode", "WAL").map_err(sqlite)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(sqlite)?;
    check(&connection, path)?;
    migrate(&mut connection, version).map_err(sqlite)?;
    Ok(connection)
}

/// Opens the file for reading only: it is neither made nor upgraded.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, LedgerError> {
    let sqlite = |source| LedgerError::from_sqlite(path, source);
    if !path.is_file() {
        return Err(LedgerError::Missing { path: path.to_path_buf() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(sqlite)?;
    let version = identify(&connection, path)?;
    if version == MIGRATIONS.len() {
        return Ok(connection);
    }
    let found = i32::try_from(version).unwrap_or(i32::MAX);
    Err(LedgerError::Older { path: path.to_path_buf(), found, known: newest() })
}

/// Reads the version; refuses a file that is not ours, before anything is written to it.
fn identify(connection: &Connection, path: &Path) -> Result<usize, LedgerError> {
    let sqlite = |source| LedgerError::from_sqlite(path, source);
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application_id = number("application_id").map_err(sqlite)?;
    let found = number("user_version").map_err(sqlite)?;
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(sqlite)?;
    let is_new = application_id == 0 && found == 0 && tables == 0;
    if application_id != APPLICATION_ID && !is_new {
        return Err(LedgerError::Foreign { path: path.to_path_buf(), application_id });
    }
    match usize::try_from(found) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(LedgerError::Newer { path: path.to_path_buf(), found, known: newest() }),
    }
}

/// Finds damage at the start, not at the first alert.
///
/// It reads the whole file: 0.1 s with 100 000 alerts delivered, 0.5 s with 200 000 messages waiting
/// (245 MB). `Ledger::forget_closed` and `Ledger::prune_history` keep it short.
fn check(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| LedgerError::from_sqlite(path, source))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(LedgerError::Damaged { path: path.to_path_buf(), reason: verdict })
    }
}

/// All missing steps in one transaction: a kill leaves the old version or the newest.
fn migrate(connection: &mut Connection, version: usize) -> rusqlite::Result<()> {
    if version == MIGRATIONS.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(version) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", newest())?;
    transaction.commit()
}

fn newest() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}
