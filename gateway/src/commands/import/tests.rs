//! An import into a real folder, whole and broken off.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use registry::{FileEdit, JOURNAL};

use super::{Import, writing};
use crate::commands::entry::Subcommand;
use crate::config::{self, FolderWatch, Referred};
use crate::exit;

const CAMERAS: &str = "编号,名称,取流地址,经度,纬度\n\
                       cam-1,东门,rtsp://192.0.2.1:554/1,117.1,40.1\n\
                       cam-2,西门,rtsp://192.0.2.2:554/1,117.1,40.1\n";
const DOORS: &str = "门编号,协议,设备地址,经度,纬度\ndoor-1,海康,192.0.2.3,117.1,40.1\n";

/// A folder with the shipped gateway.toml and no camera, and two sheets beside it.
fn stage(root: &Path) -> Import {
    let config = root.join("config");
    fs::create_dir_all(config.join("cameras")).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/gateway.toml");
    fs::copy(shipped, config.join("gateway.toml")).unwrap();
    fs::set_permissions(config.join("gateway.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    let files = [("cameras.csv", CAMERAS), ("doors.csv", DOORS)].map(|(name, text)| {
        fs::write(root.join(name), text).unwrap();
        root.join(name)
    });
    Import { files: files.into(), config, apply: true, prune: false }
}

fn again(import: &Import) -> Import {
    Import {
        files: import.files.clone(),
        config: import.config.clone(),
        apply: import.apply,
        prune: import.prune,
    }
}

/// Every file of the folder with its text, by path.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found.sort();
    found
}

#[test]
fn without_apply_nothing_is_written_and_with_it_the_second_time_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let import = stage(root.path());
    let before = contents(&import.config);
    Import { apply: false, ..again(&import) }.run().unwrap();
    assert_eq!(contents(&import.config), before);
    again(&import).run().unwrap();
    let written = contents(&import.config);
    assert_eq!(written.len(), before.len() + 3);
    let camera = import.config.join("cameras/cam-1.toml");
    let modified_at = fs::metadata(&camera).unwrap().modified().unwrap();
    assert_eq!(
        fs::metadata(&camera).unwrap().permissions().mode() & 0o777,
        0o640,
        "as gateway.toml"
    );
    again(&import).run().unwrap();
    assert_eq!(contents(&import.config), written);
    assert_eq!(fs::metadata(&camera).unwrap().modified().unwrap(), modified_at);
}

#[test]
fn an_import_that_breaks_off_anywhere_is_not_taken_up_and_can_be_finished() {
    let whole = tempfile::tempdir().unwrap();
    let import = stage(whole.path());
    let before = contents(&import.config);
    again(&import).run().unwrap();
    let after = contents(&import.config);
    let edits: Vec<FileEdit> = after
        .iter()
        .filter(|entry| !before.contains(entry))
        .map(|(path, text)| {
            let path = path.strip_prefix(&import.config).unwrap().to_str().unwrap().to_owned();
            FileEdit { path, before: None, after: Some(text.clone()) }
        })
        .collect();
    for written in 0..=edits.len() {
        let root = tempfile::tempdir().unwrap();
        let import = stage(root.path());
        writing::begin(&import.config, &edits).unwrap();
        let journal = fs::read(import.config.join(JOURNAL)).unwrap();
        writing::carry_out(&import.config, &edits[..written]).unwrap();
        fs::write(import.config.join(JOURNAL), journal).unwrap();
        // Drafts that a power cut left half written, or whole and without their names.
        for edit in &edits[written..] {
            let draft = import.config.join(&edit.path).with_extension("part");
            if draft.parent().is_some_and(Path::is_dir) {
                fs::write(draft, "editi").unwrap();
            }
        }
        let refused = config::load(&import.config).unwrap_err().cause.to_string();
        assert!(refused.contains("import is being written, or has broken off"), "{refused}");
        let told = Import { apply: false, ..again(&import) }.run().unwrap_err();
        assert_eq!(told.code, exit::CONFIG);
        let mut watch = FolderWatch::new(&import.config, Referred::default());
        Import { files: Vec::new(), ..again(&import) }.run().unwrap();
        let found = contents(&import.config)
            .into_iter()
            .map(|(path, text)| (path.strip_prefix(root.path()).unwrap().to_owned(), text));
        let expected = after.iter().map(|(path, text)| {
            (path.strip_prefix(whole.path()).unwrap().to_owned(), text.clone())
        });
        assert!(found.eq(expected), "{written}");
        // Also if the journal was all that was left: a gateway that refused the folder looks again.
        assert_eq!((watch.has_settled(), watch.has_settled()), (false, true), "{written}");
    }
}

#[test]
fn a_file_that_somebody_changed_meanwhile_is_not_written_over() {
    let root = tempfile::tempdir().unwrap();
    let import = stage(root.path());
    let camera = import.config.join("cameras/cam-1.toml");
    let edit = FileEdit {
        path: "cameras/cam-1.toml".to_owned(),
        before: None,
        after: Some("new".to_owned()),
    };
    writing::begin(&import.config, std::slice::from_ref(&edit)).unwrap();
    fs::write(&camera, "by hand").unwrap();
    let told = Import { files: Vec::new(), ..again(&import) }.run().unwrap_err();
    assert!(told.cause.to_string().contains("was changed by somebody else"), "{}", told.cause);
    assert_eq!(fs::read_to_string(&camera).unwrap(), "by hand");
    // And a new import does not even begin.
    fs::remove_file(import.config.join(JOURNAL)).unwrap();
    assert!(writing::begin(&import.config, std::slice::from_ref(&edit)).is_err());
    assert!(!import.config.join(JOURNAL).exists());
}

#[test]
fn what_is_wrong_ends_the_import_before_anything_is_written() {
    let root = tempfile::tempdir().unwrap();
    let import = stage(root.path());
    let before = contents(&import.config);
    fs::write(&import.files[0], CAMERAS.replace("117.1", "217.1")).unwrap();
    let told = again(&import).run().unwrap_err();
    assert_eq!(told.code, exit::WRONG);
    assert!(told.cause.to_string().ends_with("2 faults; nothing was changed"), "{}", told.cause);
    let missing = Import { files: vec![root.path().join("none.csv")], ..again(&import) };
    assert_eq!(missing.run().unwrap_err().code, exit::NO_INPUT);
    let none = Import { files: Vec::new(), ..again(&import) };
    assert_eq!(none.run().unwrap_err().code, exit::USAGE);
    assert_eq!(contents(&import.config), before);
}
