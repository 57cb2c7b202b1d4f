//! Whatever a power cut leaves of the files, the ledger has what it promised, and whole calls only.
//!
//! The test runs its own binary again under strace as a ledger in use, and so learns of every write
//! and every sync, in order. Then it cuts the power behind each of them, many times: what was synced
//! is there, and any part of the rest may be. The real ledger is opened on what is left. It must be as
//! it was after some call of that life, and not before the last call that promised to be kept.
//!
//! `POWER_CUT_CALLS` (40) and `POWER_CUT_STATES` (1 by chance at every operation, beside those where
//! nothing and where everything survives) make it longer, `POWER_CUT_SEED` (1) another.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_wrap,
    reason = "a test stops at the first surprise"
)]

mod disk;
mod script;
mod trace;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use ledger::Ledger;
use tempfile::TempDir;

use disk::{Chance, Disk, Files, Honesty, Survival};
use script::{Life, Promise};
use trace::Operation;

const LEDGER_OF_LIFE: &str = "GRIDWHISTLE_TEST_POWER_CUT_LEDGER";
const CALLS_OF_LIFE: &str = "GRIDWHISTLE_TEST_POWER_CUT_CALLS";
const FILE: &str = "ledger.sqlite3";

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn calls() -> u64 {
    setting("POWER_CUT_CALLS", 40)
}

/// The life that is traced. Does nothing when run as an ordinary test.
#[test]
fn life() {
    let Ok(path) = env::var(LEDGER_OF_LIFE) else {
        return;
    };
    let say = |line: &str| {
        // One write, which strace sees among the others.
        std::io::stdout().write_all(format!("@{line}\n").as_bytes()).unwrap();
    };
    let mut life = Life::begin(Path::new(&path));
    for number in 1..=usize::try_from(setting(CALLS_OF_LIFE, 0)).unwrap() {
        let promise;
        (life, promise) = life.call(number);
        say(&format!("{number} {}", if promise == Promise::Kept { "kept" } else { "lazy" }));
    }
}

/// What was done to the disk, and what the ledger must be like.
struct Session {
    found: Files,
    operations: Vec<Operation>,
    /// Contents after each call, with the last call that leaves them so; 0 is a fresh start.
    after: HashMap<String, usize>,
}

impl Session {
    /// A life of `calls` calls that begins on the files that `prepare` leaves in a folder.
    fn begun_on(prepare: impl Fn(&Path), calls: u64) -> Self {
        let folder = room();
        prepare(folder.path());
        let names = trace::names(folder.path());
        let read = |name: String| {
            let bytes = fs::read(folder.path().join(&name)).unwrap();
            (name, bytes)
        };
        let found: Files = names.into_iter().map(read).collect();
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--exact", "life", "--nocapture", "--test-threads=1"]);
        command.env(LEDGER_OF_LIFE, folder.path().join(FILE));
        command.env(CALLS_OF_LIFE, calls.to_string());
        let log = room();
        let operations = trace::trace(&command, folder.path(), &log.path().join("strace"));
        Self { found, operations, after: contents_after_each_call(prepare, calls) }
    }
}

fn contents_after_each_call(prepare: impl Fn(&Path), calls: u64) -> HashMap<String, usize> {
    let folder = room();
    prepare(folder.path());
    let mut life = Life::begin(&folder.path().join(FILE));
    let mut after = HashMap::from([(script::contents(life.ledger()).unwrap(), 0)]);
    for number in 1..=usize::try_from(calls).unwrap() {
        (life, _) = life.call(number);
        after.insert(script::contents(life.ledger()).unwrap(), number);
    }
    after
}

/// A folder in memory where there is one: what counts is what was written, not the real disk.
fn room() -> TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

#[derive(Debug, Default)]
struct Tally {
    operations: usize,
    syncs: usize,
    states: usize,
    lost: usize,
    state_errors: Vec<String>,
}

/// Which promises are held to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    /// Those that were given.
    Given,
    /// Every call's, lazy ones too.
    ToAll,
}

/// After which call the ledger was that opened on some files, or what was wrong with it.
type Found = Result<usize, String>;

struct Cutter<'a> {
    session: &'a Session,
    tally: Tally,
}

