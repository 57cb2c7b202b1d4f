//! A sheet as text: rows of cells, each with its place, within limits.

use std::sync::Arc;

use crate::finding::{Findings, Spot};
use crate::limit::{MOST_CELL_CHARS, MOST_COLUMNS, MOST_ROWS, MOST_TEXT_BYTES};

/// One sheet of a workbook, or a CSV file.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// The file.
    pub(crate) file: Arc<str>,
    /// The sheet's name in a workbook.
    pub(crate) name: Option<Arc<str>>,
    /// The rows that hold something, downwards.
    pub(crate) rows: Vec<Row>,
}

/// One row that holds something.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its number in the spreadsheet, from 1.
    pub(crate) number: u32,
    /// Its cells from the first column on, without the spaces around them.
    pub(crate) cells: Vec<String>,
}

/// How much of a file has been read.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    rows: usize,
    text_bytes: usize,
}

/// The file is larger than what is read; that has been noted as a fault.
#[derive(Debug)]
pub(crate) struct TooLarge;

impl Sheet {
    /// A sheet without rows.
    pub(crate) const fn empty(file: Arc<str>, name: Option<Arc<str>>) -> Self {
        Self { file, name, rows: Vec::new() }
    }

    /// The place of a row, and of a column in it.
    pub(crate) fn spot(&self, row: u32, column: Option<(u32, Option<Arc<str>>)>) -> Spot {
        Spot { file: Arc::clone(&self.file), sheet: self.name.clone(), row, column }
    }

    /// Puts `text` into a cell; `row` counts from 1 and does not decrease, `column` counts from 0.
    ///
    /// # Errors
    /// The file holds more than is read.
    pub(crate) fn put(
        &mut self,
        (row, column): (u32, u32),
        text: &str,
        measure: &mut Measure,
        findings: &mut Findings,
    ) -> Result<(), TooLarge> {
        let text =
            text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\u{200b}');
        if text.is_empty() {
            return Ok(());
        }
        let place = || self.spot(row, Some((column, None)));
        if column >= MOST_COLUMNS {
            let message = format!(
                "the sheet has more than {MOST_COLUMNS} columns: remove those that are not needed"
            );
            findings.refuse::<()>(place(), message);
            return Err(TooLarge);
        }
        if text.chars().nth(MOST_CELL_CHARS).is_some() {
            let message = format!("expected at most {MOST_CELL_CHARS} characters in a cell");
            findings.refuse::<()>(place(), message);
            return Ok(());
        }
        measure.text_bytes += text.len();
        if measure.text_bytes > MOST_TEXT_BYTES {
            let limit = MOST_TEXT_BYTES / (1024 * 1024);
            findings.refuse::<()>(
                place(),
                format!("the file holds more than {limit} MiB of text up to here: split it"),
            );
            return Err(TooLarge);
        }
        if self.rows.last().is_none_or(|last| last.number < row) {
            measure.rows += 1;
            if measure.rows > MOST_ROWS {
                findings.refuse::<()>(
                    place(),
                    format!("the file has more than {MOST_ROWS} rows: split it"),
                );
                return Err(TooLarge);
            }
            self.rows.push(Row { number: row, cells: Vec::new() });
        }
        if let Some(last) = self.rows.last_mut() {
            let column = usize::try_from(column).unwrap_or_default();
            if last.cells.len() <= column {
                last.cells.resize(column + 1, String::new());
            }
            if let Some(cell) = last.cells.get_mut(column) {
                text.clone_into(cell);
            }
        }
        Ok(())
    }
}
