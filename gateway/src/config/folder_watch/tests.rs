//! Edits as editors, operators and clusters make them.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

/// The next edit is seen, and only once.
fn settles(watch: &mut FolderWatch) -> bool {
    let seen = !watch.has_settled() && watch.has_settled();
    seen && !watch.has_settled()
}

#[test]
fn an_edit_counts_once_it_has_settled() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("gateway.toml", "a = 1");
    let mut watch = FolderWatch::new(folder.path(), Referred::default());
    assert!(!watch.has_settled());
    write("gateway.toml", "a = 11");
    assert!(!watch.has_settled(), "it may still be written");
    write("cam-01.toml", "b = 2");
    assert!(!watch.has_settled(), "more is written");
    assert!(watch.has_settled());
    assert!(!watch.has_settled());
    write("notes.txt", "of no concern");
    assert!(!watch.has_settled() && !watch.has_settled());
    fs::create_dir(folder.path().join("cameras")).unwrap();
    assert!(settles(&mut watch), "an empty folder");
    fs::remove_dir(folder.path().join("cameras")).unwrap();
    assert!(settles(&mut watch), "no folder");
}

#[test]
fn what_the_files_name_counts_wherever_it_lies() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let at = |name: &str| elsewhere.path().join(name);
    fs::write(at("login"), "a").unwrap();
    fs::create_dir(at("model")).unwrap();
    fs::write(at("model/m.onnx"), "a").unwrap();
    let mut referred = Referred::default();
    referred.note_file(&at("login"));
    referred.note_file(&at("missing.pem"));
    referred.note_file(&at("model/m.onnx"));
    // Written after it was read, before it was watched.
    fs::write(at("login"), "ab").unwrap();
    let mut watch = FolderWatch::new(folder.path(), referred.clone());
    assert!(settles(&mut watch), "the edit in between");
    assert!(!settles(&mut watch));
    fs::write(at("missing.pem"), "here").unwrap();
    assert!(settles(&mut watch), "it is there now");
    fs::set_permissions(at("missing.pem"), Permissions::from_mode(0o600)).unwrap();
    assert!(settles(&mut watch), "others cannot reach it now");
    fs::write(at("model/m.onnx"), "new").unwrap();
    assert!(settles(&mut watch), "other weights");
    fs::write(at("model/README.md"), "new").unwrap();
    assert!(!settles(&mut watch), "what lies beside a model and is not read");
    fs::remove_file(at("login")).unwrap();
    assert!(settles(&mut watch), "it is gone");
    watch.follow(Referred::default());
    assert!(!settles(&mut watch), "nothing is named any more, and nothing has changed");
    fs::write(at("missing.pem"), "of no concern now").unwrap();
    assert!(!settles(&mut watch));
}

#[test]
fn a_cluster_that_swaps_its_data_folder_is_seen() {
    // As Kubernetes mounts a ConfigMap.
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for (version, text) in [("..2026_01", "a = 1"), ("..2026_02", "a = 2")] {
        fs::create_dir(at(version)).unwrap();
        fs::write(at(version).join("cam-01.toml"), text).unwrap();
    }
    symlink("..2026_01", at("..data")).unwrap();
    symlink("..data/cam-01.toml", at("cam-01.toml")).unwrap();
    let mut watch = FolderWatch::new(folder.path(), Referred::default());
    assert!(!settles(&mut watch));
    symlink("..2026_02", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    assert!(settles(&mut watch), "another version");
    // A link that leads nowhere for a while.
    fs::remove_file(at("..data")).unwrap();
    assert!(settles(&mut watch), "it leads nowhere");
    symlink("..2026_01", at("..data")).unwrap();
    assert!(settles(&mut watch), "it leads somewhere again");
}
