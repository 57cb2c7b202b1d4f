//! A CSV file as a sheet.

use std::sync::Arc;

use csv::{ByteRecord, ReaderBuilder, Terminator};

use crate::encoding;
use crate::finding::{Findings, Spot};
use crate::sheet::{Measure, Sheet};

/// What may stand between the cells: Excel writes semicolons where a comma is the decimal sign, and tabs
/// into what it calls Unicode text.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// So many characters tell which of them it is.
const PROBED_CHARS: usize = 4096;

/// Reads a CSV file. `None` if it cannot be read; that has been noted.
pub(crate) fn read(file: &Arc<str>, content: &[u8], findings: &mut Findings) -> Option<Sheet> {
    let text = match encoding::text(content) {
        Ok(text) => text,
        Err(row) => {
            let spot = Spot { row, ..Spot::of_file(file) };
            return findings.refuse(
                spot,
                "this is neither UTF-8 nor GB18030: save the sheet as CSV UTF-8 or as XLSX",
            );
        }
    };
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator(&text))
        .terminator(Terminator::CRLF)
        .from_reader(text.as_bytes());
    let mut sheet = Sheet::empty(Arc::clone(file), None);
    let (mut record, mut measure) = (ByteRecord::new(), Measure::default());
    let mut number = 0u32;
    loop {
        let before = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Some(sheet),
            // The text is in memory, and its rows may have any length: there is nothing else to go wrong.
            Err(_) => {
                return findings.refuse(
                    Spot { row: number, ..Spot::of_file(file) },
                    "no rows can be read from here on",
                );
            }
        }
        // The reader passes over empty lines, which a spreadsheet counts, and counts lines inside of quotes.
        let inside: usize =
            record.iter().map(|cell| cell.iter().filter(|byte| **byte == b'\n').count()).sum();
        let inside = u64::try_from(inside).unwrap_or_default();
        let rows = reader.position().line().saturating_sub(before).saturating_sub(inside).max(1);
        number = number.saturating_add(u32::try_from(rows).unwrap_or(u32::MAX));
        for (column, cell) in (0..).zip(record.iter()) {
            let cell = std::str::from_utf8(cell).unwrap_or_default();
            if sheet.put((number, column), cell, &mut measure, findings).is_err() {
                return None;
            }
        }
    }
}

/// What stands most often between the first cells.
fn separator(text: &str) -> u8 {
    let probed = || {
        text.bytes().take(PROBED_CHARS).take_while({
            let mut lines = 0;
            move |byte| {
                lines += usize::from(*byte == b'\n');
                lines < 10
            }
        })
    };
    let count = |separator: u8| probed().filter(|byte| *byte == separator).count();
    // Of equals the first.
    SEPARATORS.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}
