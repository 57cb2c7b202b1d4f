//! What the ledger gives up, and when.

use std::path::{Path, PathBuf};
use std::time::Instant;

use archive::Retention;
use ledger::{AlertRow, CLOSED, Entry, HistoryEntry, OutgoingMessage};
use proptest::collection::vec;
use proptest::prelude::*;
use runtime::utc_now;
use scene::{Clock, ClockSource, Observation};
use tempfile::TempDir;

use super::*;
use crate::evidence::{FileKind, Limits};

const DAY_MICROS: i64 = 86_400_000_000;

fn closed(alert_id: &str, days: i64) -> Entry {
    Entry {
        alert: AlertRow {
            alert_id: alert_id.to_owned(),
            dedupe_key: String::new(),
            device_id: "cam-01".to_owned(),
            seq: 1,
            state: CLOSED.to_owned(),
            updated_at_micros: utc_now().unix_micros() - days * DAY_MICROS,
        },
        message: OutgoingMessage {
            topic: "evt/fire".to_owned(),
            payload: alert_id.as_bytes().to_vec(),
            retain: false,
        },
    }
}

#[tokio::test]
async fn old_alerts_are_forgotten_from_the_start_and_history_after_400_days() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let steps = [closed("old", 31), closed("undelivered", 31), closed("recent", 29)];
    let now = utc_now().unix_micros();
    let note = |days: i64| {
        let (kind, subject, body) = ("command".into(), "r".into(), Vec::new());
        let at_micros = now - days * DAY_MICROS;
        ledger.note(&HistoryEntry { kind, subject, at_micros, body }, &[]).unwrap();
    };
    // As upkeep noted each day how far the ledger had come.
    let mark = |hours: i64| ledger.mark(now - hours * 3_600_000_000).unwrap();
    note(401);
    mark(400 * 24 + 12);
    note(399);
    let mut sequences = ledger.record(&steps[..2], None).unwrap();
    mark(30 * 24 + 12);
    sequences.extend(ledger.record(&steps[2..], None).unwrap());
    ledger.acknowledge(&[sequences[0], sequences[2]]).unwrap();
    assert!(!of_ledger(Upkeep::new(Steadiness::default()), &ledger).look().unwrap());
    assert_eq!(ledger.history(0, 1).unwrap()[0].number, 1, "the clock is not believed yet");
    // The loop as the gateway runs it; told to end, it first finishes the look that it began with.
    let (failed, mut failures) = mpsc::channel(1);
    let ended = CancellationToken::new();
    ended.cancel();
    let at_once = Steadiness::new(Duration::ZERO);
    keep_up(of_ledger(Upkeep::new(at_once), &ledger), failed, ended).await;
    assert!(failures.try_recv().is_err(), "nothing failed");
    let waiting = ledger.unsent(ledger::Sequence::START, 10).unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].payload, b"undelivered");
    // A forgotten step counts as new; the others are known.
    let again = ledger.record(&steps, None).unwrap();
    assert!(again[0] > sequences[2], "{again:?}");
    assert_eq!(again[1..], sequences[1..]);
    assert_eq!(ledger.history(0, 1).unwrap()[0].number, 2, "history stays for 400 days");
}

const HOUR: Duration = Duration::from_hours(1);

/// All stores of a gateway, and when what lies in them was truly written, in hours.
struct Stores {
    folder: TempDir,
    ledger: Ledger,
    evidence: Arc<EvidenceStore>,
    observations: Archive,
    written: Vec<(u32, String, PathBuf)>,
}

