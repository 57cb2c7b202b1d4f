//! Ledgers of every version ever released must open, with all they hold.

use std::fs;
use std::path::{Path, PathBuf};

use ledger::{AlertRow, AssessorState, CLOSED, Entry, Ledger, OutgoingMessage, Sequence};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn step(alert_id: &str, seq: u32, state: &str) -> Entry {
    Entry {
        alert: AlertRow {
            alert_id: alert_id.into(),
            dedupe_key: format!("fire_passage_blocked|{alert_id}"),
            device_id: "cam-03".into(),
            seq,
            state: state.into(),
            updated_at_micros: 1_790_000_000_000_000 + i64::from(seq),
        },
        message: OutgoingMessage {
            topic: "cg/v1/110117/001/003/gw-01/evt/fire_safety/fire_passage_blocked".into(),
            payload: format!("{{\"alert_id\":\"{alert_id}\",\"seq\":{seq}}}").into_bytes(),
            retain: false,
        },
    }
}

/// What every fixture holds: one open alert, one closed, one message already acknowledged.
fn steps() -> [Entry; 4] {
    [step("a", 1, "open"), step("b", 1, "open"), step("b", 2, "cleared"), step("b", 3, CLOSED)]
}

fn assessor() -> AssessorState {
    AssessorState { device_id: "cam-03".into(), state: b"dwell since 12:00".to_vec() }
}

/// Holds the ledger at `path` to what every fixture holds.
#[expect(clippy::unwrap_used, reason = "a fixture that cannot be read fails its test")]
fn check(path: &Path) {
    let ledger = Ledger::open(path).unwrap();
    let [a1, b1, b2, b3] = steps();
    assert_eq!(ledger.open_alerts().unwrap(), std::slice::from_ref(&a1.alert));
    assert_eq!(ledger.assessor_state("cam-03").unwrap().unwrap(), assessor().state);
    let waiting = ledger.unsent(Sequence::START, 9).unwrap();
    assert!(waiting.iter().all(|message| message.order_key == "b"));
    let payloads: Vec<_> = waiting.iter().map(|message| &message.payload).collect();
    assert_eq!(payloads, [&b1.message.payload, &b2.message.payload, &b3.message.payload]);
    // The acknowledged step is remembered, and its number is not given again.
    assert_eq!(ledger.record(&[a1], None).unwrap(), [Sequence::from_number(1)]);
    let next = ledger.record(&[step("a", 2, "cleared")], None).unwrap();
    assert_eq!(next, [Sequence::from_number(5)]);
}

#[test]
fn every_version_opens_with_all_it_holds() {
    for name in ["v1.sqlite3", "v2.sqlite3"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite3");
        fs::copy(fixture(name), &path).unwrap();
        check(&path);
    }
}

/// Once a version, before the first release that writes it, the file made here becomes a fixture:
/// `NEW_FIXTURE=v4.sqlite3 cargo test -p ledger --test fixtures`. Older ones are never written again.
#[test]
fn the_present_version_opens_with_all_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite3");
    let ledger = Ledger::open(&path).unwrap();
    let sequences = ledger.record(&steps(), Some(&assessor())).unwrap();
    ledger.acknowledge(&sequences[..1]).unwrap();
    ledger.seal().unwrap();
    drop(ledger);
    if let Some(name) = std::env::var_os("NEW_FIXTURE") {
        let fixture = fixture(name.to_str().unwrap());
        assert!(!fixture.exists(), "{} is never written again", fixture.display());
        fs::copy(&path, fixture).unwrap();
    }
    check(&path);
}
