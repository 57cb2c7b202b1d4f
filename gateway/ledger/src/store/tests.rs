//! The ledger's promises, one by one, on real files.

use std::fs;

use tempfile::TempDir;

use super::Ledger;
use crate::entry::{AlertRow, AssessorState, CLOSED, Depth, Entry, OutgoingMessage, Sequence};
use crate::error::{LedgerError, Remedy};
use crate::marks::Mark;

fn fresh() -> (TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    (folder, ledger)
}

fn step(alert_id: &str, seq: u32, state: &str) -> Entry {
    Entry {
        alert: AlertRow {
            alert_id: alert_id.into(),
            dedupe_key: format!("key of {alert_id}"),
            device_id: "cam-01".into(),
            seq,
            state: state.into(),
            updated_at_micros: 1_000 + i64::from(seq),
        },
        message: OutgoingMessage {
            topic: format!("evt/{alert_id}"),
            payload: format!("{alert_id} {seq} {state}").into_bytes(),
            retain: seq.is_multiple_of(2),
        },
    }
}

fn waiting(ledger: &Ledger) -> Vec<i64> {
    let queued = ledger.unsent(Sequence::START, usize::MAX).unwrap();
    queued.iter().map(|message| message.sequence.get()).collect()
}

#[test]
fn a_step_recorded_twice_is_sent_once_even_after_its_acknowledgement() {
    let (_folder, ledger) = fresh();
    let opened = step("a", 1, "open");
    let first = ledger.record(std::slice::from_ref(&opened), None).unwrap();
    assert_eq!(ledger.record(std::slice::from_ref(&opened), None).unwrap(), first);
    assert_eq!(waiting(&ledger), [1]);
    ledger.acknowledge(&first).unwrap();
    assert_eq!(ledger.record(&[opened], None).unwrap(), first);
    assert_eq!(waiting(&ledger), []);
}

#[test]
fn messages_come_back_whole_and_in_order() {
    let (_folder, ledger) = fresh();
    let steps = [step("a", 1, "open"), step("b", 1, "open"), step("a", 2, "cleared")];
    let sequences = ledger.record(&steps, None).unwrap();
    let queued = ledger.unsent(sequences[0], 1).unwrap();
    assert_eq!(queued.len(), 1);
    assert_eq!(queued[0].sequence, sequences[1]);
    assert_eq!(queued[0].topic, "evt/b");
    assert_eq!(queued[0].payload, b"b 1 open");
    assert!(!queued[0].retain);
    assert!(ledger.unsent(sequences[1], 9).unwrap()[0].retain);
}

#[test]
fn numbers_are_not_reused_after_the_newest_was_acknowledged_and_the_ledger_reopened() {
    let (folder, ledger) = fresh();
    let sequences = ledger.record(&[step("a", 1, "open")], None).unwrap();
    ledger.acknowledge(&sequences).unwrap();
    drop(ledger);
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let next = ledger.record(&[step("a", 2, CLOSED)], None).unwrap();
    assert!(next[0] > sequences[0]);
}

#[test]
fn open_alerts_show_the_latest_state_and_no_closed_one() {
    let (_folder, ledger) = fresh();
    let steps = [step("a", 1, "open"), step("a", 3, "cleared"), step("b", 1, "open")];
    ledger.record(&steps, None).unwrap();
    ledger.record(&[step("a", 2, "open"), step("b", 2, CLOSED)], None).unwrap();
    assert_eq!(ledger.open_alerts().unwrap(), [step("a", 3, "cleared").alert]);
    assert_eq!(waiting(&ledger).len(), 5, "the late step is still sent");
}

#[test]
fn assessor_state_comes_with_the_alert_or_alone() {
    let (_folder, ledger) = fresh();
    let state = |bytes: &[u8]| AssessorState { device_id: "cam-01".into(), state: bytes.into() };
    assert_eq!(ledger.assessor_state("cam-01").unwrap(), None);
    ledger.record(&[step("a", 1, "open")], Some(&state(b"one"))).unwrap();
    assert_eq!(ledger.assessor_state("cam-01").unwrap().unwrap(), b"one");
    ledger.save_assessor_state(&state(b"two")).unwrap();
    assert_eq!(ledger.assessor_state("cam-01").unwrap().unwrap(), b"two");
}

#[test]
fn depth_counts_what_waits() {
    let (_folder, ledger) = fresh();
    assert_eq!(ledger.depth().unwrap(), Depth::default());
    let sequences = ledger.record(&[step("a", 1, "open"), step("a", 2, "cleared")], None).unwrap();
    let both = Depth { messages: 2, bytes: 8 + 11, oldest_at: Some(1_001) };
    assert_eq!(ledger.depth().unwrap(), both);
    ledger.acknowledge(&sequences[..1]).unwrap();
    let second = Depth { messages: 1, bytes: 11, oldest_at: Some(1_002) };
    assert_eq!(ledger.depth().unwrap(), second);
}

