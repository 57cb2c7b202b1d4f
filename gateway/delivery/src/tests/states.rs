//! The retained state of alerts: a late subscriber sees exactly those that stand.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use ledger::{Entry, Ledger};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::mosquitto::Site;
use super::wire::{NOT_AUTHORIZED, ScriptedBroker};
use super::{hasty, health_where, ledger, step, until, within};
use crate::{Publisher, StatusBoard};
use runtime::utc_now;

const GRACE: Duration = Duration::from_secs(30);
const HOUR_MICROS: i64 = 3_600_000_000;

fn open(alert_id: &str, seq: u32) -> Entry {
    step(alert_id, seq, "evt/fire", &format!("{alert_id} {seq}"))
}

fn closed(alert_id: &str, seq: u32, hours_ago: i64) -> Entry {
    let mut entry = open(alert_id, seq);
    entry.alert.state = ledger::CLOSED.into();
    entry.alert.updated_at_micros = utc_now().unix_micros() - hours_ago * HOUR_MICROS;
    entry
}

impl Site {
    /// The alerts that a dashboard sees that subscribes now.
    async fn shown(&self) -> BTreeMap<String, String> {
        self.retain("evt/ready", "ready").await;
        let port = self.plain_port.to_string();
        let mut dashboard = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &port, "-V", "5", "-q", "1", "-F", "%t %p"])
            // Retained messages come in the order of the filters.
            .args(["-t", "cg/v1/a/b/c/gw-01/alert/#", "-t", "evt/ready"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("mosquitto_sub is installed");
        let mut lines = BufReader::new(dashboard.stdout.take().unwrap()).lines();
        let mut shown = BTreeMap::new();
        within("retained alerts", async {
            while let Some(line) = lines.next_line().await.unwrap() {
                let (topic, payload) = line.split_once(' ').unwrap();
                match topic.rsplit_once("/alert/") {
                    Some((_, alert_id)) => shown.insert(alert_id.to_owned(), payload.to_owned()),
                    None => break,
                };
            }
        })
        .await;
        shown
    }

    async fn shows(&self, expected: &[(&str, &str)]) {
        let owned = |(id, payload): &(&str, &str)| ((*id).to_owned(), (*payload).to_owned());
        let expected: BTreeMap<String, String> = expected.iter().map(owned).collect();
        within("dashboards see the alerts that stand", async {
            while self.shown().await != expected {}
        })
        .await;
    }
}

fn record(ledger: &Ledger, entries: &[Entry]) {
    ledger.record(entries, None).unwrap();
}

#[tokio::test]
async fn a_dashboard_that_comes_late_sees_exactly_the_alerts_that_stand() {
    let site = Site::new();
    let mut broker = site.start(false).await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[open("a", 1), open("b", 1), closed("c", 1, 25), closed("d", 1, 23)]);
    let settings = site.settings(site.tls_port);
    let board = StatusBoard::default;
    let handle = Publisher::spawn(settings.clone(), ledger.clone(), board(), None).unwrap();
    site.shows(&[("a", "a 1"), ("b", "b 1"), ("d", "d 1")]).await;

    record(&ledger, &[open("b", 2), open("b", 3), open("e", 1)]);
    handle.waker().wake();
    site.shows(&[("a", "a 1"), ("b", "b 3"), ("d", "d 1"), ("e", "e 1")]).await;

    // A broker that forgot everything gets everything.
    broker.kill().await.unwrap();
    health_where(handle.health(), "down", |now| now.connected_since.is_none()).await;
    let _broker = site.start(false).await;
    site.shows(&[("a", "a 1"), ("b", "b 3"), ("d", "d 1"), ("e", "e 1")]).await;
    within("shutdown", handle.shutdown(GRACE)).await.unwrap();

    // An alert that closed while no gateway was connected is removed in its time by a later run.
    record(&ledger, &[closed("a", 2, 0)]);
    let mut impatient = settings;
    impatient.show_closed = Duration::ZERO;
    impatient.removal_settles = Duration::ZERO;
    let handle = Publisher::spawn(impatient, ledger.clone(), board(), None).unwrap();
    site.shows(&[("b", "b 3"), ("e", "e 1")]).await;
    let left = || ledger.alert_states("", utc_now().unix_micros(), 10).unwrap();
    until("the removals are done", || left().iter().all(|state| !state.payload.is_empty())).await;
    let left: Vec<String> = left().into_iter().map(|state| state.alert_id).collect();
    assert_eq!(left, ["b", "e"]);
    within("shutdown", handle.shutdown(GRACE)).await.unwrap();
}

#[tokio::test]
async fn rows_go_first_and_states_do_not_starve() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let entries: Vec<Entry> = (0..100).map(|number| open(&format!("{number:03}"), 1)).collect();
    record(&ledger, &entries);
    let _handle =
        Publisher::spawn(hasty(broker.address()), ledger, StatusBoard::default(), None).unwrap();
    let mut link = broker.welcome().await;
    let rows = link.take_over(100).await;
    assert!(rows.iter().is_sorted() && rows[99] == "099 1");
    assert!((3..=8).contains(&link.states.len()), "{}", link.states.len());
}

#[tokio::test]
async fn refused_states_are_told_and_hold_up_nothing() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[open("a", 1)]);
    let board = StatusBoard::default();
    let handle = Publisher::spawn(hasty(broker.address()), ledger.clone(), board, None).unwrap();
    let mut link = broker.welcome().await;
    link.answer_to_states = NOT_AUTHORIZED;
    assert_eq!(link.take_over(1).await, ["a 1"]);
    record(&ledger, &[open("b", 1), open("b", 2)]);
    handle.waker().wake();
    let script = async {
        assert_eq!(link.take_over(2).await, ["b 1", "b 2"]);
        link.packet().await // serves on while the test waits for the trouble
    };
    let told = health_where(handle.health(), "told", |now| {
        now.trouble.as_ref().is_some_and(|text| text.contains("/alert/a: it does not allow"))
    });
    tokio::select! {
        packet = script => panic!("{packet:?}"),
        _told = told => {}
    }
}
