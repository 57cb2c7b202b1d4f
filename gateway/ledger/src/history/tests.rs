//! The history keeps what happened, and any change of it is found.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

use super::chain::{self, Chain, ChainError};
use super::recorded::{HistoryEntry, Recorded};
use crate::casework::{CaseEventRow, Judgement};
use crate::entry::{AlertRow, Answer, Entry, OutgoingMessage, Sequence};
use crate::error::Remedy;
use crate::marks::Mark;
use crate::store::Ledger;

const START_MICROS: i64 = 1_790_000_000_000_000;

fn fresh() -> (TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    (folder, ledger)
}

fn entry(subject: &str, at_micros: i64) -> HistoryEntry {
    let body = format!("<what happened to {subject}>").into_bytes();
    HistoryEntry { kind: "command".into(), subject: subject.into(), at_micros, body }
}

fn message(topic: &str) -> OutgoingMessage {
    OutgoingMessage { topic: topic.into(), payload: b"{}".to_vec(), retain: false }
}

fn step(alert_id: &str, seq: u32) -> Entry {
    Entry {
        alert: AlertRow {
            alert_id: alert_id.into(),
            dedupe_key: alert_id.into(),
            device_id: "cam-01".into(),
            seq,
            state: "open".into(),
            updated_at_micros: START_MICROS + i64::from(seq),
        },
        message: message("evt"),
    }
}

/// A ledger with five entries, as one file.
fn five() -> (TempDir, Ledger) {
    let (folder, ledger) = fresh();
    for number in 1..=5 {
        ledger.note(&entry(&format!("gate-{number}"), START_MICROS + number), &[]).unwrap();
    }
    ledger.seal().unwrap();
    (folder, ledger)
}

fn verify(path: &Path) -> Result<Chain, ChainError> {
    chain::verify(&Connection::open(path).unwrap()).unwrap()
}

#[test]
fn whatever_happens_is_one_chain() {
    let (_folder, ledger) = fresh();
    ledger.record(&[step("a", 1), step("a", 2)], None).unwrap();
    ledger.record(&[step("a", 1)], None).unwrap(); // known: not once more
    let answer = Answer { order_key: "request-1".into(), message: message("cmd/request-1/res") };
    assert_eq!(
        ledger.note(&entry("request-1", START_MICROS), std::slice::from_ref(&answer)).unwrap(),
        3
    );
    assert_eq!(ledger.note_lazily(&entry("picture", START_MICROS - 9)).unwrap(), 4);
    let event = CaseEventRow {
        seq: 1,
        msg_id: "m-1".into(),
        payload: b"accepted".to_vec(),
        received_at_micros: START_MICROS,
    };
    let outcome = ledger.take_feedback("a", |known| {
        assert_eq!(known.alert.as_ref().unwrap().seq, 2);
        Judgement {
            keep: Some(event.clone()),
            note: entry("a", START_MICROS + 5),
            answer: Some(Answer { order_key: "a".into(), message: message("case/a/ack") }),
            outcome: "applied",
        }
    });
    assert_eq!(outcome.unwrap(), "applied");

    assert_eq!(ledger.case_events("a").unwrap(), [event]);
    let queued = ledger.unsent(Sequence::START, 9).unwrap();
    let keys: Vec<_> = queued.iter().map(|queued| queued.order_key.as_str()).collect();
    assert_eq!(keys, ["a", "a", "request-1", "a"]);
    let history = ledger.history(0, 9).unwrap();
    let kinds: Vec<_> = history.iter().map(|recorded| recorded.entry.kind.as_str()).collect();
    assert_eq!(kinds, ["alert", "alert", "command", "command", "command"]);
    assert_eq!(history[0].entry.body, b"{}");
    let of_a: Vec<_> = ledger.history_of("a", 1, 9).unwrap();
    assert_eq!(of_a, [history[1].clone(), history[4].clone()]);
    let chain = ledger.verify_chain().unwrap().unwrap();
    assert_eq!((chain.entries, chain.pruned, chain.head), (5, 0, 5));
    assert_eq!(chain.span_micros, Some((START_MICROS + 1, START_MICROS + 5)));
    assert_eq!(chain.hash, history[4].hash);
}

/// The expected hash comes from another language's library.
#[test]
fn the_hash_is_the_one_that_its_description_gives() {
    let recorded = Recorded {
        number: 1,
        entry: HistoryEntry {
            kind: "alert".into(),
            subject: "a".into(),
            at_micros: 2,
            body: b"{}".to_vec(),
        },
        previous: [0; 32],
        hash: [0; 32],
    };
    let expected = "12d9375d0517c310f11d9f2260e767ebf0c79c06cf14ed1e191d5a7f1222d3d2";
    assert_eq!(hex::encode(recorded.digest()), expected);
}

