//! Bytes of any kind, and files that are made to be too large.

use std::io::{Cursor, Write};

use proptest::collection::vec;
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::stage::{folder, refused};
use crate::limit::{MOST_CELL_CHARS, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED_BYTES};
use crate::{SheetFile, plan};

fn told(content: &[u8]) -> String {
    match plan(&[SheetFile { name: "sheet", content }], &folder(), false) {
        Ok(plan) => plan.to_string(),
        Err(faults) => faults.to_string(),
    }
}

/// A small workbook that is right.
fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let page = workbook.add_worksheet();
    for (row, cells) in (0..).zip([
        ["编号", "取流地址", "经度", "纬度"],
        ["cam-1", "rtsp://192.0.2.1/1", "117.1", "40.1"],
    ]) {
        for (column, cell) in (0..).zip(cells) {
            page.write(row, column, cell).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// The parts of a workbook, with one of them replaced.
fn with_part(name: &str, content: impl AsRef<[u8]>) -> Vec<u8> {
    let original = workbook();
    let mut parts = zip::ZipArchive::new(Cursor::new(original.as_slice())).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for index in 0..parts.len() {
        let mut part = parts.by_index(index).unwrap();
        let called = part.name().unwrap().into_owned();
        writer.start_file(&called, options).unwrap();
        if called == name {
            writer.write_all(content.as_ref()).unwrap();
        } else {
            std::io::copy(&mut part, &mut writer).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

const SHEET: &str = "xl/worksheets/sheet1.xml";

proptest! {
    #[test]
    fn any_bytes_are_answered(content in vec(any::<u8>(), 0..2000)) {
        told(&content);
    }

    #[test]
    fn any_cells_are_answered(cells in vec("[\\PC\n\",;\t]{0,12}|117\\.1|40\\.1|cam-[0-9]|rtsp://[a-z@:/]{0,9}|[0-9]{1,20}", 0..60), columns in 1usize..9) {
        let rows: Vec<String> = cells.chunks(columns).map(|row| row.join(",")).collect();
        for header in ["编号,取流地址,经度,纬度,网格,名称", "门编号,控制器,门号,协议,设备地址", "点位,设备,信号类型,寄存器,单位,上限", "编号,门,摄像机,区域,责任角色"] {
            told(format!("{header}\n{}", rows.join("\n")).as_bytes());
        }
    }

    #[test]
    fn a_spoilt_workbook_is_answered(changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut content = workbook();
        for (at, byte) in changes {
            let at = at.index(content.len());
            content[at] = byte;
        }
        told(&content);
    }

    #[test]
    fn a_workbook_of_spoilt_xml_is_answered(changes in vec((any::<prop::sample::Index>(), "[<>/\"=a-zA-Z0-9 ]{0,3}"), 1..12), part in 0usize..4) {
        let name = [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"][part];
        let original = workbook();
        let mut parts = zip::ZipArchive::new(Cursor::new(original.as_slice())).unwrap();
        let mut text = std::io::read_to_string(parts.by_name(name).unwrap()).unwrap();
        for (at, piece) in changes {
            let at = at.index(text.len());
            if text.is_char_boundary(at) {
                let end = (at + piece.len()).min(text.len());
                if text.is_char_boundary(end) {
                    text.replace_range(at..end, &piece);
                }
            }
        }
        told(&with_part(name, text));
    }
}

#[test]
fn a_workbook_that_ends_before_it_begins_is_damaged() {
    for reference in ["A5:D1", "D1:A1"] {
        let sheet = format!(
            "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
             <dimension ref=\"{reference}\"/><sheetData/></worksheet>"
        );
        let told = told(&with_part(SHEET, sheet));
        assert!(told.contains("the workbook is damaged"), "{told}");
    }
}

#[test]
fn a_sound_workbook_is_planned() {
    assert!(told(&workbook()).contains("+ camera cam-1"), "{}", told(&workbook()));
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let bomb = with_part(
        "xl/sharedStrings.xml",
        vec![b' '; usize::try_from(MOST_UNPACKED_BYTES).unwrap() + 1],
    );
    assert!(bomb.len() < 1_000_000, "{} bytes are no bomb", bomb.len());
    assert_eq!(
        told(&bomb).lines().next().unwrap(),
        "sheet: the workbook is larger than 64 MiB when it is unpacked: it is refused; save only the sheets that are needed, without pictures"
    );
    // One that says of itself that it is small.
    let size = u32::try_from(MOST_UNPACKED_BYTES + 1).unwrap().to_le_bytes();
    let lying: Vec<u8> = {
        let mut content = bomb;
        for at in 0..content.len() - 4 {
            if content[at..at + 4] == size {
                content[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
            }
        }
        content
    };
    assert!(
        told(&lying).contains("larger than 64 MiB")
            || told(&lying).contains("not an XLSX workbook"),
        "{}",
        told(&lying)
    );
}

#[test]
fn cells_in_far_corners_cost_nothing() {
    let corners = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1" t="str"><v>id</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>"#;
    let told = told(&with_part(SHEET, corners));
    assert!(told.starts_with(&format!("sheet, sheet Sheet1, row 1048576, column XFD: the sheet has more than {MOST_COLUMNS} columns")), "{told}");
}

#[test]
fn what_is_too_much_is_said() {
    let rows = "x\n".repeat(MOST_ROWS + 1);
    assert!(refused(&[("a.csv", &rows)]).contains("more than 20000 rows"));
    let columns = "x,".repeat(usize::try_from(MOST_COLUMNS).unwrap() + 1) + "x";
    assert!(refused(&[("a.csv", &columns)]).contains("more than 128 columns"));
    let cell = "x".repeat(MOST_CELL_CHARS + 1);
    assert!(refused(&[("a.csv", &cell)]).contains("at most 2048 characters"));
    let text = format!("{}\n", "x".repeat(MOST_CELL_CHARS)).repeat(MOST_ROWS);
    assert!(refused(&[("a.csv", &text)]).contains("more than 16 MiB of text"));
}
