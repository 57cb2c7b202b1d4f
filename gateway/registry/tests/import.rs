//! A street is planned, carried out in memory, and planned again.

#![expect(clippy::unwrap_used, reason = "a test that cannot get at its subject must fail")]

mod street;

use std::collections::BTreeMap;

use registry::{FileGroup, Folder, Plan, SheetFile, journal, plan, read_journal};

/// A folder in memory.
fn folder(files: [BTreeMap<String, String>; 3]) -> Folder<'static> {
    let [cameras, devices, checkpoints] = files;
    Folder {
        cameras,
        devices,
        checkpoints,
        county: Some("110117".to_owned()),
        grid_map: None,
        is_file: &|_| true,
    }
}

/// What is in the folder once a plan is carried out.
fn carried_out(
    mut files: [BTreeMap<String, String>; 3],
    plan: &Plan,
) -> [BTreeMap<String, String>; 3] {
    for edit in &plan.edits {
        let (group, file) = edit.path.split_once('/').unwrap();
        let at = FileGroup::ALL.iter().position(|known| known.folder() == group).unwrap();
        let id = file.strip_suffix(".toml").unwrap();
        match &edit.after {
            Some(after) => files[at].insert(id.to_owned(), after.clone()),
            None => files[at].remove(id),
        };
    }
    files
}

#[test]
fn a_street_is_imported_once_and_the_second_time_changes_nothing() {
    let sheets = street::street();
    let csv: Vec<(String, String)> =
        sheets.iter().map(|sheet| (format!("{}.csv", sheet.name), street::csv(sheet))).collect();
    let csv: Vec<SheetFile<'_>> =
        csv.iter().map(|(name, text)| SheetFile { name, content: text.as_bytes() }).collect();
    let workbook = street::xlsx(&sheets);
    let xlsx = [SheetFile { name: "台账.xlsx", content: &workbook }];
    let empty = || folder([const { BTreeMap::new() }; 3]);
    let first = plan(&csv, &empty(), false).unwrap();
    let counts: Vec<usize> = first.groups.iter().map(|group| group.added.len()).collect();
    assert_eq!(counts, [847, 36 + 50, 90]);
    assert_eq!(first.edits.len(), 847 + 86 + 90);
    // A workbook says the same, whether a number is one there or a text.
    assert_eq!(plan(&xlsx, &empty(), false).unwrap().edits, first.edits);
    assert_eq!(read_journal(&journal(&first.edits).unwrap()).unwrap(), first.edits);
    let files = carried_out([const { BTreeMap::new() }; 3], &first);
    let second = plan(&xlsx, &folder(files.clone()), true).unwrap();
    assert_eq!(second.edits, []);
    let counts: Vec<usize> = second.groups.iter().map(|group| group.unchanged).collect();
    assert_eq!(counts, [847, 86, 90]);
    // Without the last camera and the last point.
    let mut fewer = street::street();
    fewer[0].rows.pop();
    fewer[3].rows.pop();
    let workbook = street::xlsx(&fewer);
    let xlsx = [SheetFile { name: "台账.xlsx", content: &workbook }];
    let told = plan(&xlsx, &folder(files.clone()), false).unwrap();
    assert_eq!((told.edits.len(), &told.groups[0].gone), (0, &vec!["cam-0847".to_owned()]));
    let pruned = plan(&xlsx, &folder(files.clone()), true).unwrap();
    assert_eq!(pruned.edits.len(), 2);
    let files = carried_out(files, &pruned);
    assert!(!files[0].contains_key("cam-0847"));
    assert_eq!(plan(&xlsx, &folder(files), true).unwrap().edits, []);
}