#[test]
fn every_flipped_bit_of_a_row_is_found_in_that_row() {
    let (folder, ledger) = five();
    let path = folder.path().join("flipped.sqlite3");
    let sound = fs::read(ledger.path()).unwrap();
    let find = |text: &[u8]| sound.windows(text.len()).position(|window| window == text).unwrap();
    let body = b"<what happened to gate-3>";
    let (begin, end) = (find(b"commandgate-3<"), find(body) + body.len() + 64);
    // Before the text: the length of the row, its number, eight bytes of types, eight of time.
    let begin = begin - (1 + 1 + 8 + 8);
    let mut unseen = Vec::new();
    for place in begin..end {
        for bit in 0..8 {
            let mut bytes = sound.clone();
            bytes[place] ^= 1 << bit;
            fs::write(&path, bytes).unwrap();
            match verify(&path) {
                Err(fault) => {
                    assert_eq!(fault.number, 3, "byte {}, bit {bit}: {fault}", place - begin)
                }
                Ok(_) => unseen.push(place - begin),
            }
        }
    }
    // The number is the row's key; SQLite never reads the place of its column.
    assert_eq!(unseen, [3]);
    fs::write(&path, sound).unwrap();
    verify(&path).unwrap();
}

#[test]
fn what_was_removed_inserted_or_rewritten_is_named() {
    let unguarded = "DROP TRIGGER history_only_grows_at_its_end; \
         DROP TRIGGER history_is_never_rewritten; DROP TRIGGER history_is_pruned_behind_its_anchor;";
    let insert = "INSERT INTO history SELECT 6, at, kind, subject, body, previous, hash FROM history \
         WHERE number = 5";
    for (tampering, expected) in [
        ("DELETE FROM history WHERE number = 1", "entry 1 is missing"),
        ("DELETE FROM history WHERE number = 3", "entry 3 is missing"),
        ("DELETE FROM history WHERE number >= 4", "entry 4 is missing"),
        ("DELETE FROM history", "entry 1 is missing"),
        (insert, "entry 6 is not what was recorded: its hash differs"),
        ("UPDATE history SET number = 9 WHERE number = 2", "entry 2 is missing"),
        (
            "UPDATE history_end SET hash = randomblob(32) WHERE name = 'anchor'",
            "entry 1 does not follow the entry before it",
        ),
        (
            "UPDATE history_end SET number = 4 WHERE name = 'head'",
            "entry 5 is not the newest one noted",
        ),
        (
            "DELETE FROM history_end WHERE name = 'head'",
            "entry 5 may not be the newest: the head is damaged",
        ),
        (
            "DELETE FROM history_end WHERE name = 'anchor'",
            "entry 1 cannot be reached: the history's anchor is damaged",
        ),
    ] {
        let (_folder, ledger) = five();
        let tamper = Connection::open(ledger.path()).unwrap();
        tamper.execute_batch(&format!("{unguarded} {tampering}")).unwrap();
        let fault = ledger.verify_chain().unwrap().unwrap_err();
        assert_eq!(fault.to_string(), expected, "{tampering}");
    }
}

#[test]
fn the_database_itself_refuses_to_rewrite_the_history() {
    let (_folder, ledger) = five();
    let other = Connection::open(ledger.path()).unwrap();
    for (tampering, refusal) in [
        ("UPDATE history SET body = x'00' WHERE number = 2", "the history is never rewritten"),
        ("DELETE FROM history WHERE number = 1", "the history is pruned from its beginning only"),
        (
            "INSERT INTO history VALUES (9, 0, '', '', x'', x'', x'')",
            "the history only grows at its end",
        ),
    ] {
        let refused = other.execute_batch(tampering).unwrap_err();
        assert!(refused.to_string().contains(refusal), "{refused}");
    }
    ledger.verify_chain().unwrap().unwrap();
}

#[test]
fn pruning_takes_an_old_beginning_and_leaves_a_chain() {
    let (_folder, ledger) = five();
    assert_eq!(ledger.prune_history(START_MICROS, Mark::ALL, 9).unwrap(), 0, "all are younger");
    assert_eq!(ledger.prune_history(START_MICROS + 4, Mark::ALL, 1).unwrap(), 1);
    assert_eq!(ledger.prune_history(START_MICROS + 4, Mark::ALL, 9).unwrap(), 2);
    assert_eq!(ledger.prune_history(START_MICROS + 4, Mark::ALL, 9).unwrap(), 0);
    let chain = ledger.verify_chain().unwrap().unwrap();
    assert_eq!((chain.entries, chain.pruned, chain.head), (2, 3, 5));
    assert_eq!(ledger.prune_history(i64::MAX, Mark::ALL, usize::MAX).unwrap(), 2);
    let chain = ledger.verify_chain().unwrap().unwrap();
    assert_eq!((chain.entries, chain.pruned, chain.head), (0, 5, 5));
    assert_eq!(ledger.note(&entry("next", START_MICROS), &[]).unwrap(), 6);
    assert_eq!(ledger.verify_chain().unwrap().unwrap().entries, 1);
}

