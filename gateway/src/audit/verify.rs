//! Whether a history is what was recorded: in the ledger itself, or in an exported file.

use std::io::BufRead;
use std::path::Path;

use jiff::Timestamp;
use ledger::{Chain, ChainCheck, HistoryReader};

use super::error::AuditError;
use super::line;

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
    text.push_str(&format!("head: entry {}, SHA-256 {}\n", chain.head, hex::encode(chain.hash)));
    text
}

fn moment(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map_or_else(|_| format!("{micros} µs"), |at| at.to_string())
}
