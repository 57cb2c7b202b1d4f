//! `gridwhistle ledger`: from a folder to its ledger, and what the history says.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use super::{Stopped, build, exit};
use crate::audit::{self, Refusal, Selection};
use crate::cli::Since;
use runtime::utc_now;

/// `gridwhistle ledger verify`: the report about the ledger of a folder, or an exported file.
///
/// # Errors
/// Every fault of the folder; a ledger or file that cannot be read; the first entry that is not as
/// it was recorded.
pub(crate) fn verify_ledger(folder: &Path, file: Option<&Path>) -> Result<String, Stopped> {
    let Some(file) = file else {
        let config = build::load_config(folder)?;
        return audit::verify(&build::ledger_file(&config.storage)).map_err(stopped);
    };
    let exported = File::open(file).map_err(|source| {
        Stopped::new(exit::NO_INPUT, Refusal::Unreadable { path: file.to_owned(), source })
    })?;
    audit::verify_export(file, BufReader::new(exported)).map_err(stopped)
}

/// `gridwhistle ledger export`: writes the entries to `out`.
///
/// # Errors
/// Every fault of the folder; a ledger that cannot be read; nobody reads `out`.
pub(crate) fn export_ledger(
    folder: &Path,
    alert_id: Option<String>,
    since: Option<Since>,
    out: &mut dyn Write,
) -> Result<(), Stopped> {
    let config = build::load_config(folder)?;
    let since = since.map(|since| match since {
        Since::Ago(span) => utc_now().before(span),
        Since::At(at) => at,
    });
    let selection = Selection { alert_id, since };
    audit::export(&build::ledger_file(&config.storage), &selection, out).map_err(stopped)
}

fn stopped(refusal: Refusal) -> Stopped {
    let code = match &refusal {
        Refusal::Unwritable(_) => exit::FAULT,
        _ => exit::LEDGER,
    };
    Stopped::new(code, refusal)
}