#[test]
fn a_clock_that_steps_breaks_neither_the_chain_nor_pruning() {
    let (_folder, ledger) = fresh();
    for at in [50, 10, i64::MIN, 60, i64::MAX, 20] {
        ledger.note(&entry("clock", at), &[]).unwrap();
    }
    ledger.verify_chain().unwrap().unwrap();
    assert_eq!(ledger.prune_history(60, Mark::ALL, 9).unwrap(), 3, "up to the first young one");
    assert_eq!(ledger.prune_history(70, Mark::ALL, 9).unwrap(), 1);
    assert_eq!(ledger.prune_history(70, Mark::ALL, 9).unwrap(), 0, "a time to come holds back");
    assert_eq!(ledger.verify_chain().unwrap().unwrap().entries, 2);
}

#[test]
fn nothing_is_pruned_before_every_reader_has_passed_it() {
    let (folder, ledger) = five();
    ledger.move_cursor("slow", 0).unwrap();
    assert_eq!(ledger.prune_history(i64::MAX, Mark::ALL, 9).unwrap(), 0);
    ledger.move_cursor("slow", 2).unwrap();
    ledger.move_cursor("slow", 1).unwrap(); // a repetition of an earlier call
    ledger.move_cursor("fast", 900).unwrap();
    drop(ledger);
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let cursors = ["slow", "fast", "unknown"].map(|name| ledger.cursor(name).unwrap());
    assert_eq!(cursors, [2, 5, 0], "what is still to come is never passed");
    assert_eq!(ledger.prune_history(i64::MAX, Mark::ALL, 9).unwrap(), 2);
    ledger.forget_cursor("slow").unwrap();
    assert_eq!(ledger.prune_history(i64::MAX, Mark::ALL, 9).unwrap(), 3);
}

#[test]
fn a_refusing_disk_keeps_nothing_of_any_call_and_the_next_one_works() {
    let (_folder, ledger) = five();
    ledger.record(&[step("a", 1)], None).unwrap();
    let before = ledger.verify_chain().unwrap();
    let pragma = |text: &str| ledger.connection().query_row(text, [], |_| Ok(())).ok();
    let large = HistoryEntry { body: vec![7; 100_000], ..entry("large", START_MICROS) };
    let feedback = || {
        ledger.take_feedback("a", |known| Judgement {
            keep: Some(CaseEventRow {
                seq: known.events.len() as u64 + 1,
                msg_id: "m".into(),
                payload: vec![7; 100_000],
                received_at_micros: START_MICROS,
            }),
            note: entry("a", START_MICROS),
            answer: None,
            outcome: (),
        })
    };
    for (refuse, allow) in [
        // SQLite answers SQLITE_FULL at this limit, from the same place as on a full disk.
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 100000"),
        ("PRAGMA query_only = 1", "PRAGMA query_only = 0"),
    ] {
        pragma(refuse);
        let answer = Answer { order_key: "r".into(), message: message("cmd/r/res") };
        let refusals = [
            ledger.note(&large, &[answer]).unwrap_err(),
            ledger.note_lazily(&large).unwrap_err(),
            feedback().unwrap_err(),
        ];
        for refused in refusals {
            assert_eq!(refused.remedy(), Remedy::Retry, "{refused}");
        }
        // On a full disk, what needs no more of it still works.
        for outcome in [
            ledger.move_cursor("north", 0),
            ledger.forget_cursor("south"),
            ledger.prune_history(START_MICROS, Mark::ALL, 9).map(drop),
            ledger.forget_alert_states(&["a".to_owned()]),
        ] {
            let is_full = refuse.contains("max_page_count");
            assert!(is_full || outcome.is_err_and(|error| error.remedy() == Remedy::Retry));
        }
        assert_eq!(ledger.verify_chain().unwrap(), before);
        assert_eq!(ledger.case_events("a").unwrap(), []);
        assert_eq!(ledger.depth().unwrap().messages, 1);
        pragma(allow);
    }
    feedback().unwrap();
    ledger.note(&large, &[]).unwrap();
    assert_eq!(ledger.verify_chain().unwrap().unwrap().entries, 8);
}
