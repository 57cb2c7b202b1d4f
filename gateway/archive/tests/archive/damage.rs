//! Torn and spoilt files cost what they must, and never an error.

use std::fs;
use std::path::PathBuf;

use scene::ObservationGap;
use tempfile::{TempDir, tempdir};

use crate::script::{CAMERA, Kept, NOON, open, record_car, replay, secs, times};

/// Three blocks of ten pictures, a minute apart, and where each ends in the file.
fn three_blocks() -> (TempDir, PathBuf, Vec<usize>) {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    let mut ends = Vec::new();
    for minute in 0..3 {
        record_car(&mut recorder, NOON.after(secs(minute * 60)), 10);
        recorder.flush().unwrap();
        ends.push(usize::try_from(recorder.totals().bytes).unwrap());
    }
    let file = folder.path().join("cam-01/20260722.obs");
    (folder, file, ends)
}

#[test]
fn a_torn_tail_costs_the_last_block_only() {
    let (folder, file, ends) = three_blocks();
    let whole = fs::read(&file).unwrap();
    assert_eq!(whole.len(), ends[2]);
    for length in 0..=whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let blocks = ends.iter().filter(|end| **end <= length).count();
        let (kept, damaged) = replay(folder.path());
        assert_eq!(times(&kept).len(), blocks * 10, "{length} bytes");
        let torn = length > 0 && !ends.contains(&length);
        assert_eq!(damaged, u64::from(torn), "{length} bytes");
    }
}

#[test]
fn recording_goes_on_behind_a_torn_tail() {
    let (folder, file, ends) = three_blocks();
    let whole = fs::read(&file).unwrap();
    for tail in [&whole[..ends[2] - 3], &[&whole[..ends[1]], &[0; 300]].concat()] {
        fs::write(&file, tail).unwrap();
        let mut recorder = open(folder.path()).recorder(CAMERA);
        record_car(&mut recorder, NOON.after(secs(300)), 2);
        recorder.flush().unwrap();
        let (kept, damaged) = replay(folder.path());
        assert_eq!((times(&kept).len(), damaged), (22, 1));
        assert_eq!(kept.iter().filter(|kept| **kept == Kept::Restart).count(), 2);
    }
}

#[test]
fn a_spoilt_block_is_passed_over_and_told_as_a_gap() {
    let (folder, file, ends) = three_blocks();
    let whole = fs::read(&file).unwrap();
    for spoilt in ends[0]..ends[1] {
        let mut bytes = whole.clone();
        bytes[spoilt] ^= 0x10;
        fs::write(&file, bytes).unwrap();
        let (kept, damaged) = replay(folder.path());
        assert_eq!(damaged, 1, "byte {spoilt}");
        let expected: Vec<i64> = (0..10).chain(120..130).collect();
        assert_eq!(times(&kept), expected, "byte {spoilt}");
        let gap = ObservationGap { from: NOON.after(secs(9)), to: NOON.after(secs(120)) };
        assert_eq!(kept[11], Kept::Gap(gap), "byte {spoilt}");
    }
}

#[test]
fn what_the_disk_refuses_is_counted_and_told_as_a_gap() {
    let folder = tempdir().unwrap();
    let mut recorder = open(folder.path()).recorder(CAMERA);
    record_car(&mut recorder, NOON, 10);
    recorder.flush().unwrap();
    let file = folder.path().join("cam-01/20260722.obs");
    let aside = folder.path().join("aside");
    fs::rename(&file, &aside).unwrap();
    fs::create_dir(&file).unwrap();
    record_car(&mut recorder, NOON.after(secs(60)), 10);
    let refused = recorder.flush().unwrap_err().to_string();
    assert!(refused.starts_with("cannot write observations to "), "{refused}");
    assert!(refused.contains("cam-01/20260722.obs: Is a directory"), "{refused}");
    fs::remove_dir(&file).unwrap();
    fs::rename(&aside, &file).unwrap();
    record_car(&mut recorder, NOON.after(secs(120)), 10);
    recorder.flush().unwrap();
    let totals = recorder.totals();
    assert_eq!((totals.pictures, totals.dropped), (20, 10));
    let (kept, damaged) = replay(folder.path());
    assert_eq!((times(&kept).len(), damaged), (20, 0));
    let gap = ObservationGap { from: NOON.after(secs(9)), to: NOON.after(secs(120)) };
    assert_eq!(kept[11], Kept::Gap(gap));
}