#[test]
fn a_second_gateway_is_refused_but_a_clone_shares() {
    let (folder, ledger) = fresh();
    let path = folder.path().join("ledger.sqlite3");
    let refused = Ledger::open(&path).unwrap_err();
    assert!(matches!(refused, LedgerError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("another gateway is running with this ledger"));
    let publisher = ledger.clone();
    ledger.record(&[step("a", 1, "open")], None).unwrap();
    assert_eq!(waiting(&publisher), [1]);
    drop((ledger, publisher));
    Ledger::open(&path).unwrap();
}

#[test]
fn a_full_disk_keeps_nothing_of_the_call_and_the_next_one_works() {
    let (_folder, ledger) = fresh();
    ledger.record(&[step("a", 1, "open")], None).unwrap();
    let limit = |pages: i64| {
        let connection = ledger.connection();
        // SQLite answers SQLITE_FULL at this limit, from the same place as on a full disk.
        connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0)).unwrap();
        connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    };
    limit(1); // SQLite rounds up to the present size
    let mut large = step("b", 1, "open");
    large.message.payload = vec![0; 100_000];
    let state = AssessorState { device_id: "cam-01".into(), state: vec![7] };
    for _ in 0..3 {
        let full = ledger.record(&[step("c", 1, "open"), large.clone()], Some(&state)).unwrap_err();
        assert!(matches!(full, LedgerError::Full { .. }), "{full}");
        assert_eq!(full.remedy(), Remedy::Retry);
    }
    assert_eq!(waiting(&ledger), [1]);
    assert_eq!(ledger.assessor_state("cam-01").unwrap(), None);
    limit(1_000_000);
    ledger.record(&[step("c", 1, "open"), large], Some(&state)).unwrap();
    assert_eq!(waiting(&ledger).len(), 3);
    assert_eq!(ledger.open_alerts().unwrap().len(), 3);
}

#[test]
fn a_read_only_ledger_says_so_and_recovers() {
    let (_folder, ledger) = fresh();
    let read_only = |on: bool| ledger.connection().pragma_update(None, "query_only", on).unwrap();
    read_only(true);
    let refused = ledger.record(&[step("a", 1, "open")], None).unwrap_err();
    assert!(matches!(refused, LedgerError::ReadOnly { .. }), "{refused}");
    read_only(false);
    ledger.record(&[step("a", 1, "open")], None).unwrap();
}

#[test]
fn recording_an_alert_waits_for_the_disk_and_nothing_else_does() {
    let (_folder, ledger) = fresh();
    let synchronous = || -> i64 {
        let connection = ledger.connection();
        connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
    };
    let state = |bytes: &[u8]| AssessorState { device_id: "cam-01".into(), state: bytes.into() };
    for seq in 1..4 {
        let sequences = ledger.record(&[step("a", seq, "open")], None).unwrap();
        assert_eq!(synchronous(), 2, "FULL");
        ledger.acknowledge(&sequences).unwrap();
        assert_eq!(synchronous(), 1, "NORMAL");
        ledger.record(&[step("b", seq, "open")], Some(&state(b"with an alert"))).unwrap();
        assert_eq!(synchronous(), 2, "FULL");
        ledger.save_assessor_state(&state(b"alone")).unwrap();
        assert_eq!(synchronous(), 1, "NORMAL");
    }
}

