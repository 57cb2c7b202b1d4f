//! One life of the process that will be killed: the real ledger, publisher and casework, and a
//! seeded plan that opens, updates, clears and closes alerts for ever, reporting each on standard
//! output after the ledger's call has returned.

use std::io::BufRead;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use fastrand::Rng;
use ledger::{AlertRow, AssessorState, CLOSED, Entry, Ledger, OutgoingMessage, Remedy};
use serde_json::json;
use uuid::Uuid;

use delivery::{BrokerAddress, Inbox, Publisher, PublisherHandle, Settings, StatusBoard};
use gridwhistle::casework::CaseWorker;
use runtime::{Steadiness, utc_now};

use super::casework::{self, ReportedCameras};
use super::orders::{ORDERS, Orders, PREFIX, report};

const DEVICE: &str = "cam-01";
/// More are not opened before one is closed.
const MOST_OPEN: usize = 60;
const GRACE: Duration = Duration::from_secs(60);

/// Does nothing when run as an ordinary test.
#[test]
fn life() {
    let Ok(orders) = std::env::var(ORDERS) else { return };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    runtime::install_logging();
    let ledger = open(&orders);
    let inbox = casework::inbox(&ledger);
    let publisher = deliver(&orders, ledger.clone(), Box::new(inbox.clone()));
    let waker = publisher.waker();
    let answered: Arc<dyn Fn() + Send + Sync> = Arc::new(move || waker.wake());
    let labels = casework::open_labels(&orders.folder);
    let worker = CaseWorker::new(&inbox, Box::new(ReportedCameras), labels, answered);
    let worker = worker.start().unwrap();
    let word = listen();
    report("born");
    let mut plan = Plan::resume(&ledger, &orders);
    while word.try_recv() == Err(TryRecvError::Empty) {
        for _ in 0..plan.rng.u32(1..12) {
            plan.step(&ledger);
        }
        publisher.waker().wake();
        std::thread::sleep(Duration::from_millis(plan.rng.u64(0..30))); // the load's own pace
    }
    report("resting");
    while word.recv().is_ok() {} // until the centre has heard all
    worker.stop();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let drained = runtime.block_on(publisher.shutdown(GRACE)).unwrap();
    report(&format!("ended with {} left", drained.left));
}

/// What the parent wants, as it says on standard input: a line to rest, its end to end.
fn listen() -> Receiver<()> {
    let (heard, word) = sync_channel(1);
    std::thread::spawn(move || {
        for _line in std::io::stdin().lock().lines() {
            if heard.send(()).is_err() {
                return;
            }
        }
    });
    word
}

/// A disk without room refuses the opening too; the service file starts the gateway again.
fn open(orders: &Orders) -> Ledger {
    loop {
        match Ledger::open(&orders.folder.join("ledger.sqlite3")) {
            Ok(ledger) => return ledger,
            Err(fault) if fault.remedy() == Remedy::Retry => {
                report("refused");
                std::thread::sleep(Duration::from_millis(50)); // as the service file does
            }
            Err(fault) => panic!("{fault}"),
        }
    }
}

fn deliver(orders: &Orders, ledger: Ledger, inbox: Box<dyn Inbox>) -> PublisherHandle {
    let broker = BrokerAddress { tls: true, host: "localhost".into(), port: orders.port };
    let mut settings = Settings::new(broker, "gw-chaos", PREFIX);
    settings.ca_file = Some(orders.ca_file.clone());
    settings.reconnect_first = Duration::from_millis(20);
    settings.reconnect_cap = Duration::from_millis(300);
    settings.ack_timeout = Duration::from_millis(1500);
    settings.connect_timeout = Duration::from_secs(1);
    settings.removal_settles = Duration::from_secs(20); // the broker stores each second
    // No life lasts for the six hours after which the clock of a gateway is believed.
    settings.clock = Steadiness::new(Duration::ZERO);
    Publisher::spawn(settings, ledger, StatusBoard::default(), Some(inbox)).unwrap()
}

/// Which alerts there are, and what to do next.
struct Plan {
    rng: Rng,
    open: Vec<AlertRow>,
    /// Number of the next alert.
    next: u64,
}

impl Plan {
    /// From what the ledger holds: it is all that a life inherits.
    fn resume(ledger: &Ledger, orders: &Orders) -> Self {
        let next = ledger.assessor_state(DEVICE).unwrap();
        let next = next.map_or(1, |bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
        Self { rng: Rng::with_seed(orders.seed), open: ledger.open_alerts().unwrap(), next }
    }

    /// One step of one alert, tried until the ledger takes it.
    fn step(&mut self, ledger: &Ledger) {
        let at_micros = utc_now().unix_micros();
        let begins = self.open.is_empty() || self.open.len() < MOST_OPEN && self.rng.u8(0..4) == 0;
        if begins {
            let alert_id = Uuid::from_u64_pair(0x0000_0000_0000_7000, self.next | 1 << 63);
            self.next += 1;
            self.open.push(AlertRow {
                alert_id: alert_id.to_string(),
                dedupe_key: format!("key-{}", self.next),
                device_id: DEVICE.into(),
                seq: 0,
                state: String::new(),
                updated_at_micros: at_micros,
            });
        }
        let place = if begins { self.open.len() - 1 } else { self.rng.usize(0..self.open.len()) };
        let alert = &mut self.open[place];
        let action = match (alert.state.as_str(), self.rng.u8(0..4)) {
            ("", _) => "open",
            ("cleared", 0..2) => "close",
            ("cleared", _) => "update",
            (_, 0) => "clear",
            _ => "update",
        };
        alert.seq += 1;
        alert.updated_at_micros = at_micros;
        alert.state = match action {
            "clear" => "cleared",
            "close" => CLOSED,
            _ => "open",
        }
        .into();
        let entry = Entry { alert: alert.clone(), message: message(alert, action) };
        let state =
            AssessorState { device_id: DEVICE.into(), state: self.next.to_le_bytes().into() };
        while let Err(fault) = ledger.record(std::slice::from_ref(&entry), Some(&state)) {
            assert_eq!(fault.remedy(), Remedy::Retry, "{fault}");
            report("refused");
            std::thread::sleep(Duration::from_millis(20)); // as analysis does, only sooner
        }
        report(&format!("kept {} {} {}", entry.alert.alert_id, entry.alert.seq, entry.alert.state));
        if self.open[place].state == CLOSED {
            self.open.swap_remove(place);
        }
    }
}

fn message(alert: &AlertRow, action: &str) -> OutgoingMessage {
    let AlertRow { alert_id, seq, state, updated_at_micros, .. } = alert;
    let payload = json!({
        "spec": "cg.alert/1",
        "alert_id": alert_id,
        "msg_id": format!("{alert_id}.{seq}"),
        "seq": seq,
        "action": action,
        "state": state,
        "at_micros": updated_at_micros,
        "type": { "category": "fire_safety", "code": "fire_passage_blocked" },
        "description": "消防通道被占用约47%，持续超过120秒 ".repeat(6),
    });
    OutgoingMessage {
        topic: format!("{PREFIX}/evt/fire_safety/fire_passage_blocked"),
        payload: payload.to_string().into_bytes(),
        retain: false,
    }
}
