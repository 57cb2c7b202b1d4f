//! Delivery against a broker that misbehaves on purpose, and against a real one.

mod attributes;
mod authority;
mod hostile;
mod inbox;
mod limits;
mod mosquitto;
mod nats;
mod rotation;
mod scripted;
mod sensors;
mod shipped_acl;
mod slow;
mod states;
mod wire;
mod words;

use std::time::Duration;

use ledger::{AlertRow, Entry, Ledger, OutgoingMessage, Sequence};
use runtime::Steadiness;
use tempfile::TempDir;
use tokio::sync::watch;

use super::{BrokerAddress, Health, Settings};

/// Generous: only a failing test waits for it.
const LIMIT: Duration = Duration::from_secs(60);

fn ledger() -> (TempDir, Ledger) {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    (folder, ledger)
}

/// Records one message per (topic, payload), each the first step of an alert of its own.
fn record(ledger: &Ledger, messages: &[(&str, &str)]) -> Vec<Sequence> {
    let known = ledger.open_alerts().unwrap().len();
    let entries: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(index, (topic, payload))| {
            step(&format!("alert-{}", known + index), 1, topic, payload)
        })
        .collect();
    ledger.record(&entries, None).unwrap()
}

fn step(alert_id: &str, seq: u32, topic: &str, payload: &str) -> Entry {
    Entry {
        alert: AlertRow {
            alert_id: alert_id.into(),
            dedupe_key: String::new(),
            device_id: "cam-01".into(),
            seq,
            state: "open".into(),
            updated_at_micros: 0,
        },
        message: OutgoingMessage {
            topic: topic.into(),
            payload: payload.as_bytes().into(),
            retain: false,
        },
    }
}

fn free_port() -> u16 {
    hw_sim::play::unused_port().unwrap()
}

/// Settings that lose no time.
fn hasty(broker: BrokerAddress) -> Settings {
    let mut settings = Settings::new(broker, "gw-01", "cg/v1/a/b/c/gw-01");
    settings.reconnect_first = Duration::from_millis(20);
    settings.reconnect_cap = Duration::from_millis(200);
    settings.look_at_files = Duration::from_millis(50);
    settings.window = 4;
    settings.clock = Steadiness::new(Duration::ZERO);
    settings
}

async fn within<T>(what: &str, wait: impl Future<Output = T>) -> T {
    let Ok(done) = tokio::time::timeout(LIMIT, wait).await else { panic!("timed out: {what}") };
    done
}

/// Looks at the ledger until `met`: it tells nobody of a change.
async fn until(what: &str, mut met: impl FnMut() -> bool) {
    let mut look = tokio::time::interval(Duration::from_millis(5));
    within(what, async {
        while !met() {
            look.tick().await;
        }
    })
    .await;
}

/// Waits for a state of health.
async fn health_where(
    mut health: watch::Receiver<Health>,
    what: &str,
    is_it: impl Fn(&Health) -> bool,
) -> Health {
    let reached = tokio::time::timeout(LIMIT, health.wait_for(|now| is_it(now))).await;
    let Ok(reached) = reached.map(|now| now.unwrap().clone()) else {
        panic!("timed out: {what}; now {:?}", health.borrow())
    };
    reached
}

/// Why the broker is not connected, as the operator reads it.
async fn trouble(health: watch::Receiver<Health>) -> String {
    let now = health_where(health, "trouble", |now| now.trouble.is_some()).await;
    now.trouble.unwrap_or_default()
}
