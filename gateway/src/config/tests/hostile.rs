//! Whatever stands in the files, they are taken whole or refused with the place of a fault.

use std::fs;

use fuzz::Executor;

use tempfile::TempDir;

use super::{folder_in, load_here};

/// Before this line an input is `gateway.toml`, after it the file of a camera.
const BETWEEN: &str = "# cameras/cam-01.toml\n";

/// A folder in memory: each input is two new files, and a disk would make of that most of the time.
const MEMORY: &str = "/dev/shm";

/// A configuration folder with two files.
pub(crate) fn folder_of() -> Executor {
    let in_memory = TempDir::new_in(MEMORY).or_else(|_| TempDir::new());
    let dir = folder_in(in_memory.unwrap(), "", &[]);
    Executor::each(move |input| {
        let mark = BETWEEN.as_bytes();
        let at = input.windows(mark.len()).position(|it| it == mark).unwrap_or(input.len());
        let (gateway, camera) = input.split_at(at);
        fs::write(dir.path().join("gateway.toml"), gateway).unwrap();
        fs::write(dir.path().join("cameras/cam-01.toml"), camera).unwrap();
        match load_here(dir.path()) {
            Ok(_) => "taken".to_owned(),
            // What every operator relies on: a fault names its file.
            Err(faults) => {
                let said = faults.to_string();
                assert!(said.ends_with("nothing was applied"), "{said}");
                assert!(said.contains("gateway.toml") || said.contains("cam-01.toml"), "{said}");
                said.chars().filter(|it| !it.is_ascii_digit()).take(200).collect()
            }
        }
    })
}

#[test]
fn what_is_changed_is_taken_before() {
    let mut executor = folder_of();
    let input = include_bytes!("../../../../tests/fuzz/corpus/config/folder");
    assert_eq!(executor.execute(input), "taken");
}
