//! Digests, quota, age, and the room that is left to others.

use super::*;

const DAY: Duration = Duration::from_hours(24);

fn limits() -> Limits {
    Limits { max_bytes: 25, min_free_bytes: 0, keep_for: DAY * 30 }
}

fn on_day(day: u32) -> CaptureTime {
    CaptureTime::from_unix_micros(1_795_000_000_000_000).after(DAY * day)
}

fn files(folder: &Path) -> usize {
    fs::read_dir(folder).expect("readable").count()
}

#[test]
fn keeps_what_it_was_given_under_its_digest() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    let stored = store.put(FileKind::Picture, b"abc", on_day(0)).expect("stores");
    // FIPS 180-2 appendix B.1.
    assert_eq!(stored.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(stored.expires_at, on_day(30));
    let path = store.find(FileKind::Picture, &stored.sha256).expect("found");
    assert_eq!(fs::read(path).expect("readable"), b"abc");
    assert_eq!(store.find(FileKind::Clip, &stored.sha256), None);
    assert_eq!(store.find(FileKind::Picture, "../../etc/passwd"), None);
}

#[test]
fn stays_within_its_quota_across_restarts_and_removes_the_oldest() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    let first = store.put(FileKind::Picture, &[1; 10], on_day(0)).expect("stores");
    let second = store.put(FileKind::Clip, &[2; 10], on_day(1)).expect("stores");
    drop(store);
    fs::write(folder.path().join("left.part"), [0; 10]).expect("a torn write");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    let third = store.put(FileKind::Picture, &[3; 10], on_day(2)).expect("stores");
    assert_eq!(store.find(FileKind::Picture, &first.sha256), None);
    assert!(store.find(FileKind::Clip, &second.sha256).is_some());
    assert_eq!(store.latest(9), [third.sha256]);
    assert_eq!(files(folder.path()), 2);
}

#[test]
fn a_picture_that_comes_again_starts_its_time_again() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    let first = store.put(FileKind::Picture, &[1; 10], on_day(0)).expect("stores");
    store.expire(on_day(0), 100);
    store.put(FileKind::Picture, &[1; 10], on_day(20)).expect("stores");
    store.expire(on_day(20), 100);
    store.expire(on_day(31), 100);
    assert!(store.find(FileKind::Picture, &first.sha256).is_some());
    assert_eq!(files(folder.path()), 1);
}

#[test]
fn what_has_expired_is_deleted_also_after_a_restart() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    store.put(FileKind::Picture, &[1; 10], on_day(0)).expect("stores");
    store.expire(on_day(0), 100);
    let later = store.put(FileKind::Picture, &[2; 10], on_day(10)).expect("stores");
    store.expire(on_day(10), 100);
    store.expire(on_day(30), 100);
    assert_eq!(files(folder.path()), 2, "to the day");
    drop(store);
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    store.expire(on_day(31), 100);
    assert_eq!(store.latest(9), [later.sha256]);
    assert_eq!(files(folder.path()), 1);
}

#[test]
fn a_clock_that_ran_ahead_keeps_nothing_longer() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    store.put(FileKind::Picture, &[1; 10], on_day(20)).expect("stores");
    let later = store.put(FileKind::Picture, &[2; 10], on_day(10)).expect("stores");
    store.expire(on_day(10), 100);
    store.expire(on_day(40), 100);
    assert_eq!(files(folder.path()), 2, "both were written on day 10");
    store.expire(on_day(41), 100);
    assert_eq!(store.find(FileKind::Picture, &later.sha256), None);
    assert_eq!(files(folder.path()), 0);
}

#[test]
fn near_a_full_disk_the_oldest_goes_and_a_new_one_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    store.put(FileKind::Picture, &[1; 10], on_day(0)).expect("stores");
    drop(store);
    // No disk has this much left.
    let greedy = Limits { min_free_bytes: u64::MAX / 2, ..limits() };
    let store = EvidenceStore::open(folder.path(), greedy).expect("opens");
    let refused = store.put(FileKind::Picture, &[2; 10], on_day(1)).unwrap_err();
    assert!(matches!(refused, StoreError::NearlyFull { .. }), "{refused}");
    assert_eq!(files(folder.path()), 0);
}

#[test]
fn a_clock_step_deletes_nothing_and_what_is_old_goes_a_little_at_a_time() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    for byte in 0..4 {
        store.put(FileKind::Picture, &[byte; 5], on_day(0)).expect("stores");
    }
    store.expire(on_day(0), 100);
    let ahead = store.put(FileKind::Picture, &[9; 5], on_day(400)).expect("stores");
    assert_eq!(files(folder.path()), 5);
    assert_eq!(store.expire(on_day(31), 3), 3);
    assert_eq!(store.expire(on_day(31), 3), 1);
    assert_eq!(store.latest(9), [ahead.sha256]);
    assert_eq!(store.expire(on_day(61), 3), 0, "it counts from day 31 on");
    assert_eq!(store.expire(on_day(62), 3), 1);
}

#[test]
fn what_a_clock_in_1970_dated_is_as_old_as_the_first_look_of_a_clock_that_is_right() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    let kept = store.put(FileKind::Picture, &[1; 5], on_day(0)).expect("stores");
    store.expire(on_day(0), 100);
    let in_1970 = |secs: i64| CaptureTime::from_unix_micros(secs * 1_000_000);
    store.put(FileKind::Picture, &[2; 5], in_1970(9)).expect("stores");
    store.put(FileKind::Picture, &[3; 5], in_1970(5)).expect("stores, after a step back");
    drop(store);
    // Restarted before any clock was believed, and nearly full: the oldest goes, not what says 1970.
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    store.put(FileKind::Picture, &[4; 15], on_day(3)).expect("stores");
    assert_eq!(store.find(FileKind::Picture, &kept.sha256), None);
    assert_eq!(files(folder.path()), 3);
    assert_eq!(store.expire(on_day(3), 100), 0);
    drop(store);
    let store = EvidenceStore::open(folder.path(), limits()).expect("opens");
    assert_eq!(store.expire(on_day(33), 100), 0, "the restart knows what was vouched for");
    assert_eq!(store.expire(on_day(34), 100), 3);
}
