//! An import that is killed in the middle leaves nothing that a gateway would take up, and can be finished.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::house::{GATEWAY, complaint, free_ports, gridwhistle, write_config};

const CAMERAS: usize = 400;

fn path(folder: &Path) -> &str {
    folder.to_str().expect("UTF-8")
}

/// How many cameras the folder has.
fn written(config: &Path) -> usize {
    let entries = config.join("cameras").read_dir().expect("a folder");
    entries
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "toml"))
        .count()
}

#[test]
fn an_import_that_is_killed_is_refused_until_it_is_finished() {
    let mut sheet = "编号,取流地址,网格编码,经度,纬度\n".to_owned();
    for number in 0..CAMERAS {
        writeln!(sheet, "cam-{number},rtsp://192.0.2.1:554/{number},110117001003007,117.1,40.1")
            .expect("a String");
    }
    let mut broken_off = 0;
    for after in [0, 1, CAMERAS / 4, CAMERAS / 2] {
        let work = tempfile::tempdir().expect("a temporary folder");
        let config = write_config(work.path(), free_ports(), &[]);
        hw_sim::play::Certificates::ensure(&work.path().join("certificates"))
            .expect("certificates");
        let file = work.path().join("cameras.csv");
        fs::write(&file, &sheet).expect("written");
        let arguments = ["import", path(&file), "--config", path(&config), "--apply"];
        let mut import =
            Command::new(GATEWAY).args(arguments).stdout(Stdio::null()).spawn().expect("it starts");
        let journal = config.join("import.journal");
        let until = Instant::now() + Duration::from_secs(60);
        while !(journal.exists() && written(&config) >= after) && Instant::now() < until {
            if import.try_wait().expect("a child").is_some() {
                break;
            }
            thread::yield_now();
        }
        import.kill().expect("killed, or gone");
        import.wait().expect("a child");
        if journal.exists() {
            broken_off += 1;
            let told = complaint(
                &gridwhistle(&["check", "--without-model", "--config", path(&config)]),
                78,
            );
            assert!(
                told.contains("import.journal: an import is being written, or has broken off"),
                "{told}"
            );
            let told =
                complaint(&gridwhistle(&["import", path(&file), "--config", path(&config)]), 78);
            assert!(told.contains("--apply"), "{told}");
        } else {
            assert!(matches!(written(&config), 0 | CAMERAS), "half of it, and no journal");
        }
        let finished = gridwhistle(&arguments);
        assert!(finished.status.success(), "{}", String::from_utf8_lossy(&finished.stderr));
        let checked = gridwhistle(&["check", "--without-model", "--config", path(&config)]);
        let told = String::from_utf8_lossy(&checked.stdout).into_owned();
        assert!(
            told.contains(&format!("{CAMERAS} camera(s)")),
            "{told}{}",
            String::from_utf8_lossy(&checked.stderr)
        );
        let again = gridwhistle(&arguments);
        assert!(String::from_utf8_lossy(&again.stdout).ends_with("nothing changes\n"));
    }
    assert!(broken_off > 0, "no import was caught in the middle");
}