#[test]
fn closed_alerts_are_forgotten_once_old_and_delivered_and_no_others() {
    let (_folder, ledger) = fresh();
    let closed_at = |alert_id: &str, at: i64| {
        let mut closed = step(alert_id, 2, CLOSED);
        closed.alert.updated_at_micros = at;
        closed
    };
    let steps = [
        step("open", 1, "open"),
        closed_at("old", 1_000),
        closed_at("older", 999),
        closed_at("new", 5_000),
        closed_at("undelivered", 998),
    ];
    let sequences = ledger.record(&steps, None).unwrap();
    ledger.acknowledge(&sequences[..4]).unwrap();
    let counts = || -> (i64, i64) {
        let connection = ledger.connection();
        let count = "SELECT (SELECT count(*) FROM alert), (SELECT count(*) FROM revision)";
        connection.query_row(count, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
    };
    assert_eq!(counts(), (5, 5));
    assert_eq!(ledger.forget_closed(5_000, Mark::ALL, 1).unwrap(), 1);
    assert_eq!(ledger.record(&steps[1..2], None).unwrap(), sequences[1..2], "\"older\" went first");
    assert_eq!(ledger.forget_closed(5_000, Mark::ALL, 10).unwrap(), 1);
    assert_eq!(ledger.forget_closed(5_000, Mark::ALL, 10).unwrap(), 0);
    assert_eq!(counts(), (3, 3));
    assert_eq!(ledger.open_alerts().unwrap().len(), 1);
    assert_eq!(waiting(&ledger), [sequences[4].get()]);
    ledger.acknowledge(&sequences[4..]).unwrap();
    assert_eq!(ledger.forget_closed(5_000, Mark::ALL, 10).unwrap(), 1);
}

#[test]
fn a_retained_state_is_forgotten_only_of_an_alert_that_is_closed() {
    let (_folder, ledger) = fresh();
    ledger.record(&[step("a", 1, CLOSED), step("b", 1, "open")], None).unwrap();
    ledger.forget_alert_states(&["a".to_owned(), "b".to_owned()]).unwrap();
    let states = ledger.alert_states("", i64::MAX, 9).unwrap();
    let left: Vec<&str> = states.iter().map(|state| state.alert_id.as_str()).collect();
    assert_eq!(left, ["b"]);
}

#[test]
fn a_removed_device_is_found_and_forgotten() {
    let (_folder, ledger) = fresh();
    for device_id in ["cam-02", "cam-01"] {
        let assessor = AssessorState { device_id: device_id.into(), state: vec![1] };
        ledger.save_assessor_state(&assessor).unwrap();
    }
    assert_eq!(ledger.assessed_devices().unwrap(), ["cam-01", "cam-02"]);
    ledger.forget_assessor("cam-01").unwrap();
    ledger.forget_assessor("never seen").unwrap();
    assert_eq!(ledger.assessed_devices().unwrap(), ["cam-02"]);
    assert_eq!(ledger.assessor_state("cam-01").unwrap(), None);
}

#[test]
fn a_file_that_is_no_ledger_is_refused_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.sqlite3");
    fs::write(&garbage, "not a database, but long enough to look like one ".repeat(100)).unwrap();
    let refused = Ledger::open(&garbage).unwrap_err();
    assert!(matches!(refused, LedgerError::Damaged { .. }), "{refused}");
    assert!(refused.to_string().contains("garbage.sqlite3"), "{refused}");

    let foreign = folder.path().join("foreign.sqlite3");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let before = fs::read(&foreign).unwrap();
    let refused = Ledger::open(&foreign).unwrap_err();
    assert!(matches!(refused, LedgerError::Foreign { .. }), "{refused}");
    assert_eq!(fs::read(&foreign).unwrap(), before);

    let refused = Ledger::open(folder.path()).unwrap_err();
    assert!(matches!(refused, LedgerError::CannotOpen { .. }), "{refused}");
    let refused = Ledger::open(&folder.path().join("missing/ledger.sqlite3")).unwrap_err();
    assert!(matches!(refused, LedgerError::Folder { .. }), "{refused}");
}

#[test]
fn damage_is_found_at_the_start() {
    let (folder, ledger) = fresh();
    let steps: Vec<_> = (1..200).map(|seq| step("a", seq, "open")).collect();
    ledger.record(&steps, None).unwrap();
    ledger.seal().unwrap();
    drop(ledger);
    let path = folder.path().join("ledger.sqlite3");
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&path, bytes).unwrap();
    let refused = Ledger::open(&path).unwrap_err();
    assert!(matches!(refused, LedgerError::Damaged { .. }), "{refused}");
}

#[test]
fn a_newer_ledger_is_refused() {
    let (folder, ledger) = fresh();
    ledger.connection().pragma_update(None, "user_version", 9).unwrap();
    drop(ledger);
    let refused = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap_err();
    assert!(matches!(refused, LedgerError::Newer { found: 9, .. }), "{refused}");
}

#[test]
fn a_sealed_ledger_is_one_file() {
    let (folder, ledger) = fresh();
    ledger.record(&[step("a", 1, "open")], None).unwrap();
    ledger.seal().unwrap();
    let copy = folder.path().join("copy.sqlite3");
    fs::copy(ledger.path(), &copy).unwrap();
    assert_eq!(waiting(&Ledger::open(&copy).unwrap()), [1]);
}

#[test]
fn a_ledger_whose_file_was_taken_away_says_so() {
    let (folder, ledger) = fresh();
    let path = ledger.path().to_owned();
    let aside = folder.path().join("aside");
    let is_gone = || matches!(ledger.check_place(), Err(LedgerError::Gone { .. }));
    ledger.record(&[step("a", 1, "open")], None).unwrap();
    ledger.seal().unwrap();
    ledger.check_place().unwrap();
    fs::rename(&path, &aside).unwrap();
    assert!(is_gone(), "moved");
    ledger.record(&[step("b", 1, "open")], None).expect("nothing else shows it");
    fs::copy(&aside, &path).unwrap();
    assert!(is_gone(), "replaced by a copy");
    fs::rename(&aside, &path).unwrap();
    ledger.check_place().unwrap();
    fs::remove_dir_all(folder.path()).unwrap();
    assert!(is_gone(), "removed with its folder");
    assert_eq!(ledger.check_place().unwrap_err().remedy(), Remedy::Stop);
}
