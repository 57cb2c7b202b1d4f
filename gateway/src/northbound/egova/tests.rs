//! The adapter before the real endpoint of the simulated case centre, with a real ledger and
//! pictures on disk; and what it makes of messages and notices, as tables.

mod books;
mod cover;
pub(crate) mod hostile;
mod translation;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hw_sim::centre::{Centre, Profile, Share};
use hw_sim::egova::{Account, Egova as Endpoint, Faults};
use jiff::Timestamp;
use jiff::tz::Offset;
use ledger::{
    AlertRow, CaseEventRow, Entry, HistoryEntry, Judgement, Ledger, LedgerError, OutgoingMessage,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::evidence::{EvidenceStore, FileKind, Limits};
use delivery::{Inbox, Incoming};
use runtime::utc_now;

const SECRET: &str = "a secret & more";
/// Far more than anything here takes; a hang must still end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A case system that works a hundred thousand times as fast as one of people.
struct CaseSystem {
    centre: Centre,
    endpoint: Option<Endpoint>,
    address: SocketAddr,
    runtime: Runtime,
}

impl CaseSystem {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hw-sim/centre");
        let mut profile = Profile::load(&root.join("s4-whistle.toml")).unwrap().at_speed(1e5);
        profile.fate = hw_sim::centre::profile::Fate::default();
        let centre = Centre::new(profile);
        let runtime = Runtime::new().unwrap();
        let mut system = Self {
            centre,
            endpoint: None,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            runtime,
        };
        system.open();
        let working = system.centre.clone();
        system.runtime.spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            loop {
                tick.tick().await;
                working.tick();
            }
        });
        system
    }

    /// Opens the endpoint, on the same port as before.
    fn open(&mut self) {
        let account = Account {
            client_id: "gridwhistle".to_owned(),
            client_secret: SECRET.to_owned(),
            sender_code: "GW01".to_owned(),
            token_life: Duration::from_secs(3600),
        };
        let serve = Endpoint::serve(self.centre.clone(), account, self.address);
        let endpoint = self.runtime.block_on(serve).unwrap();
        self.address = endpoint.address();
        self.endpoint = Some(endpoint);
    }

    fn endpoint(&self) -> &Endpoint {
        self.endpoint.as_ref().unwrap()
    }
}

/// A gateway's books, without the gateway.
struct Books {
    folder: TempDir,
    ledger: Ledger,
    evidence: Arc<EvidenceStore>,
    picture: String,
    seqs: BTreeMap<String, u32>,
}

