//! The case centre at a real Mosquitto over TLS, with a gateway's double that answers by the book:
//! cases are closed, false closes are caught, and a broker's restart loses nothing.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hw_sim::centre::{Centre, End, Line, LineSettings, Profile, Report};
use hw_sim::judge::BrokerAddress;
use hw_sim::play::{Broker, Certificates, unused_port};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

const PREFIX: &str = "cg/v1/110117/001/003/gw-demo";
/// Far more than anything here takes; a hang must still end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway that knows its scenes: those of even alerts are never cleared.
struct Double {
    client: AsyncClient,
    events: EventLoop,
    seqs: BTreeMap<String, u64>,
    newest: BTreeMap<String, u64>,
    known: BTreeSet<String>,
}

impl Double {
    fn at(address: &BrokerAddress) -> Self {
        let mut options = MqttOptions::new("gw-1", &address.host, address.port);
        let ca = std::fs::read(&address.ca).unwrap();
        let [certificate, key] = ["gateway.pem", "gateway.key"]
            .map(|name| std::fs::read(address.ca.with_file_name(name)).unwrap());
        let client_auth = Some((certificate, key));
        let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth };
        options.set_transport(Transport::Tls(tls));
        options.set_clean_start(false);
        options.set_session_expiry_interval(Some(3600));
        let (client, events) = AsyncClient::new(options, 256);
        let (seqs, newest) = (BTreeMap::new(), BTreeMap::new());
        Self { client, events, seqs, newest, known: BTreeSet::new() }
    }

    async fn raise(&mut self, alerts: u32) {
        self.client.subscribe(format!("{PREFIX}/case/+"), QoS::AtLeastOnce).await.unwrap();
        for number in 1..=alerts {
            let alert_id = format!("01932f10-7a10-7b00-8a00-{number:012}");
            self.tell(&alert_id, "open", "open", None).await;
            if number % 2 == 1 {
                self.tell(&alert_id, "clear", "cleared", None).await;
            }
        }
    }

    async fn tell(&mut self, alert_id: &str, action: &str, state: &str, found: Option<Value>) {
        let seq = self.seqs.entry(alert_id.to_owned()).or_default();
        *seq += 1;
        let alert = json!({
            "alert_id": alert_id, "seq": *seq, "action": action, "state": state,
            "type": { "code": "fire_passage_blocked", "name": "占用消防通道" },
            "times": { "first_seen": "2026-11-22T09:10:03Z", "sent": "2026-11-22T09:10:03Z" },
            "source": { "gateway_id": "gw-1", "device_id": "cam-01" },
            "grid": { "path": [{ "level": "community", "code": "110117001003" }] },
            "geo": { "point": [117.112, 40.144] },
            "dedupe": { "repeat_count": 3 },
            "verification": found,
        });
        let topic = format!("{PREFIX}/evt/fire_safety/fire_passage_blocked");
        self.client.publish(topic, QoS::AtLeastOnce, false, alert.to_string()).await.unwrap();
    }

    /// As a gateway does: told before is a duplicate, overtaken is stale.
    async fn answer(&mut self, publish: &Publish) {
        let feedback: Value = serde_json::from_slice(&publish.payload).unwrap();
        let alert_id = feedback["alert_id"].as_str().unwrap().to_owned();
        let (msg_id, seq) = (feedback["msg_id"].as_str().unwrap(), feedback["seq"].as_u64());
        let newest = self.newest.entry(alert_id.clone()).or_default();
        let result = if !self.known.insert(msg_id.to_owned()) {
            "duplicate"
        } else if seq.unwrap() < *newest {
            "stale"
        } else {
            *newest = seq.unwrap();
            "applied"
        };
        let now = jiff::Timestamp::now();
        let ack = json!({ "msg_id": msg_id, "alert_id": alert_id, "seq": seq, "result": result, "t": now });
        let topic = format!("{PREFIX}/case/{alert_id}/ack");
        self.client.publish(topic, QoS::AtLeastOnce, false, ack.to_string()).await.unwrap();
        if result != "duplicate" && feedback["verify"]["mode"] == "auto" {
            let cleared = self.seqs[&alert_id] > 1 && alert_id.ends_with(['1', '3', '5', '7', '9']);
            let (state, result) = match cleared {
                true => ("verified_clear", "passed"),
                false => ("verified_present", "failed"),
            };
            let found = json!({ "request_msg_id": msg_id, "result": result });
            self.tell(&alert_id, "verify", state, Some(found)).await;
        }
    }

    /// Answers whatever comes, across lost connections, until aborted.
    async fn serve(mut self) {
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::Publish(publish))) => self.answer(&publish).await,
                Ok(_) => {}
                Err(_away) => sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

