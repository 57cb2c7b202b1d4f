//! `gridwhistle ledger`: is the history what was recorded, and what does it say.

mod line;

#[cfg(test)]
mod tests;

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ledger::{Chain, ChainCheck, ChainFault, HistoryReader, LedgerError};
use scene::CaptureTime;

use line::{Line, hex};

/// Entries read at once.
const FETCH: usize = 64;

/// Why there is no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The history is not what was recorded.
    #[error("{path}: {fault}; what stands before it is as it was recorded")]
    Broken {
        /// The ledger, or the exported file.
        path: PathBuf,
        /// The first entry that does not fit.
        fault: ChainFault,
    },
    /// A line of an exported file is not one of `ledger export`.
    #[error(
        "{path}, line {line}: {reason}; expected a line as `gridwhistle ledger export` wrote it"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The exported file cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Standard output is closed.
    #[error("cannot write the export: {0}")]
    Unwritable(std::io::Error),
}

/// Which entries to export.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// Only those that concern this alert.
    pub(crate) alert_id: Option<String>,
    /// Only those that happened then or later.
    pub(crate) since: Option<CaptureTime>,
}

/// Reads the whole history of the ledger at `path`, which a gateway may be using.
///
/// # Errors
/// It cannot be read, or an entry is not what was recorded.
pub(crate) fn verify(path: &Path) -> Result<String, AuditError> {
    let chain = HistoryReader::open(path)?.verify()?;
    let chain = chain.map_err(|fault| AuditError::Broken { path: path.to_owned(), fault })?;
    Ok(report(path, &chain))
}

/// Reads a file that `ledger export` wrote. Where entries were left out, each run of consecutive
/// ones is held together.
///
/// # Errors
/// It cannot be read, a line is none of an export, or an entry is not what was recorded.
pub(crate) fn verify_export(path: &Path, lines: impl BufRead) -> Result<String, AuditError> {
    let (mut run, mut whole, mut gaps) = (None::<ChainCheck>, None::<(u64, i64)>, 0_u64);
    for (index, text) in lines.lines().enumerate() {
        let text =
            text.map_err(|source| AuditError::Unreadable { path: path.to_owned(), source })?;
        let recorded = line::read(&text).map_err(|reason| AuditError::Foreign {
            path: path.to_owned(),
            line: index + 1,
            reason,
        })?;
        let before = recorded.number.saturating_sub(1);
        let mut next = match run.take() {
            Some(run) if run.chain().head >= before => run,
            earlier => {
                gaps += u64::from(earlier.is_some());
                ChainCheck::behind(before, recorded.previous)
            }
        };
        next.take(&recorded)
            .map_err(|fault| AuditError::Broken { path: path.to_owned(), fault })?;
        let at = recorded.entry.at_micros;
        let (entries, first_at) = whole.unwrap_or((0, at));
        whole = Some((entries + 1, first_at));
        run = Some(next);
    }
    let (Some(run), Some((entries, first_at))) = (run, whole) else {
        return Ok(format!("{}: no entry\n", path.display()));
    };
    let span_micros = run.chain().span_micros.map(|(_, newest_at)| (first_at, newest_at));
    let mut text = report(path, &Chain { entries, pruned: 0, span_micros, ..run.chain() });
    if gaps > 0 {
        text.push_str(&format!("left out between them: {gaps} run(s) of other entries\n"));
    }
    Ok(text)
}

fn report(path: &Path, chain: &Chain) -> String {
    let entries = if chain.entries == 1 { "entry" } else { "entries" };
    let mut text = format!("{}: {} {entries}", path.display(), chain.entries);
    if let Some((first, newest)) = chain.span_micros {
        let (first, newest) = (moment(first), moment(newest));
        text.push_str(&format!(", the first of {first}, the newest of {newest}"));
    }
    text.push_str("; each is as it was recorded\n");
    if chain.pruned > 0 {
        let last = chain.pruned;
        text.push_str(&format!("entries 1 to {last} were removed when their time was over\n"));
    }
    text.push_str(&format!("head: entry {}, SHA-256 {}\n", chain.head, hex(&chain.hash)));
    text
}

fn moment(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs"), |at| at.to_string())
}

/// Writes the selected entries of the ledger at `path`, which a gateway may be using, as JSON Lines.
///
/// # Errors
/// The ledger cannot be read, or nobody reads `out`.
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
        let Some(last) = entries.last() else {
            return out.flush().map_err(AuditError::Unwritable);
        };
        after = last.number;
        for recorded in entries.iter().filter(|next| next.entry.at_micros >= since_micros) {
            writeln!(out, "{}", Line(recorded)).map_err(AuditError::Unwritable)?;
        }
    }
}