impl Books {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
        let limits =
            Limits { max_bytes: 1 << 20, min_free_bytes: 0, keep_for: Duration::from_secs(3600) };
        let evidence = EvidenceStore::open(&folder.path().join("evidence"), limits).unwrap();
        let stored = evidence.put(FileKind::Picture, b"\xff\xd8 a picture", utc_now()).unwrap();
        std::fs::write(folder.path().join("secret"), format!("{SECRET}\n")).unwrap();
        let picture = stored.sha256;
        Self { folder, ledger, evidence: Arc::new(evidence), picture, seqs: BTreeMap::new() }
    }

    fn settings(&self, address: SocketAddr) -> EgovaSettings {
        EgovaSettings {
            url: format!("http://{address}/").parse().unwrap(),
            ca_file: None,
            sender_code: "GW01".to_owned(),
            client_id: "gridwhistle".to_owned(),
            client_secret_file: self.folder.path().join("secret"),
            token_in: TokenPlace::Query,
            poll: Duration::from_millis(20),
            scheme: Some("city:110117".to_owned()),
            source: ("31".to_owned(), "视频监控".to_owned()),
            drills: true,
            report_within: Duration::from_secs(3600),
            utc_offset: Offset::constant(8),
            retry: (Duration::from_millis(10), Duration::from_millis(100)),
            timeout: Duration::from_secs(5),
        }
    }

    fn adapter(&self, address: SocketAddr) -> EgovaHandle {
        self.adapter_with(self.settings(address))
    }

    fn adapter_with(&self, settings: EgovaSettings) -> EgovaHandle {
        let inbox = Box::new(Keeper(self.ledger.clone()));
        Egova::spawn(settings, self.ledger.clone(), Arc::clone(&self.evidence), inbox).unwrap()
    }

    /// The next step of an alert, into the ledger as the gateway writes it.
    fn tell(&mut self, alert_id: &str, action: &str, change: impl FnOnce(&mut Value)) {
        let seq = self.seqs.entry(alert_id.to_owned()).or_default();
        *seq += 1;
        let mut message: Value = serde_json::from_str(include_str!(
            "../../../../tests/golden/alert-v1/fire_lane_blocked.open.json"
        ))
        .unwrap();
        let role = if action == "verify" { "verify" } else { "report" };
        message["alert_id"] = alert_id.into();
        message["msg_id"] = message_id(alert_id, *seq).into();
        message["seq"] = (*seq).into();
        message["action"] = action.into();
        message["times"]["sent"] = Timestamp::now().to_string().into();
        message["evidence"][0]["sha256"] = self.picture.clone().into();
        message["evidence"][0]["role"] = role.into();
        change(&mut message);
        let entry = Entry {
            alert: AlertRow {
                alert_id: alert_id.to_owned(),
                dedupe_key: alert_id.to_owned(),
                device_id: "cam-01".to_owned(),
                seq: *seq,
                state: if action == "close" { "closed" } else { "open" }.to_owned(),
                updated_at_micros: utc_now().unix_micros(),
            },
            message: OutgoingMessage {
                topic: "t".to_owned(),
                payload: message.to_string().into_bytes(),
                retain: false,
            },
        };
        self.ledger.record(&[entry], None).unwrap();
    }

    /// What the inbox kept, of every alert told.
    fn feedback(&self) -> Vec<Value> {
        let events = self.seqs.keys().flat_map(|id| self.ledger.case_events(id).unwrap());
        events.map(|event| serde_json::from_slice(&event.payload).unwrap()).collect()
    }
}

/// An inbox as the gateway's: keeps what is new, in the ledger.
struct Keeper(Ledger);

impl Inbox for Keeper {
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError> {
        let alert_id = message.topic.strip_prefix("case/").unwrap();
        let feedback: Value = serde_json::from_slice(message.payload).unwrap();
        let seq = feedback["seq"].as_u64().unwrap();
        let msg_id = feedback["msg_id"].as_str().unwrap().to_owned();
        self.0.take_feedback(alert_id, |known| {
            assert!(known.alert.is_some(), "feedback on an alert that is not ours");
            let is_known = known.events.iter().any(|event| event.msg_id == msg_id);
            let taken = known.events.iter().any(|event| event.seq == seq);
            assert_eq!(is_known, taken, "one number for two things: {feedback}");
            let keep = (!is_known).then(|| CaseEventRow {
                seq,
                msg_id: msg_id.clone(),
                payload: message.payload.to_vec(),
                received_at_micros: utc_now().unix_micros(),
            });
            let note = HistoryEntry {
                kind: "case".to_owned(),
                subject: alert_id.to_owned(),
                at_micros: utc_now().unix_micros(),
                body: message.payload.to_vec(),
            };
            Judgement { keep, note, answer: None, outcome: () }
        })
    }
}

fn alert_id(number: u64) -> String {
    format!("01932f10-7a10-7b00-8a00-{number:012}")
}

fn message_id(alert_id: &str, seq: u32) -> String {
    let tail = alert_id.rsplit('-').next().unwrap();
    format!("01932f10-7a10-7c{seq:02}-8a00-{tail}")
}

/// Looks again and again until `met`.
fn until(what: &str, met: impl FnMut() -> bool) {
    until_or(met, || what.to_owned());
}

/// As [`until`]; `complaint` tells how things stand if it never comes.
fn until_or(mut met: impl FnMut() -> bool, complaint: impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !met() {
        assert!(Instant::now() < deadline, "{}", complaint());
        std::thread::sleep(Duration::from_millis(5));
    }
}
