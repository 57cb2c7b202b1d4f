//! What a newcomer learns from the broker in the end: the retained state of every alert that
//! stands, and of no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::account::{Digest, digest};
use super::orders::PREFIX;
use crate::centre::Centre;

const PATIENCE: Duration = Duration::from_secs(10);

/// How the broker's retained states differ from what is due, once they had time to become it.
pub(super) async fn differences(port: u16, due: &BTreeMap<String, Digest>) -> Vec<String> {
    let shown = Arc::new(watch::Sender::new(BTreeMap::new()));
    let sink = Arc::clone(&shown);
    let filter = format!("{PREFIX}/alert/+");
    let newcomer = Centre::listen(&[port], "newcomer", &[&filter], move |heard| {
        let alert_id = heard.topic.rsplit('/').next().unwrap().to_owned();
        sink.send_modify(|shown| match heard.payload {
            [] => drop(shown.remove(&alert_id)),
            payload => drop(shown.insert(alert_id, digest(payload))),
        });
    });
    let mut looking = shown.subscribe();
    drop(tokio::time::timeout(PATIENCE, looking.wait_for(|shown| shown == due)).await);
    drop(newcomer);
    let shown = shown.borrow();
    let mut faults = Vec::new();
    for (alert_id, _) in due.iter().filter(|(alert_id, state)| shown.get(*alert_id) != Some(*state))
    {
        faults.push(format!("{alert_id}: its retained state is not its last message"));
    }
    for alert_id in shown.keys().filter(|alert_id| !due.contains_key(*alert_id)) {
        faults.push(format!("{alert_id}: a retained state that is not due, or no more"));
    }
    faults
}