impl Cutter<'_> {
    /// Cuts the power behind each operation.
    fn cut_everywhere(mut self, honesty: Honesty, held: Held, states: u64) -> Tally {
        let mut chance = Chance(setting("POWER_CUT_SEED", 1));
        let mut disk = Disk::holding(self.session.found.clone(), honesty);
        let mut promised = 0;
        let (mut least, mut most) = (None, None);
        for operation in &self.session.operations {
            self.tally.operations += 1;
            disk.take(operation);
            match operation {
                Operation::Said(line) => promised = promise(line, held).unwrap_or(promised),
                Operation::Sync(_) | Operation::SyncFolder => {
                    self.tally.syncs += 1;
                    least = None;
                }
                _ => most = None,
            }
            let found = least.get_or_insert_with(|| self.open(&disk.cut(Survival::Nothing)));
            self.judge(found, promised);
            let found = most.get_or_insert_with(|| self.open(&disk.cut(Survival::Everything)));
            self.judge(found, promised);
            let undecided = if disk.is_synced() { 0 } else { states };
            for _ in 0..undecided {
                let found = self.open(&disk.cut(Survival::Chance(&mut chance)));
                self.judge(&found, promised);
            }
        }
        self.tally
    }

    fn open(&mut self, files: &Files) -> Found {
        self.tally.states += 1;
        let contents = contents_of(files)?;
        self.session.after.get(&contents).copied().ok_or_else(|| "half of a call".to_owned())
    }

    fn judge(&mut self, found: &Found, promised: usize) {
        match found {
            Ok(call) if *call >= promised => {}
            Ok(_) => self.tally.lost += 1,
            Err(error) => {
                let place = self.tally.operations;
                self.tally.state_errors.push(format!("operation {place}: {error}"));
            }
        }
    }
}

/// The call that `line` says has returned, if it is one to be held to.
fn promise(line: &str, held: Held) -> Option<usize> {
    let (number, promise) = line.split_once('@')?.1.split_once(' ')?;
    let is_held = promise == "kept" || held == Held::ToAll;
    is_held.then(|| number.parse().unwrap())
}

/// What the ledger answers that opens on these files.
fn contents_of(files: &Files) -> Result<String, String> {
    let folder = room();
    disk::write(files, folder.path());
    let path = folder.path().join(FILE);
    let ledger = Ledger::open(&path).map_err(|error| error.to_string())?;
    let contents = script::contents(&ledger)?;
    let file = rusqlite::Connection::open(&path).map_err(|error| error.to_string())?;
    let verdict: String = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .map_err(|error| error.to_string())?;
    if verdict == "ok" { Ok(contents) } else { Err(verdict) }
}

fn cut(session: &Session, honesty: Honesty, held: Held, states: u64) -> Tally {
    let cutter = Cutter { session, tally: Tally::default() };
    cutter.cut_everywhere(honesty, held, states)
}

fn nothing(_folder: &Path) {}

fn ledger_of_version_2(folder: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v2.sqlite3");
    fs::copy(fixture, folder.join(FILE)).unwrap();
}

#[test]
fn a_power_cut_at_any_operation_loses_no_promise_and_leaves_whole_calls() {
    let states = setting("POWER_CUT_STATES", 1);
    for (name, calls, session) in [
        ("new ledger", calls(), Session::begun_on(nothing, calls())),
        ("ledger of version 2", calls() / 2, Session::begun_on(ledger_of_version_2, calls() / 2)),
    ] {
        let tally = cut(&session, Honesty::Honest, Held::Given, states);
        let Tally { operations, syncs, states, lost, state_errors } = &tally;
        println!(
            "{name}: {calls} calls, {operations} operations ({syncs} syncs), {states} states, \
             lost = {lost}, state errors = {}",
            state_errors.len(),
        );
        assert!(*syncs > 10 && *states > 500, "too little was tried: {tally:?}");
        assert_eq!((*lost, state_errors.as_slice()), (0, &[][..]), "{name}");
    }
}

#[test]
fn a_call_that_does_not_wait_for_the_disk_and_promises_all_the_same_is_caught() {
    let session = Session::begun_on(nothing, 14);
    let tally = cut(&session, Honesty::Honest, Held::ToAll, 0);
    assert!(tally.lost > 20, "{tally:?}");
    assert_eq!(tally.state_errors, [] as [String; 0], "lost as a whole");
}

#[test]
fn a_disk_that_ignores_syncs_is_caught() {
    let session = Session::begun_on(nothing, 14);
    let tally = cut(&session, Honesty::IgnoresSyncs, Held::Given, 1);
    assert!(tally.lost > 20, "{tally:?}");
    assert!(!tally.state_errors.is_empty(), "{tally:?}");
}
