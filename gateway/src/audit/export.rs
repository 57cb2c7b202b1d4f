//! The history as JSON Lines.

use std::io::Write;
use std::path::Path;

use ledger::HistoryReader;
use scene::CaptureTime;

use super::error::AuditError;
use super::line::EntryJson;

/// Entries read at once.
const FETCH: usize = 64;

/// Which entries to export.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Only those that concern this alert.
    pub(crate) alert_id: Option<String>,
    /// Only those that happened then or later.
    pub(crate) since: Option<CaptureTime>,
}

/// Writes the selected entries of the ledger at `path`, which a gateway may be using, as JSON Lines.
///
/// # Errors
/// The ledger cannot be read, holds nothing of the alert, or nobody reads `out`.
pub(crate) fn export(
    path: &Path,
    selection: &Selection,
    out: &mut dyn Write,
) -> Result<(), AuditError> {
    let reader = HistoryReader::open(path)?;
    let since_micros = selection.since.map_or(i64::MIN, CaptureTime::unix_micros);
    let mut after = 0;
    loop {
        let entries = reader.entries(selection.alert_id.as_deref(), after, FETCH)?;
        if let (true, 0, Some(alert_id)) = (entries.is_empty(), after, &selection.alert_id) {
            return Err(AuditError::NoSuchAlert { alert_id: alert_id.clone() });
        }
        let Some(last) = entries.last() else {
            return out.flush().map_err(AuditError::Unwritable);
        };
        after = last.number;
        for recorded in entries.iter().filter(|next| next.entry.at_micros >= since_micros) {
            writeln!(out, "{}", EntryJson(recorded)).map_err(AuditError::Unwritable)?;
        }
    }
}
