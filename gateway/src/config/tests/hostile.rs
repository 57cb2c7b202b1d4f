//! Whatever stands in the files, they are taken whole or refused with the place of a fault.

use std::fs;

use fuzz::Executor;

use tempfile::TempDir;

use super::{folder_in, load_here};

/// Before this line an input is `gateway.toml`, after it the file of a camera.
const BETWEEN: &str = "# cameras/cam-01.toml\n";
/// After this line it is the file of a device, if it has one.
const DEVICE: &str = "# devices/door-1.toml\n";

/// A folder in memory: each input is two or three new files, and a disk would make of that most of the time.
const MEMORY: &str = "/dev/shm";

/// A configuration folder with two or three files.
pub(crate) fn folder_of() -> Executor {
    let in_memory = TempDir::new_in(MEMORY).or_else(|_| TempDir::new());
    let dir = folder_in(in_memory.unwrap(), "", &[]);
    let device_file = dir.path().join("devices/door-1.toml");
    fs::create_dir(dir.path().join("devices")).unwrap();
    Executor::each(move |input| {
        let (gateway, rest) = cut(input, BETWEEN);
        let (camera, device) = cut(rest, DEVICE);
        if !device.is_empty() {
            fs::write(&device_file, device).unwrap();
        } else if device_file.exists() {
            fs::remove_file(&device_file).unwrap();
        }
        fs::write(dir.path().join("gateway.toml"), gateway).unwrap();
        fs::write(dir.path().join("cameras/cam-01.toml"), camera).unwrap();
        match load_here(dir.path()) {
            Ok(_) => "taken".to_owned(),
            // What every operator relies on: a fault names its file.
            Err(faults) => {
                let said = faults.to_string();
                assert!(said.ends_with("nothing was applied"), "{said}");
                let files = ["gateway.toml", "cam-01.toml", "door-1.toml"];
                assert!(files.iter().any(|file| said.contains(file)), "{said}");
                said.chars().filter(|it| !it.is_ascii_digit()).take(200).collect()
            }
        }
    })
}

/// What stands before a line, and the rest with it; nothing if there is no such line.
fn cut<'a>(input: &'a [u8], line: &str) -> (&'a [u8], &'a [u8]) {
    let line = line.as_bytes();
    let at = input.windows(line.len()).position(|it| it == line).unwrap_or(input.len());
    input.split_at(at)
}

#[test]
fn what_is_changed_is_taken_before() {
    let mut executor = folder_of();
    let input = include_bytes!("../../../../tests/fuzz/corpus/config/folder");
    assert_eq!(executor.execute(input), "taken");
    let input = include_bytes!("../../../../tests/fuzz/corpus/config/folder-with-device");
    assert_eq!(executor.execute(input), "taken");
}
