//! How long it takes to read, check and plan a street: 847 cameras, 90 checkpoints, 72 doors, 500 points.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails if it cannot measure"
)]

#[path = "../tests/street/mod.rs"]
mod street;

use std::collections::BTreeMap;
use std::time::Instant;

use registry::{Folder, SheetFile, plan};

fn main() {
    let sheets = street::street();
    let csv: Vec<(String, String)> =
        sheets.iter().map(|sheet| (format!("{}.csv", sheet.name), street::csv(sheet))).collect();
    let csv: Vec<SheetFile<'_>> =
        csv.iter().map(|(name, text)| SheetFile { name, content: text.as_bytes() }).collect();
    let workbook = street::xlsx(&sheets);
    let xlsx = [SheetFile { name: "street.xlsx", content: &workbook }];
    let empty = || Folder {
        cameras: BTreeMap::new(),
        devices: BTreeMap::new(),
        checkpoints: BTreeMap::new(),
        county: Some("110117".to_owned()),
        grid_map: None,
        is_file: &|_| true,
    };
    let measured = |what: &str, files: &[SheetFile<'_>], folder: &Folder<'_>| {
        let mut millis: Vec<f64> = (0..9)
            .map(|_| {
                let begun = Instant::now();
                std::hint::black_box(plan(files, folder, false).unwrap());
                begun.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        millis.sort_by(f64::total_cmp);
        println!(
            "{what}: {:.0} ms (median of 9; least {:.0}, most {:.0})",
            millis[4], millis[0], millis[8]
        );
    };
    measured("CSV into an empty folder", &csv, &empty());
    measured("XLSX into an empty folder", &xlsx, &empty());
    let first = plan(&xlsx, &empty(), false).unwrap();
    let mut full = empty();
    for edit in first.edits {
        let (group, file) = edit.path.split_once('/').unwrap();
        let files = match group {
            "cameras" => &mut full.cameras,
            "devices" => &mut full.devices,
            _ => &mut full.checkpoints,
        };
        files.insert(file.trim_end_matches(".toml").to_owned(), edit.after.unwrap());
    }
    measured("XLSX against the same folder", &xlsx, &full);
}
