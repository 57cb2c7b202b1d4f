//! The history of a ledger that is in use, as the command line tells it.

use std::fs;

use hw_sim::play::Certificates;
use ledger::{HistoryEntry, Ledger};

use crate::house::{complaint, free_ports, gridwhistle, write_config};
use crate::retune::move_state;
use crate::street::CAMERAS;

#[test]
fn a_ledger_in_use_is_verified_and_exported_and_forgery_is_told() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(work.path(), free_ports(), &CAMERAS[..1]);
    let state = work.path().join("kept");
    move_state(&config, &state);
    Certificates::ensure(&work.path().join("certificates")).expect("certificates");
    let config = config.to_str().expect("UTF-8");
    let verify = ["ledger", "verify", "--config", config];
    let missing = complaint(&gridwhistle(&verify), 74);
    assert!(missing.contains("there is no ledger at"), "{missing}");

    fs::create_dir(&state).expect("made");
    // Open, and so claimed, as by a running gateway.
    let ledger = Ledger::open(&state.join("ledger.sqlite3")).expect("opened");
    for (subject, body) in [("a-1", "{\"seq\": 1}"), ("a-2", "{\"seq\": 1}"), ("a-1", "{}")] {
        let (kind, subject, body) = ("case".into(), subject.into(), body.into());
        let entry = HistoryEntry { kind, subject, at_micros: 1_784_073_600_000_000, body };
        ledger.note(&entry, &[]).expect("noted");
    }
    let told = |arguments: &[&str]| {
        let output = gridwhistle(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let report = told(&verify);
    assert!(report.contains(": 3 entries, the first of 2026-07-15T00:00:00Z"), "{report}");
    assert!(report.contains("head: entry 3, SHA-256 "), "{report}");

    let export = ["ledger", "export", "--config", config];
    let exported = told(&export);
    assert_eq!(exported.lines().count(), 3);
    assert_eq!(told(&[&export[..], &["--alert", "a-1"]].concat()).lines().count(), 2);
    assert_eq!(told(&[&export[..], &["--since", "2026-07-16T00:00:00Z"]].concat()), "");
    let file = work.path().join("export.jsonl");
    let verify_file = ["ledger", "verify", "--file", file.to_str().expect("UTF-8")];
    fs::write(&file, &exported).expect("written");
    assert!(told(&verify_file).contains("export.jsonl: 3 entries"));
    fs::write(&file, exported.replacen("\"a-2\"", "\"a-3\"", 1)).expect("written");
    let forged = complaint(&gridwhistle(&verify_file), 74);
    assert!(forged.contains("entry 2 is not what was recorded"), "{forged}");

    let tamper = rusqlite::Connection::open(ledger.path()).expect("opened");
    let forge = "DROP TRIGGER history_is_never_rewritten; \
         UPDATE history SET at = at + 1 WHERE number = 3";
    tamper.execute_batch(forge).expect("forged");
    let forged = complaint(&gridwhistle(&verify), 74);
    assert!(forged.contains("entry 3 is not what was recorded"), "{forged}");
}
