//! The messages of the centre that changed nothing, as JSON Lines.

use std::io::Write;
use std::path::Path;

use jiff::Timestamp;
use ledger::{HistoryReader, Stray};
use serde_json::json;

use super::error::AuditError;

/// Writes the latest such messages of the ledger at `path`, which a gateway may be using, the oldest
/// first.
///
/// # Errors
/// The ledger cannot be read, or nobody reads `out`.
pub(crate) fn list_strays(path: &Path, out: &mut dyn Write) -> Result<(), AuditError> {
    for stray in HistoryReader::open(path)?.strays()? {
        let Stray { at_micros, subject, bytes, result, reason } = stray;
        let at = Timestamp::from_microsecond(at_micros).unwrap_or(Timestamp::MAX).to_string();
        let line = json!({
            "at": at, "subject": subject, "bytes": bytes, "result": result, "reason": reason,
        });
        writeln!(out, "{line}").map_err(AuditError::Unwritable)?;
    }
    out.flush().map_err(AuditError::Unwritable)
}
