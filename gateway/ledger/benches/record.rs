//! What the history costs: steps of alerts recorded with it, and as ledgers of version 2 did.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops at faults"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use ledger::{AlertRow, Entry, HistoryEntry, HistoryReader, Ledger, OutgoingMessage, Sequence};
use rusqlite::{Connection, TransactionBehavior, params};

/// The size of an alert with its place, evidence and rule.
const PAYLOAD_BYTES: usize = 3_000;
/// Steps of one measurement; both sides take turns.
const STEPS: u32 = 200;
const ROUNDS: u32 = 10;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let mut plain = Plain::open(&folder.path().join("plain.sqlite3"));
    let (mut with, mut without) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let entries: Vec<_> = (0..STEPS).map(|step| entry(round * STEPS + step)).collect();
        with += timed(|| {
            for entry in &entries {
                black_box(ledger.record(std::slice::from_ref(entry), None).unwrap());
            }
        });
        without += timed(|| entries.iter().for_each(|entry| plain.record(entry)));
    }
    let steps = ROUNDS * STEPS;
    println!(
        "record(), on disk: {:?} with history, {:?} as version 2 did, ratio {:.2}",
        with / steps,
        without / steps,
        with.as_secs_f64() / without.as_secs_f64(),
    );
    sizes(&ledger, &plain, folder.path(), steps);
    lazily(&ledger);
    let begun = Instant::now();
    let chain = HistoryReader::open(ledger.path()).unwrap().verify().unwrap().unwrap();
    println!("verify: {} entries in {:?}", chain.entries, begun.elapsed());
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// Bytes of the files by step, the messages delivered.
fn sizes(ledger: &Ledger, plain: &Plain, folder: &Path, steps: u32) {
    let waiting = ledger.unsent(Sequence::START, usize::MAX).unwrap();
    let sequences: Vec<_> = waiting.iter().map(|message| message.sequence).collect();
    ledger.acknowledge(&sequences).unwrap();
    ledger.seal().unwrap();
    plain.connection.execute_batch("DELETE FROM outbox").unwrap();
    let bytes = |file: &str| {
        let used = Connection::open(folder.join(file)).unwrap();
        used.execute_batch("VACUUM").unwrap();
        let count = |pragma| used.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        count("page_count").unwrap() * count("page_size").unwrap() / i64::from(steps)
    };
    println!(
        "kept of a delivered step of {PAYLOAD_BYTES} bytes: {} bytes with history and state, {} as \
         version 2 did",
        bytes("ledger.sqlite3"),
        bytes("plain.sqlite3"),
    );
}

fn lazily(ledger: &Ledger) {
    let access = HistoryEntry {
        kind: "evidence".into(),
        subject: "a".into(),
        at_micros: 0,
        body: vec![b' '; 200],
    };
    let took = timed(|| {
        for _ in 0..STEPS {
            ledger.note_lazily(&access).unwrap();
        }
    });
    println!("note_lazily(): {:?}", took / STEPS);
}

fn entry(number: u32) -> Entry {
    let alert_id = format!("0198f3c4-5d6e-7f80-9123-{:012}", number / 3);
    Entry {
        alert: AlertRow {
            alert_id: alert_id.clone(),
            dedupe_key: format!("{:064}", number / 3),
            device_id: "cam-01".into(),
            seq: number % 3 + 1,
            state: "open".into(),
            updated_at_micros: 1_790_000_000_000_000 + i64::from(number),
        },
        message: OutgoingMessage {
            topic: "cg/v1/110117/001/003/gw-01/evt/fire_safety/fire_passage_blocked".into(),
            payload: vec![b' '; PAYLOAD_BYTES],
            retain: false,
        },
    }
}

/// A ledger as it was before it had a history.
struct Plain {
    connection: Connection,
}

impl Plain {
    fn open(path: &Path) -> Self {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection.pragma_update(None, "synchronous", "FULL").unwrap();
        for version in [include_str!("../src/schema/v1.sql"), include_str!("../src/schema/v2.sql")]
        {
            connection.execute_batch(version).unwrap();
        }
        Self { connection }
    }

    fn record(&mut self, entry: &Entry) {
        let Entry { alert, message } = entry;
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        let queue = "INSERT INTO outbox (queued_at, payload_bytes, retain, topic, payload) \
            VALUES (?1, ?2, ?3, ?4, ?5)";
        let bytes = i64::try_from(message.payload.len()).unwrap();
        let values =
            params![alert.updated_at_micros, bytes, message.retain, message.topic, message.payload];
        let sequence = transaction.prepare_cached(queue).unwrap().insert(values).unwrap();
        let revise = "INSERT INTO revision (alert_id, seq, sequence) VALUES (?1, ?2, ?3)";
        let values = params![alert.alert_id, alert.seq, sequence];
        transaction.prepare_cached(revise).unwrap().execute(values).unwrap();
        let stand = "INSERT OR REPLACE INTO alert \
            (alert_id, dedupe_key, device_id, seq, state, updated_at) \
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = params![
            alert.alert_id,
            alert.dedupe_key,
            alert.device_id,
            alert.seq,
            alert.state,
            alert.updated_at_micros
        ];
        transaction.prepare_cached(stand).unwrap().execute(values).unwrap();
        transaction.commit().unwrap();
    }
}
