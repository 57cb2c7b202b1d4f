//! An XLSX workbook as sheets, after a look at how large it is unpacked.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use calamine::{DataRef, Reader, SheetVisible, Xlsx};
use zip::ZipArchive;

use crate::finding::{Findings, Spot};
use crate::limit::{MOST_PARTS, MOST_UNPACKED_BYTES};
use crate::sheet::{Measure, Sheet};

/// From here on a number of a spreadsheet no longer holds all of its digits (IEEE 754).
const DIGITS_ARE_LOST: f64 = 1e15;

/// Reads every visible sheet of a workbook. What cannot be read has been noted.
pub(crate) fn read(file: &Arc<str>, content: &[u8], findings: &mut Findings) -> Vec<Sheet> {
    // calamine reckons with what the workbook says of its own size, and panics where that cannot be.
    let sheets = AssertUnwindSafe(|| sheets(file, content, findings));
    catch_unwind(sheets).unwrap_or_else(|_panic| {
        let message =
            "the workbook is damaged: open it in the spreadsheet program and save it again as XLSX";
        findings.refuse::<()>(Spot::of_file(file), message);
        Vec::new()
    })
}

fn sheets(file: &Arc<str>, content: &[u8], findings: &mut Findings) -> Vec<Sheet> {
    let whole = Spot::of_file(file);
    if let Err(message) = check_unpacked(content) {
        findings.refuse::<()>(whole, message);
        return Vec::new();
    }
    let Ok(mut workbook) = Xlsx::new(Cursor::new(content)) else {
        findings.refuse::<()>(whole, "this is not an XLSX workbook: open it in the spreadsheet program and save it as XLSX, without a password");
        return Vec::new();
    };
    let visible =
        workbook.sheets_metadata().iter().filter(|sheet| sheet.visible == SheetVisible::Visible);
    let names: Vec<String> = visible.map(|sheet| sheet.name.clone()).collect();
    let (mut sheets, mut measure) = (Vec::new(), Measure::default());
    for name in names {
        let sheet = Sheet::empty(Arc::clone(file), Some(Arc::from(name.as_str())));
        match filled(sheet, &name, (&mut workbook, &mut measure), findings) {
            Some(sheet) => sheets.push(sheet),
            None => return sheets,
        }
    }
    sheets
}

fn filled(
    mut sheet: Sheet,
    name: &str,
    (workbook, measure): (&mut Xlsx<Cursor<&[u8]>>, &mut Measure),
    findings: &mut Findings,
) -> Option<Sheet> {
    let Ok(mut cells) = workbook.worksheet_cells_reader(name) else {
        // A chart has no cells.
        return Some(sheet);
    };
    let mut last_row = 0;
    loop {
        let cell = match cells.next_cell() {
            Ok(Some(cell)) => cell,
            Ok(None) => return Some(sheet),
            Err(_) => {
                let spot = sheet.spot(last_row, None);
                return findings.refuse(
                    spot,
                    "the workbook is damaged behind this row: save it again as XLSX",
                );
            }
        };
        let (row, column) = cell.get_position();
        let row = row.saturating_add(1);
        if row < last_row {
            return findings.refuse(
                sheet.spot(row, None),
                "the workbook is damaged: its rows are out of order; save it again as XLSX",
            );
        }
        last_row = row;
        let Some(text) = text(cell.get_value()) else {
            let spot = sheet.spot(row, Some((column, None)));
            findings
                .refuse::<()>(spot, "the cell shows an error of the spreadsheet: mend its formula");
            continue;
        };
        sheet.put((row, column), &text, measure, findings).ok()?;
    }
}

/// What a cell says; `None` for an error such as `#N/A`.
fn text(value: &DataRef<'_>) -> Option<String> {
    Some(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => digits(*number),
        DataRef::DateTime(time) => digits(time.as_f64()),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::Error(_) => return None,
    })
}

/// A number with all of its digits, or in the form that a spreadsheet shows when it has lost some.
fn digits(number: f64) -> String {
    if number.abs() < DIGITS_ARE_LOST { number.to_string() } else { format!("{number:E}") }
}

/// Unpacks each part and throws it away: what a workbook says of its own size may be untrue.
fn check_unpacked(content: &[u8]) -> Result<(), String> {
    let not_zip = || {
        "this is not an XLSX workbook: open it in the spreadsheet program and save it as XLSX, without a password".to_owned()
    };
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| not_zip())?;
    if archive.len() > MOST_PARTS {
        return Err(format!(
            "the workbook has more than {MOST_PARTS} parts: save only the sheets that are needed"
        ));
    }
    let mut left = MOST_UNPACKED_BYTES + 1;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| not_zip())?;
        left -= std::io::copy(&mut part.take(left), &mut std::io::sink()).map_err(|_| not_zip())?;
        if left == 0 {
            let limit = MOST_UNPACKED_BYTES / (1024 * 1024);
            return Err(format!(
                "the workbook is larger than {limit} MiB when it is unpacked: it is refused; save only the sheets that are needed, without pictures"
            ));
        }
    }
    Ok(())
}