impl Stores {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let ledger = Ledger::open(&path("ledger.sqlite3")).unwrap();
        let limits = Limits { min_free_bytes: 0, ..Limits::default() };
        let evidence = Arc::new(EvidenceStore::open(&path("evidence"), limits).unwrap());
        let observations = Archive::open(&path("observations"), Retention::default()).unwrap();
        Self { folder, ledger, evidence, observations, written: Vec::new() }
    }

    /// As at a start of the gateway.
    fn upkeep(&self, now: Instant, wall: CaptureTime) -> Upkeep<RecordError> {
        let clock = Steadiness::started(HOUR * 6, now, wall);
        clock.resume(self.ledger.marked_at().unwrap().map(CaptureTime::from_unix_micros));
        upkeep(clock, &self.ledger, &self.evidence, &self.observations)
    }

    /// Something in each store, dated by the wall clock.
    fn write(&mut self, hour: u32, wall: CaptureTime) {
        let name = format!("a-{hour}");
        let mut step = closed(&name, 0);
        step.alert.updated_at_micros = wall.unix_micros();
        let sequences = self.ledger.record(&[step], None).unwrap();
        self.ledger.acknowledge(&sequences).unwrap();
        let stored = self.evidence.put(FileKind::Picture, name.as_bytes(), wall).unwrap();
        let picture = self.evidence.find(FileKind::Picture, &stored.sha256).unwrap();
        let camera = format!("cam-{hour}");
        let clock = Clock { source: ClockSource::Arrival, error_ms: None };
        let seen = Observation {
            captured_at: wall,
            clock,
            detections: Vec::new(),
            appearance: None,
            standing: Vec::new(),
            crops: Vec::new(),
            cables: Vec::new(),
        };
        let mut recorder = self.observations.recorder(&camera);
        recorder.record(&seen, &[]).unwrap();
        recorder.flush().unwrap();
        self.written.push((hour, name, picture));
    }

    /// What was removed although it is younger than its term, after `hour` hours.
    /// A start with a wrong clock makes everything older by a day.
    fn missing(&self, hour: u32, starts: u32) -> Vec<String> {
        let mut missing = Vec::new();
        for (written, name, picture) in &self.written {
            let days = (hour - written) / 24 + starts;
            let day_files = self.folder.path().join(format!("observations/cam-{written}"));
            if days < 30 && !picture.exists() {
                missing.push(format!("the picture of {name}"));
            }
            if days < 30 && self.ledger.alert(name).unwrap().is_none() {
                missing.push(format!("alert {name}"));
            }
            if days < 7 && archive_files(&day_files) == 0 {
                missing.push(format!("the observations of {name}"));
            }
            if self.ledger.history_of(name, 0, 1).unwrap().is_empty() {
                missing.push(format!("the history of {name}"));
            }
        }
        missing
    }
}

fn archive_files(folder: &Path) -> usize {
    folder.read_dir().map_or(0, Iterator::count)
}

/// After how many hours the clock is set, and to how many days after the true time.
fn steps() -> impl Strategy<Value = Vec<(u32, i32)>> {
    let to = prop_oneof![Just(0), -20_500..20_500_i32, Just(-20_600), Just(40), -2..2_i32];
    vec((1_u32..200, to), 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_walk_of_the_clock_removes_what_is_younger_than_its_term(
        steps in steps(),
        restarts in vec(1_u32..500, 0..4),
        begins in prop_oneof![Just(0), Just(-20_600), Just(40)],
    ) {
        let mut stores = Stores::new();
        let (start, true_start) = (Instant::now(), utc_now());
        let (mut off_days, mut hour) = (begins, 0_u32);
        let mut upkeep = stores.upkeep(start, true_start.moved(i64::from(begins) * DAY_MICROS));
        let mut started = 0;
        for (lasts, next_off) in steps {
            for _ in 0..lasts {
                hour += 1;
                let wall = true_start.after(HOUR * hour).moved(i64::from(off_days) * DAY_MICROS);
                if hour % 40 == 1 {
                    stores.write(hour, wall);
                }
                if restarts.contains(&hour) {
                    upkeep = stores.upkeep(start + HOUR * hour, wall);
                    started += 1;
                }
                upkeep.look_at(start + HOUR * hour, wall).unwrap();
            }
            prop_assert_eq!(stores.missing(hour, started), Vec::<String>::new());
            off_days = next_off;
        }
        // And a clock that is right for long enough removes all that is old.
        for _ in 0..24 * 34 {
            hour += 1;
            upkeep.look_at(start + HOUR * hour, true_start.after(HOUR * hour)).unwrap();
        }
        let pictures = stores.written.iter().filter(|(_, _, picture)| picture.exists()).count();
        prop_assert_eq!(pictures, 0, "evidence stays for 30 days");
    }
}
