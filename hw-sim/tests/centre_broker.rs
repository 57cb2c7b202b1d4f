//! The case centre at a real Mosquitto over TLS, with a stand-in for a gateway that answers correctly:
//! cases are closed, false closes are caught, and a restart of the broker loses nothing.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hw_sim::centre::{BrokerLink, BrokerLinkSettings, Centre, End, Profile, Report};
use hw_sim::judge::BrokerAddress;
use hw_sim::play::{Broker, Certificates, unused_port};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, Publish};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;

const PREFIX: &str = "cg/v1/110117/001/003/gw-demo";
/// Far longer than anything here takes. It ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at, and a lost connection is tried again.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A stand-in for a gateway. The scenes of its alerts with even numbers are never cleared.
struct StandIn {
    client: AsyncClient,
    events: EventLoop,
    seqs: BTreeMap<String, u64>,
    newest: BTreeMap<String, u64>,
    known: BTreeSet<String>,
}

impl StandIn {
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
            self.publish(&alert_id, "open", "open", None).await;
            if number % 2 == 1 {
                self.publish(&alert_id, "clear", "cleared", None).await;
            }
        }
    }

    async fn publish(&mut self, alert_id: &str, action: &str, state: &str, found: Option<Value>) {
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

    /// Answers as a gateway does: repeated feedback is a duplicate, overtaken feedback is stale.
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
            self.publish(&alert_id, "verify", state, Some(found)).await;
        }
    }

    /// Answers all feedback, over lost connections too, until it is aborted.
    async fn serve(mut self) {
        let mut retry = interval(LOOK_EVERY);
        loop {
            match self.events.poll().await {
                Ok(Event::Incoming(Packet::Publish(publish))) => self.answer(&publish).await,
                Ok(_) => {}
                Err(_away) => drop(retry.tick().await),
            }
        }
    }
}

struct RunningCentre {
    centre: Centre,
    task: JoinHandle<Vec<u8>>,
    interrupt: CancellationToken,
}

async fn start_centre(broker: &Broker) -> RunningCentre {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("centre/demo.toml");
    let mut profile = Profile::load(&path).unwrap().at_speed(5.0);
    profile.mischief.late_secs = 0.2;
    let link = BrokerLink::open(&BrokerLinkSettings {
        broker: broker.address(),
        client_id: "centre".to_owned(),
        prefix: "cg/v1/110117/001/+/+".to_owned(),
    })
    .unwrap();
    let (centre, interrupt) = (Centre::new(profile), CancellationToken::new());
    let (working, stop) = (centre.clone(), interrupt.clone());
    let task = tokio::spawn(async move {
        let mut printed = Vec::new();
        working.work(link, stop, &mut printed).await.unwrap();
        printed
    });
    timeout(PATIENCE, centre.listening()).await.unwrap();
    RunningCentre { centre, task, interrupt }
}

/// Waits until the report meets the condition.
async fn until(centre: &Centre, what: &str, met: impl Fn(&Report) -> bool) -> Report {
    let deadline = Instant::now() + PATIENCE;
    let mut look = interval(LOOK_EVERY);
    loop {
        let report = centre.report();
        if met(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "{what}:\n{report}");
        look.tick().await;
    }
}

#[tokio::test]
async fn cases_are_closed_and_false_closes_caught_across_a_restart_of_the_broker() {
    let work = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(work.path(), 0).await.unwrap();
    let RunningCentre { centre, task, interrupt } = start_centre(&broker).await;
    let mut gateway = StandIn::at(&broker.address());
    gateway.raise(20).await;
    let gateway = tokio::spawn(gateway.serve());
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
    assert!(report.delivery.answers.contains_key("duplicate"), "{report}");
    assert_eq!(report.whistles.len(), 1, "three repeats make key whistles:\n{report}");

    interrupt.cancel();
    let printed = timeout(PATIENCE, task).await.expect("it ends").unwrap();
    let printed = String::from_utf8(printed).unwrap();
    assert!(printed.contains("closed 核查"), "{printed}");
    gateway.abort();
}

#[tokio::test]
async fn a_wrong_prefix_is_refused() {
    let work = tempfile::tempdir().unwrap();
    let broker = Broker::start(work.path(), 0).await.unwrap();
    for prefix in ["cg/#", "cg/v1/110117/001/+", "cg/v1/110117/001/+/+/evt"] {
        let settings = BrokerLinkSettings {
            broker: broker.address(),
            client_id: "centre".to_owned(),
            prefix: prefix.to_owned(),
        };
        let error = BrokerLink::open(&settings).unwrap_err();
        assert!(error.to_string().starts_with(&format!("--prefix {prefix}: expected")), "{error}");
    }
}

#[tokio::test]
async fn a_missing_answer_is_waited_for_before_the_centre_ends() {
    let work = tempfile::tempdir().unwrap();
    let broker = Broker::start(work.path(), 0).await.unwrap();
    let RunningCentre { centre, task, interrupt } = start_centre(&broker).await;
    let mut gateway = StandIn::at(&broker.address());
    gateway.raise(1).await;
    let asked = async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = gateway.events.poll().await.unwrap()
            {
                return publish;
            }
        }
    };
    let feedback = timeout(PATIENCE, asked).await.expect("the centre sends feedback");

    interrupt.cancel();
    timeout(PATIENCE, centre.closing()).await.expect("it notices the interrupt");
    assert!(!task.is_finished(), "it waits for the answer");
    gateway.answer(&feedback).await;
    let gateway = tokio::spawn(gateway.serve());

    timeout(PATIENCE, task).await.expect("it ends").unwrap();
    let report = centre.report();
    assert!(report.delivery.sent > 0 && report.is_answered(), "{report}");
    gateway.abort();
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
    assert!(complaint.contains("never connected to the broker: "), "{complaint}");
}
