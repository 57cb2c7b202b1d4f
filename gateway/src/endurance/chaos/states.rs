//! What a newcomer learns from the broker in the end: the retained state of every alert that
//! stands, and of no other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::account::{States, digest};
use super::life::PREFIX;
use crate::endurance::Centre;

const PATIENCE: Duration = Duration::from_secs(10);

/// How the broker's retained states differ from what is due.
pub(super) struct Differences {
    pub(super) faults: Vec<String>,
    /// Past states that are there again: a broker took their removal over and was killed before it
    /// had written it to its store.
    pub(super) revived: usize,
}

/// Waits until the retained topics hold what is due, or have had their time.
pub(super) async fn differences(port: u16, States { due, past }: &States) -> Differences {
    let shown = Arc::new(Mutex::new(BTreeMap::new()));
    let sink = Arc::clone(&shown);
    let filter = format!("{PREFIX}/alert/+");
    let newcomer = Centre::listen(&[port], "newcomer", &[&filter], move |heard| {
        let alert_id = heard.topic.rsplit('/').next().unwrap().to_owned();
        let mut shown = sink.lock().unwrap();
        match heard.payload {
            [] => drop(shown.remove(&alert_id)),
            payload => drop(shown.insert(alert_id, digest(payload))),
        }
    });
    let deadline = Instant::now() + PATIENCE;
    while *shown.lock().unwrap() != *due && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    drop(newcomer);
    let shown = shown.lock().unwrap();
    let mut faults = Vec::new();
    for (alert_id, _) in due.iter().filter(|(alert_id, state)| shown.get(*alert_id) != Some(*state))
    {
        faults.push(format!("{alert_id}: its retained state is not its last message"));
    }
    let mut revived = 0;
    for (alert_id, state) in shown.iter().filter(|(alert_id, _)| !due.contains_key(*alert_id)) {
        if past.get(alert_id).is_some_and(|messages| messages.contains(state)) {
            revived += 1;
        } else {
            faults.push(format!("{alert_id}: a retained state that never was"));
        }
    }
    Differences { faults, revived }
}
