//! Killed at any instruction, the ledger keeps what it said it had kept.
//!
//! The test runs its own binary again as a writer that reports every call on standard output,
//! kills it with SIGKILL at a random moment, and compares the file with the report.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ledger::{AlertRow, AssessorState, Entry, Ledger, OutgoingMessage, Sequence};

const LEDGER_OF_WRITER: &str = "GRIDWHISTLE_TEST_WRITER_LEDGER";
const KILLS: u32 = 40;
const DEVICE: &str = "cam-01";

/// The writer's life: record a few steps with the assessor's state, acknowledge some, for ever.
/// Does nothing when run as an ordinary test.
#[test]
fn writer() {
    let Ok(path) = std::env::var(LEDGER_OF_WRITER) else {
        return;
    };
    let ledger = Ledger::open(Path::new(&path)).unwrap();
    let mut step = match ledger.assessor_state(DEVICE).unwrap() {
        Some(bytes) => u64::from_le_bytes(bytes.try_into().unwrap()),
        None => 0,
    };
    loop {
        let entries: Vec<_> = (0..=step % 3).map(|offset| entry(step + offset)).collect();
        step += entries.len() as u64;
        let state = AssessorState { device_id: DEVICE.into(), state: step.to_le_bytes().into() };
        let sequences = ledger.record(&entries, Some(&state)).unwrap();
        for (entry, sequence) in entries.iter().zip(sequences) {
            report(&format!("kept {} {} {sequence}", entry.alert.alert_id, entry.alert.seq));
        }
        if step.is_multiple_of(4) {
            let waiting = ledger.unsent(Sequence::START, 5).unwrap();
            let sequences: Vec<_> = waiting.iter().map(|message| message.sequence).collect();
            for sequence in &sequences {
                report(&format!("acknowledging {sequence}"));
            }
            ledger.acknowledge(&sequences).unwrap();
            for sequence in &sequences {
                report(&format!("acknowledged {sequence}"));
            }
        }
        if step.is_multiple_of(64) {
            ledger.seal().unwrap();
        }
    }
}

/// Step n: the n-th message of all, spread over a few alerts.
fn entry(step: u64) -> Entry {
    let alert_id = format!("alert-{}", step % 7);
    let seq = u32::try_from(step / 7 + 1).unwrap();
    Entry {
        alert: AlertRow {
            alert_id: alert_id.clone(),
            dedupe_key: alert_id.clone(),
            device_id: DEVICE.into(),
            seq,
            state: "open".into(),
            updated_at_micros: i64::try_from(step).unwrap(),
        },
        message: OutgoingMessage {
            topic: format!("evt/{alert_id}"),
            payload: format!("{alert_id} {seq} {}", "x".repeat(3_000)).into_bytes(),
            retain: false,
        },
    }
}

/// One write a line: a kill cannot leave half a line that reads as a whole one.
fn report(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

/// What the writers of all rounds said.
#[derive(Default)]
struct Report {
    /// (alert, seq) → sequence
    kept: BTreeMap<(String, u32), i64>,
    acknowledging: BTreeSet<i64>,
    acknowledged: BTreeSet<i64>,
}

impl Report {
    fn take(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["kept", alert, seq, sequence] => {
                let key = (alert.to_owned(), seq.parse().unwrap());
                let sequence = sequence.parse().unwrap();
                assert_eq!(*self.kept.entry(key).or_insert(sequence), sequence, "{line}");
            }
            ["acknowledging", sequence] => {
                self.acknowledging.insert(sequence.parse().unwrap());
            }
            ["acknowledged", sequence] => {
                self.acknowledged.insert(sequence.parse().unwrap());
            }
            _ => {} // the test harness speaks too
        }
    }
}

fn start_writer(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer", "--nocapture"])
        .env(LEDGER_OF_WRITER, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// A number below `bound`, different in every run.
fn random(bound: u64) -> u64 {
    RandomState::new().hash_one(0) % bound
}

/// Lets a writer run for a random number of lines, plus a moment, and kills it.
fn run_and_kill(path: &Path, report: &mut Report) {
    let mut writer = start_writer(path);
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    for line in lines.by_ref().take(usize::try_from(random(400)).unwrap()) {
        report.take(&line.unwrap());
    }
    // Not a wait for anything: the kill must also fall between two lines, and into the opening.
    std::thread::park_timeout(Duration::from_micros(random(3_000)));
    writer.kill().unwrap();
    for line in lines {
        report.take(&line.unwrap());
    }
    writer.wait().unwrap();
}

fn revisions(path: &Path) -> BTreeMap<(String, u32), i64> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut statement = connection.prepare("SELECT alert_id, seq, sequence FROM revision").unwrap();
    let rows =
        statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

fn compare(path: &Path, report: &Report, before: &BTreeMap<(String, u32), i64>) {
    let waiting: BTreeMap<i64, Vec<u8>> = {
        let ledger = Ledger::open(path).unwrap();
        let queued = ledger.unsent(Sequence::START, usize::MAX).unwrap();
        let steps = ledger.assessor_state(DEVICE).unwrap();
        let steps = steps.map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
        let kept = revisions(path);
        assert_eq!(kept.len() as u64, steps, "alerts and assessor state are of one moment");
        for alert in ledger.open_alerts().unwrap() {
            for seq in 1..=alert.seq {
                assert!(kept.contains_key(&(alert.alert_id.clone(), seq)), "a step is missing");
            }
            assert!(!kept.contains_key(&(alert.alert_id.clone(), alert.seq + 1)), "alert is old");
        }
        queued.into_iter().map(|message| (message.sequence.get(), message.payload)).collect()
    };
    let after = revisions(path);
    let sequences: BTreeSet<_> = after.values().collect();
    assert_eq!(sequences.len(), after.len(), "a sequence was given twice");
    for (step, sequence) in before.iter().chain(&report.kept) {
        assert_eq!(after.get(step), Some(sequence), "{step:?} changed or went");
    }
    for ((alert, seq), sequence) in &after {
        match waiting.get(sequence) {
            Some(payload) => {
                assert!(payload.starts_with(format!("{alert} {seq} ").as_bytes()));
                assert!(!report.acknowledged.contains(sequence), "{sequence} came back");
            }
            None => assert!(report.acknowledging.contains(sequence), "{sequence} was lost"),
        }
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_brings_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite3");
    let mut report = Report::default();
    let mut before = BTreeMap::new();
    for _ in 0..KILLS {
        run_and_kill(&path, &mut report);
        compare(&path, &report, &before);
        before = revisions(&path);
    }
    assert!(report.kept.len() > 100, "the writers did too little: {}", report.kept.len());
    assert!(report.acknowledged.len() > 50);
}
