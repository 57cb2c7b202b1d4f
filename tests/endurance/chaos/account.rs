//! What the killed process said it had kept, what the history in its ledger holds in the end, and
//! what the centre heard: three accounts that must agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ledger::{CLOSED, Ledger};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::centre::Heard;

/// One step of one alert.
type Step = (String, u32);

/// Of a payload.
pub(super) type Digest = [u8; 32];

/// How long a closed alert keeps its retained topic: delivery's default.
const SHOWN_MICROS: i64 = 24 * 3600 * 1_000_000;

/// Half an hour.
const JUMP: u64 = 30 * 60 * 1_000_000;

/// What came out, growing while the run lasts.
#[derive(Default)]
pub(super) struct Account {
    /// Steps for which the ledger's call returned.
    kept: BTreeSet<Step>,
    heard: HashMap<Step, Arrival>,
    /// The newest message of each alert, repetitions dropped.
    newest: BTreeMap<String, Told>,
    /// How often a full disk refused a step.
    pub(super) refused: u64,
    pub(super) is_resting: bool,
    /// What the worker last ordered for each case: seq and stage.
    told_cases: BTreeMap<String, (usize, String)>,
    /// How the last life ended, in its own words.
    pub(super) last_words: Option<String>,
    faults: Vec<String>,
}

struct Arrival {
    digest: Digest,
    times: u64,
}

#[derive(Debug, Clone, Deserialize)]
struct Told {
    alert_id: String,
    seq: u32,
    state: String,
    at_micros: i64,
}

/// The account, made up.
#[derive(Debug)]
pub(super) struct Sum {
    pub(super) published: usize,
    pub(super) acknowledged: usize,
    pub(super) received: usize,
    pub(super) doubled: u64,
    pub(super) lost: usize,
    /// How often the history's times jump by half an hour or more: the clock did.
    pub(super) clock_steps: usize,
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
            ["resting"] => self.is_resting = true,
            ["case", alert_id, seq, stage] => {
                let case = (seq.parse().unwrap(), stage.to_owned());
                self.told_cases.insert(alert_id.to_owned(), case);
            }
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
        let digest = digest(heard.payload);
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

    /// What the retained topics must hold: the last message of each alert that stands.
    pub(super) fn states(&self, now_micros: i64) -> BTreeMap<String, Digest> {
        let stands =
            |told: &&Told| told.state != CLOSED || told.at_micros > now_micros - SHOWN_MICROS;
        let standing = self.newest.values().filter(stands);
        let state = |told: &Told| {
            let arrival = self.heard.get(&(told.alert_id.clone(), told.seq))?;
            Some((told.alert_id.clone(), arrival.digest))
        };
        standing.filter_map(state).collect()
    }

    /// Alerts that the centre has heard of.
    pub(super) fn alerts(&self) -> Vec<String> {
        self.newest.keys().cloned().collect()
    }

    /// Open alerts whose case the cameras were not made to follow as they should.
    pub(super) fn untold_cases(&self, due: &BTreeMap<String, (usize, String)>) -> Vec<String> {
        let open = self.newest.values().filter(|told| told.state != CLOSED);
        let open = open.filter_map(|told| Some((&told.alert_id, due.get(&told.alert_id)?)));
        open.filter(|(alert_id, case)| self.told_cases.get(*alert_id) != Some(*case))
            .map(|(alert_id, case)| {
                format!("{alert_id}: told as {:?}, not {case:?}", self.told_cases.get(alert_id))
            })
            .collect()
    }

    pub(super) fn kept(&self) -> usize {
        self.kept.len()
    }

    /// Holds the three accounts against each other.
    pub(super) fn sum(&self, ledger: &Ledger) -> Sum {
        let mut faults = self.faults.clone();
        if let Err(fault) = ledger.verify_chain().unwrap() {
            faults.push(format!("the history's chain: {fault}"));
        }
        let (steps, clock_steps) = steps(ledger);
        let left = usize::try_from(ledger.depth().unwrap().messages).unwrap();
        if left > 0 {
            faults.push(format!("{left} messages still wait in the outbox"));
        }
        let forgotten = self.kept.iter().filter(|step| !steps.contains_key(*step)).count();
        if forgotten > 0 {
            faults.push(format!("the ledger forgot {forgotten} steps that it had kept"));
        }
        for (step, arrival) in &self.heard {
            match steps.get(step) {
                Some(digest) if *digest == arrival.digest => {}
                Some(_) => faults.push(format!("{step:?} was recorded with another content")),
                None => faults.push(format!("{step:?} was heard, but never recorded")),
            }
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
            .filter(|told| told.state != CLOSED)
            .map(|told| (told.alert_id.clone(), (told.seq, told.state.clone())))
            .collect();
        if open != heard_open {
            faults.push("the centre's open alerts are not the ledger's".to_owned());
        }
        Sum {
            published: steps.len(),
            acknowledged: steps.len().saturating_sub(left),
            received: self.heard.len(),
            doubled: self.heard.values().map(|arrival| arrival.times - 1).sum(),
            lost: steps.keys().filter(|step| !self.heard.contains_key(*step)).count(),
            clock_steps,
            faults,
        }
    }
}

/// All steps that the ledger ever recorded, as its history tells them, and the jumps of its times.
fn steps(ledger: &Ledger) -> (HashMap<Step, Digest>, usize) {
    let mut steps = HashMap::new();
    let (mut read, mut times) = (0, Vec::new());
    loop {
        let page = ledger.history(read, 1000).unwrap();
        let Some(last) = page.last() else {
            let jumps = times.windows(2).filter(|pair: &&[i64]| pair[0].abs_diff(pair[1]) > JUMP);
            return (steps, jumps.count());
        };
        read = last.number;
        times.extend(page.iter().map(|recorded| recorded.entry.at_micros));
        for recorded in page.iter().filter(|recorded| recorded.entry.kind == "alert") {
            let body = &recorded.entry.body;
            let told: Told = serde_json::from_slice(body).unwrap();
            steps.insert((told.alert_id, told.seq), digest(body));
        }
    }
}

pub(super) fn digest(payload: &[u8]) -> Digest {
    Sha256::digest(payload).into()
}