struct AtWork {
    centre: Centre,
    task: JoinHandle<Vec<u8>>,
    interrupt: CancellationToken,
}

async fn at_work(broker: &Broker) -> AtWork {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("centre/demo.toml");
    let mut profile = Profile::load(&path).unwrap().hastened(5.0);
    profile.mischief.late_secs = 0.2;
    let line = Line::open(&LineSettings {
        broker: broker.address(),
        identity: None,
        client_id: "centre".to_owned(),
        prefix: "cg/v1/110117/001/+/+".to_owned(),
    })
    .unwrap();
    let (centre, interrupt) = (Centre::new(profile), CancellationToken::new());
    let (working, stop) = (centre.clone(), interrupt.clone());
    let task = tokio::spawn(async move {
        let mut told = Vec::new();
        working.work(line, stop, &mut told).await.unwrap();
        told
    });
    timeout(PATIENCE, centre.listening()).await.unwrap();
    AtWork { centre, task, interrupt }
}

/// Looks again and again until `met`.
async fn until(centre: &Centre, what: &str, met: impl Fn(&Report) -> bool) -> Report {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let report = centre.report();
        if met(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "{what}:\n{report}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn cases_are_closed_and_false_closes_caught_across_a_restart_of_the_broker() {
    let work = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(work.path(), 0).await.unwrap();
    let AtWork { centre, task, interrupt } = at_work(&broker).await;
    let mut double = Double::at(&broker.address());
    double.raise(20).await;
    let double = tokio::spawn(double.serve());
    until(&centre, "all become cases", |report| report.cases == 20).await;

    broker.restart().await.unwrap();

    let verified = |report: &Report| report.ends.get(&End::Verified).copied().unwrap_or(0);
    let report = until(&centre, "the cleared ones are closed, and all is answered", |report| {
        verified(report) == 10
            && report.false_closes.caught > 0
            && report.false_closes.pending == 0
            && report.is_answered()
    })
    .await;
    assert_eq!(report.false_closes.escaped, 0, "{report}");
    assert_eq!(report.open, 10, "what still stands is not closed:\n{report}");
    assert!(report.mail.answers.contains_key("duplicate"), "{report}");
    assert_eq!(report.whistles.len(), 1, "three repeats make key whistles:\n{report}");

    interrupt.cancel();
    let told = timeout(PATIENCE, task).await.expect("it ends").unwrap();
    let told = String::from_utf8(told).unwrap();
    assert!(told.contains("closed 核查"), "{told}");
    double.abort();
}

#[tokio::test]
async fn a_prefix_that_is_none_is_refused() {
    let work = tempfile::tempdir().unwrap();
    let broker = Broker::start(work.path(), 0).await.unwrap();
    for prefix in ["cg/#", "cg/v1/110117/001/+", "cg/v1/110117/001/+/+/evt"] {
        let settings = LineSettings {
            broker: broker.address(),
            identity: None,
            client_id: "centre".to_owned(),
            prefix: prefix.to_owned(),
        };
        let error = Line::open(&settings).unwrap_err();
        assert!(error.to_string().starts_with(&format!("--prefix {prefix}: expected")), "{error}");
    }
}

#[tokio::test]
async fn an_answer_on_its_way_is_heard_before_the_centre_ends() {
    let work = tempfile::tempdir().unwrap();
    let broker = Broker::start(work.path(), 0).await.unwrap();
    let AtWork { centre, task, interrupt } = at_work(&broker).await;
    let mut double = Double::at(&broker.address());
    double.raise(1).await;
    let asked = async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = double.events.poll().await.unwrap() {
                return publish;
            }
        }
    };
    let feedback = timeout(PATIENCE, asked).await.expect("the centre says something");

    interrupt.cancel();
    sleep(Duration::from_millis(300)).await;
    assert!(!task.is_finished(), "it waits for the answer");
    double.answer(&feedback).await;
    let double = tokio::spawn(double.serve());

    timeout(PATIENCE, task).await.expect("it ends").unwrap();
    let report = centre.report();
    assert!(report.mail.sent > 0 && report.is_answered(), "{report}");
    double.abort();
}

#[test]
fn a_centre_that_never_reached_a_broker_fails() {
    let work = tempfile::tempdir().unwrap();
    let certificates = Certificates::ensure(work.path()).unwrap();
    let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("centre/demo.toml");
    let nobody = format!("mqtts://localhost:{}", unused_port().unwrap());
    let mut centre = Command::new(env!("CARGO_BIN_EXE_hw-sim"));
    centre.args(["centre", "--duration", "1", "--broker", &nobody]);
    centre.arg("--ca").arg(&certificates.ca).arg("--profile").arg(&profile);
    let output = centre.output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{complaint}");
    assert!(complaint.contains("the line to the broker never stood: "), "{complaint}");
}
