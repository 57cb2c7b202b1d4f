//! What the commands say of a real ledger, whole and tampered with.

use std::path::{Path, PathBuf};

use expect_test::{Expect, expect};
use ledger::{AlertRow, Entry, HistoryEntry, Ledger, OutgoingMessage, Recorded};
use proptest::prelude::*;
use tempfile::TempDir;

use scene::CaptureTime;

use super::line::{self, EntryJson};
use super::{AuditError, Selection, export, verify, verify_export};

const START_MICROS: i64 = 1_784_073_600_000_000;

fn entry(subject: &str, at_micros: i64, body: &[u8]) -> HistoryEntry {
    let (kind, subject, body) = ("command".into(), subject.into(), body.into());
    HistoryEntry { kind, subject, at_micros, body }
}

/// A ledger that stays open, as a running gateway's does.
fn fresh() -> (TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let step = |seq: u32| Entry {
        alert: AlertRow {
            alert_id: "a-1".into(),
            dedupe_key: "key".into(),
            device_id: "cam-01".into(),
            seq,
            state: "open".into(),
            updated_at_micros: START_MICROS + i64::from(seq),
        },
        message: OutgoingMessage {
            topic: "evt".into(),
            payload: format!(r#"{{"b": 1.50, "a":[{seq}]}}"#).into(),
            retain: false,
        },
    };
    ledger.record(&[step(1)], None).unwrap();
    ledger.note(&entry("r \"1\",\"body\":", START_MICROS + 60_000_000, b"\xff\0"), &[]).unwrap();
    ledger.record(&[step(2)], None).unwrap();
    (folder, ledger)
}

fn exported(ledger: &Ledger, selection: &Selection) -> String {
    let mut out = Vec::new();
    export(ledger.path(), selection, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn check(text: Result<String, AuditError>, ledger: &Ledger, expected: &Expect) {
    let text = text.unwrap_or_else(|refusal| format!("refused: {refusal}\n"));
    let folder = ledger.path().parent().unwrap().display().to_string();
    expected.assert_eq(&text.replace(&folder, "."));
}

fn file() -> PathBuf {
    PathBuf::from("export.jsonl")
}

#[test]
fn an_intact_history_says_how_much_it_holds_and_how_it_ends() {
    let (_folder, ledger) = fresh();
    check(
        verify(ledger.path()),
        &ledger,
        &expect![[r#"
        ./ledger.sqlite3: 3 entries, the first of 2026-07-15T00:00:00.000001Z, the newest of 2026-07-15T00:00:00.000002Z; each is as it was recorded
        head: entry 3, SHA-256 9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea
    "#]],
    );
    ledger.prune_history(i64::MAX, ledger::Mark::ALL, 1).unwrap();
    check(
        verify(ledger.path()),
        &ledger,
        &expect![[r#"
        ./ledger.sqlite3: 2 entries, the first of 2026-07-15T00:01:00Z, the newest of 2026-07-15T00:00:00.000002Z; each is as it was recorded
        entries 1 to 1 were removed when their time was over
        head: entry 3, SHA-256 9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea
    "#]],
    );
    ledger.prune_history(i64::MAX, ledger::Mark::ALL, 9).unwrap();
    check(
        verify(ledger.path()),
        &ledger,
        &expect![[r#"
        ./ledger.sqlite3: 0 entries; each is as it was recorded
        entries 1 to 3 were removed when their time was over
        head: entry 3, SHA-256 9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea
    "#]],
    );
    check(
        verify(Path::new("./nowhere")),
        &ledger,
        &expect![[r#"
        refused: there is no ledger at ./nowhere: the gateway makes it when it is started
    "#]],
    );
}

#[test]
fn a_changed_entry_is_named() {
    let (_folder, ledger) = fresh();
    let tamper = rusqlite::Connection::open(ledger.path()).unwrap();
    let forge = "DROP TRIGGER history_is_never_rewritten; \
         UPDATE history SET body = x'7b7d' WHERE number = 2";
    tamper.execute_batch(forge).unwrap();
    check(
        verify(ledger.path()),
        &ledger,
        &expect![[r#"
        refused: ./ledger.sqlite3: entry 2 is not what was recorded: its hash differs; what stands before it is as it was recorded
    "#]],
    );
    // The export still gives all: what is left may be wanted, and shows the same fault.
    let lines = exported(&ledger, &Selection::default());
    check(
        verify_export(&file(), lines.as_bytes()),
        &ledger,
        &expect![[r#"
        refused: export.jsonl: entry 2 is not what was recorded: its hash differs; what stands before it is as it was recorded
    "#]],
    );
}

#[test]
fn an_export_is_one_line_an_entry_with_the_body_as_it_was() {
    let (_folder, ledger) = fresh();
    let lines = exported(&ledger, &Selection::default());
    check(
        Ok(lines.clone()),
        &ledger,
        &expect![[r#"
        {"number":1,"at":"2026-07-15T00:00:00.000001Z","kind":"alert","subject":"a-1","previous":"0000000000000000000000000000000000000000000000000000000000000000","hash":"9a972123fa730e77df5002dafd12a52564ba180936b5ca4275062027e0cbf796","body":{"b": 1.50, "a":[1]}}
        {"number":2,"at":"2026-07-15T00:01:00Z","kind":"command","subject":"r \"1\",\"body\":","previous":"9a972123fa730e77df5002dafd12a52564ba180936b5ca4275062027e0cbf796","hash":"4368f2b17cd95fc308951127cb83c8676f963c9bc9872deab76f86a5d22b0215","body_hex":"ff00"}
        {"number":3,"at":"2026-07-15T00:00:00.000002Z","kind":"alert","subject":"a-1","previous":"4368f2b17cd95fc308951127cb83c8676f963c9bc9872deab76f86a5d22b0215","hash":"9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea","body":{"b": 1.50, "a":[2]}}
    "#]],
    );
    check(
        verify_export(&file(), lines.as_bytes()),
        &ledger,
        &expect![[r#"
        export.jsonl: 3 entries, the first of 2026-07-15T00:00:00.000001Z, the newest of 2026-07-15T00:00:00.000002Z; each is as it was recorded
        head: entry 3, SHA-256 9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea
    "#]],
    );
    let of_alert = Selection { alert_id: Some("a-1".into()), since: None };
    let lines = exported(&ledger, &of_alert);
    check(
        verify_export(&file(), lines.as_bytes()),
        &ledger,
        &expect![[r#"
        export.jsonl: 2 entries, the first of 2026-07-15T00:00:00.000001Z, the newest of 2026-07-15T00:00:00.000002Z; each is as it was recorded
        head: entry 3, SHA-256 9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea
        left out between them: 1 run(s) of other entries
    "#]],
    );
    let since = Some(CaptureTime::from_unix_micros(START_MICROS + 2));
    let lines = exported(&ledger, &Selection { alert_id: None, since });
    assert_eq!(lines.lines().count(), 2);
    let none = Selection { alert_id: Some("a-9".into()), since: None };
    let unknown = export(ledger.path(), &none, &mut Vec::new());
    assert!(matches!(unknown, Err(AuditError::NoSuchAlert { alert_id }) if alert_id == "a-9"));
    check(
        verify_export(&file(), &b""[..]),
        &ledger,
        &expect![[r#"
        export.jsonl: no entry
    "#]],
    );
}

#[test]
fn every_flipped_bit_of_an_export_is_found() {
    let (_folder, ledger) = fresh();
    let lines = exported(&ledger, &Selection::default()).into_bytes();
    for place in 0..lines.len() - 1 {
        for bit in 0..8 {
            let mut forged = lines.clone();
            forged[place] ^= 1 << bit;
            let answer = verify_export(&file(), &forged[..]);
            assert!(
                answer.is_err(),
                "byte {place}, bit {bit}: {}",
                String::from_utf8_lossy(&forged)
            );
        }
    }
}

#[test]
fn a_line_taken_out_or_put_elsewhere_is_told() {
    let (_folder, ledger) = fresh();
    let lines = exported(&ledger, &Selection::default());
    let [first, second, third]: [&str; 3] = lines.lines().collect::<Vec<_>>().try_into().unwrap();
    let read = |lines: &[&str]| verify_export(&file(), lines.join("\n").as_bytes());
    check(
        read(&[first, third]),
        &ledger,
        &expect![[r#"
        export.jsonl: 2 entries, the first of 2026-07-15T00:00:00.000001Z, the newest of 2026-07-15T00:00:00.000002Z; each is as it was recorded
        head: entry 3, SHA-256 9bee9f1cd204e4793cf617215e1b9232674f8e31b4728ed83be1004988099dea
        left out between them: 1 run(s) of other entries
    "#]],
    );
    check(
        read(&[first, third, second]),
        &ledger,
        &expect![[r#"
        refused: export.jsonl: entry 4 is missing; what stands before it is as it was recorded
    "#]],
    );
    check(
        read(&[first, first]),
        &ledger,
        &expect![[r#"
        refused: export.jsonl: entry 2 is missing; what stands before it is as it was recorded
    "#]],
    );
    check(
        read(&[first, ""]),
        &ledger,
        &expect![[r#"
        export.jsonl: 1 entry, the first of 2026-07-15T00:00:00.000001Z, the newest of 2026-07-15T00:00:00.000001Z; each is as it was recorded
        head: entry 1, SHA-256 9a972123fa730e77df5002dafd12a52564ba180936b5ca4275062027e0cbf796
    "#]],
    );
}

#[test]
fn numbers_beyond_all_history_are_refused_like_others() {
    let mut forged = Recorded {
        number: u64::MAX,
        entry: entry("a-1", START_MICROS, b"{}"),
        previous: [0; 32],
        hash: [0; 32],
    };
    forged.hash = forged.digest();
    let twice = format!("{}\n{}\n", EntryJson(&forged), EntryJson(&forged));
    assert!(matches!(verify_export(&file(), twice.as_bytes()), Err(AuditError::Broken { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_was_recorded_comes_back_from_its_line(
        entries in prop::collection::vec(
            (".{0,9}", ".{0,9}", any::<i64>(), prop::collection::vec(any::<u8>(), 0..30)), 1..4),
        json in "[ \\n]?(\\{\"body\":[1-9.e]{1,4}\\}|\"[a-z\\\\n\"]{0,5}\"|[0-9]{0,20}|\\[\\])[ \\r]?",
    ) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        for (kind, subject, at_micros, body) in entries {
            for body in [body, json.clone().into_bytes()] {
                let (kind, subject) = (kind.clone(), subject.clone());
                ledger.note(&HistoryEntry { kind, subject, at_micros, body }, &[]).unwrap();
            }
        }
        let lines = exported(&ledger, &Selection::default());
        let read: Vec<_> = lines.lines().map(|text| line::read(text).unwrap()).collect();
        prop_assert_eq!(read, ledger.history(0, 99).unwrap());
        prop_assert!(verify_export(&file(), lines.as_bytes()).is_ok());
    }
}
