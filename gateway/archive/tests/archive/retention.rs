//! Old days go, by age and by size, and only they.

use std::fs;
use std::path::Path;

use archive::{Archive, Retention};
use scene::CaptureTime;
use tempfile::tempdir;

use crate::script::{CAMERA, NOON, open, record_car, replay, secs, times};

/// A day's noon, counted from the first.
fn noon(day: u64) -> CaptureTime {
    NOON.after(secs(day * 86_400))
}

/// All files, as `camera/day`.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for camera in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        for day in fs::read_dir(camera.path()).unwrap().map(Result::unwrap) {
            let [camera, day] =
                [camera.file_name(), day.file_name()].map(|name| name.into_string().unwrap());
            found.push(format!("{camera}/{}", day.trim_end_matches(".obs")));
        }
    }
    found.sort();
    found
}

#[test]
fn a_day_goes_when_it_is_too_old_also_that_of_a_camera_which_is_gone() {
    let folder = tempdir().unwrap();
    let mut gone = open(folder.path()).recorder("cam-02");
    record_car(&mut gone, noon(0), 5);
    gone.flush().unwrap();
    fs::write(folder.path().join("cam-02/notes.txt"), "not ours").unwrap();
    let archive = Archive::open(folder.path(), Retention { days: 2, max_bytes: 1 << 30 }).unwrap();
    let mut recorder = archive.recorder(CAMERA);
    for day in 0..4 {
        record_car(&mut recorder, noon(day), 5);
        recorder.flush().unwrap();
    }
    assert_eq!(files(folder.path()).len(), 6, "a picture alone removes nothing, whatever its time");
    assert_eq!(archive.expire(noon(1), 9).unwrap(), 0, "seen by a clock that is believed");
    assert_eq!(archive.expire(noon(3), 2).unwrap(), 2, "a little at a time");
    assert_eq!(archive.expire(noon(3), 2).unwrap(), 1);
    assert_eq!(archive.expire(noon(3), 2).unwrap(), 0);
    let expected = ["cam-01/20260724", "cam-01/20260725", "cam-02/notes.txt"];
    assert_eq!(files(folder.path()), expected);
    assert_eq!(archive::cameras(folder.path()).unwrap(), [CAMERA]);
}

#[test]
fn the_oldest_day_goes_when_there_is_too_much_and_the_latest_stays() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    record_car(&mut recorder, noon(0), 60);
    recorder.flush().unwrap();
    let day_bytes = recorder.totals().bytes;

    let retention = Retention { days: 100, max_bytes: day_bytes * 5 / 2 };
    let archive = Archive::open(folder.path(), retention).unwrap();
    let mut recorder = archive.recorder(CAMERA);
    for day in 1..5 {
        record_car(&mut recorder, noon(day), 60);
        recorder.flush().unwrap();
    }
    assert_eq!(files(folder.path()), ["cam-01/20260725", "cam-01/20260726"]);
    assert!(archive.bytes() <= retention.max_bytes);

    let archive = Archive::open(folder.path(), Retention { days: 100, max_bytes: 1 }).unwrap();
    let mut recorder = archive.recorder(CAMERA);
    record_car(&mut recorder, noon(5), 60);
    recorder.flush().unwrap();
    assert_eq!(files(folder.path()), ["cam-01/20260727"]);
    let (kept, _) = replay(folder.path());
    assert_eq!(times(&kept).len(), 60);
}

#[test]
fn a_day_that_a_wrong_clock_told_stays_as_long_as_any_other_also_after_a_restart() {
    let folder = tempdir().unwrap();
    let retention = Retention { days: 2, max_bytes: 1 << 30 };
    let reopen = || Archive::open(folder.path(), retention).unwrap();
    let mut recorder = reopen().recorder(CAMERA);
    // Started in 1970; then the clock ran 40 days ahead for a while; then it was right.
    let in_1970 = CaptureTime::from_unix_micros(3_600_000_000);
    for at in [in_1970, noon(40), noon(0)] {
        record_car(&mut recorder, at, 5);
        recorder.flush().unwrap();
    }
    let count = || files(folder.path()).len();
    assert_eq!(reopen().expire(noon(0), 9).unwrap(), 0);
    assert_eq!(count(), 3, "56 years old by its name, seen for the first time");
    assert_eq!(reopen().expire(noon(0).after(secs(86_000)), 9).unwrap(), 0);
    assert_eq!(reopen().expire(noon(1).after(secs(1)), 9).unwrap(), 1, "that of 1970, a day later");
    assert_eq!(reopen().expire(noon(3), 9).unwrap(), 1);
    assert_eq!(reopen().expire(noon(39), 9).unwrap(), 0, "a day to come waits for its time");
    assert_eq!(reopen().expire(noon(42), 9).unwrap(), 1);
}

#[test]
fn when_there_is_too_much_the_day_of_a_wrong_clock_is_not_taken_for_the_oldest() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    record_car(&mut recorder, noon(0), 60);
    recorder.flush().unwrap();
    let day_bytes = recorder.totals().bytes;
    let retention = Retention { days: 100, max_bytes: day_bytes * 5 / 2 };
    let mut recorder = Archive::open(folder.path(), retention).unwrap().recorder(CAMERA);
    for at in [CaptureTime::from_unix_micros(3_600_000_000), noon(1)] {
        record_car(&mut recorder, at, 60);
        recorder.flush().unwrap();
    }
    assert_eq!(files(folder.path()), ["cam-01/19700101", "cam-01/20260723"]);
}
