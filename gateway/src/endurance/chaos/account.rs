//! What the killed process said it had kept, what its ledger holds in the end, and what the centre
//! heard: three accounts that must agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use ledger::Ledger;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::endurance::centre::Heard;

/// One step of one alert.
type Step = (String, u32);

/// What came out, growing while the run lasts.
#[derive(Default)]
pub(super) struct Account {
    /// Steps for which the ledger's call returned.
    kept: BTreeSet<Step>,
    heard: HashMap<Step, Arrival>,
    /// The newest message of each alert, as whoever drops repetitions has it.
    newest: BTreeMap<String, Told>,
    /// How often a full disk refused a step.
    pub(super) refused: u64,
    pub(super) lives: u64,
    /// How the last life ended, in its own words.
    pub(super) last_words: Option<String>,
    faults: Vec<String>,
}

struct Arrival {
    digest: [u8; 32],
    times: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Told {
    alert_id: String,
    seq: u32,
    state: String,
}

/// The account, made up.
#[derive(Debug)]
pub(super) struct Sum {
    pub(super) published: usize,
    pub(super) acknowledged: usize,
    pub(super) received: usize,
    pub(super) doubled: u64,
    pub(super) lost: usize,
    pub(super) faults: Vec<String>,
}

impl Account {
    /// A line of a life's standard output.
    pub(super) fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["kept", alert_id, seq, _state] => {
                self.kept.insert((alert_id.to_owned(), seq.parse().unwrap()));
            }
            ["refused"] => self.refused += 1,
            ["born"] => self.lives += 1,
            ["ended", ..] => self.last_words = Some(line.to_owned()),
            _ => {} // the test harness speaks too
        }
    }

    /// A message on an alert's topic.
    pub(super) fn hear(&mut self, heard: &Heard<'_>) {
        let told: Told = match serde_json::from_slice(heard.payload) {
            Ok(told) => told,
            Err(error) => return self.faults.push(format!("{}: {error}", heard.topic)),
        };
        let step = (told.alert_id.clone(), told.seq);
        let digest = Sha256::digest(heard.payload).into();
        if let Some(arrival) = self.heard.get_mut(&step) {
            arrival.times += 1;
            if arrival.digest != digest {
                self.faults.push(format!("{step:?} came with another content"));
            }
            return;
        }
        self.heard.insert(step, Arrival { digest, times: 1 });
        let newest = self.newest.get(&told.alert_id).map_or(0, |newest| newest.seq);
        if told.seq != newest + 1 {
            let Told { alert_id, seq, .. } = &told;
            self.faults.push(format!("{alert_id}: message {seq} came after message {newest}"));
        }
        self.newest.insert(told.alert_id.clone(), told);
    }

    /// Steps known to be kept and not yet heard of.
    pub(super) fn missing(&self) -> usize {
        self.kept.iter().filter(|step| !self.heard.contains_key(*step)).count()
    }

    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Holds the three accounts against each other. `folder` holds the ledger.
    pub(super) fn sum(&self, folder: &Path) -> Sum {
        let mut faults = self.faults.clone();
        let path = folder.join("ledger.sqlite3");
        let steps = steps(&path);
        let ledger = Ledger::open(&path).unwrap();
        let left = usize::try_from(ledger.depth().unwrap().messages).unwrap();
        let forgotten = self.kept.iter().filter(|step| !steps.contains(*step)).count();
        if forgotten > 0 {
            faults.push(format!("the ledger forgot {forgotten} steps that it had kept"));
        }
        for step in self.heard.keys().filter(|step| !steps.contains(*step)) {
            faults.push(format!("{step:?} was heard, but never recorded"));
        }
        let open: BTreeMap<String, (u32, String)> = ledger
            .open_alerts()
            .unwrap()
            .into_iter()
            .map(|alert| (alert.alert_id, (alert.seq, alert.state)))
            .collect();
        let heard_open: BTreeMap<String, (u32, String)> = self
            .newest
            .values()
            .filter(|told| told.state != ledger::CLOSED)
            .map(|told| (told.alert_id.clone(), (told.seq, told.state.clone())))
            .collect();
        if open != heard_open {
            faults.push("the centre's open alerts are not the ledger's".to_owned());
        }
        Sum {
            published: steps.len(),
            acknowledged: steps.len() - left,
            received: self.heard.len(),
            doubled: self.heard.values().map(|arrival| arrival.times - 1).sum(),
            lost: steps.iter().filter(|step| !self.heard.contains_key(*step)).count(),
            faults,
        }
    }
}

/// All steps that the ledger ever recorded.
fn steps(path: &Path) -> BTreeSet<Step> {
    let connection = rusqlite::Connection::open(path).unwrap();
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut statement = connection.prepare("SELECT alert_id, seq FROM revision").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}
