//! The judge's subscription at a real Mosquitto over TLS: restarts lose nothing, and faults are named.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use std::path::Path;
use std::time::Duration;

use hw_sim::judge::{BrokerAddress, JudgeEvent, Subscriber};
use hw_sim::play::{Broker, Certificates, Gateway, PlayError};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use tokio::time::timeout;

const TOPIC: &str = "cg/v1/110117/001/003/gw-demo/evt/fire_safety/fire_passage_blocked";
/// Far longer than anything here takes. It ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A gateway's connection.
struct Publisher {
    client: AsyncClient,
    events: EventLoop,
}

impl Publisher {
    fn to(address: &BrokerAddress) -> Self {
        let mut options = MqttOptions::new("gw-1", &address.host, address.port);
        let ca = std::fs::read(&address.ca).unwrap();
        let [certificate, key] = ["gateway.pem", "gateway.key"]
            .map(|name| std::fs::read(address.ca.with_file_name(name)).unwrap());
        let client_auth = Some((certificate, key));
        let tls = TlsConfiguration::Simple { ca, alpn: None, client_auth };
        options.set_transport(Transport::Tls(tls));
        let (client, events) = AsyncClient::new(options, 8);
        Self { client, events }
    }

    /// Returns once the broker has acknowledged.
    async fn publish(&mut self, payload: String) {
        self.client.publish(TOPIC, QoS::AtLeastOnce, false, payload).await.unwrap();
        let acknowledged = async {
            while !matches!(self.events.poll().await.unwrap(), Event::Incoming(Packet::PubAck(_))) {
            }
        };
        timeout(PATIENCE, acknowledged).await.expect("the broker acknowledges");
    }
}

fn alert(seq: u64) -> String {
    serde_json::json!({
        "alert_id": "a", "seq": seq, "action": if seq == 1 { "open" } else { "update" },
        "type": { "code": "fire_passage_blocked", "name": "占用消防通道" },
        "times": { "first_seen": "2026-11-22T09:10:03Z", "sent": "2026-11-22T09:10:03Z" },
        "source": { "gateway_id": "gw-1", "device_id": "cam-01" },
        "padding": "x".repeat(12_000), // more than rumqttc accepts by default
    })
    .to_string()
}

async fn next(subscriber: &mut Subscriber) -> JudgeEvent {
    timeout(PATIENCE, subscriber.next()).await.expect("an event comes").expect("still listening")
}

async fn listening(subscriber: &mut Subscriber) -> bool {
    loop {
        if let JudgeEvent::Listening { resumed } = next(subscriber).await {
            return resumed;
        }
    }
}

async fn next_seq(subscriber: &mut Subscriber) -> u64 {
    loop {
        match next(subscriber).await {
            JudgeEvent::Alert(receipt) => return receipt.message.seq,
            JudgeEvent::Unreadable { topic, reason } => panic!("{topic}: {reason}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_broker_restarted_is_found_again() {
    let work = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(work.path(), 0).await.unwrap();
    let mut subscriber = Subscriber::start(&broker.address(), "judge").unwrap();
    assert!(!listening(&mut subscriber).await, "a first session is new");
    Publisher::to(&broker.address()).publish(alert(1)).await;
    assert_eq!(next_seq(&mut subscriber).await, 1);

    broker.restart().await.unwrap();

    assert!(listening(&mut subscriber).await, "the broker kept the session");
    Publisher::to(&broker.address()).publish(alert(2)).await;
    assert_eq!(next_seq(&mut subscriber).await, 2);
    broker.stop().await.unwrap();
}

#[tokio::test]
async fn what_came_while_the_judge_was_away_waits_at_the_broker() {
    let work = tempfile::tempdir().unwrap();
    let mut broker = Broker::start(work.path(), 0).await.unwrap();
    let mut subscriber = Subscriber::start(&broker.address(), "judge").unwrap();
    listening(&mut subscriber).await;
    drop(subscriber);
    let mut publisher = Publisher::to(&broker.address());
    publisher.publish(alert(1)).await;
    publisher.publish(alert(2)).await;

    broker.restart().await.unwrap();

    let mut subscriber = Subscriber::start(&broker.address(), "judge").unwrap();
    let mut seqs = [next_seq(&mut subscriber).await, next_seq(&mut subscriber).await];
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 2]);
}

#[tokio::test]
async fn what_is_not_an_alert_is_reported() {
    let work = tempfile::tempdir().unwrap();
    let broker = Broker::start(work.path(), 0).await.unwrap();
    let mut subscriber = Subscriber::start(&broker.address(), "judge").unwrap();
    listening(&mut subscriber).await;
    Publisher::to(&broker.address()).publish("{".to_owned()).await;
    assert!(
        matches!(next(&mut subscriber).await, JudgeEvent::Unreadable { topic, .. } if topic == TOPIC)
    );
}

#[tokio::test]
async fn a_broker_with_a_foreign_certificate_is_not_trusted() {
    let work = tempfile::tempdir().unwrap();
    let broker = Broker::start(work.path(), 0).await.unwrap();
    let strangers = Certificates::ensure(&work.path().join("strangers")).unwrap();
    let address = BrokerAddress { ca: strangers.ca, ..broker.address() };
    let mut subscriber = Subscriber::start(&address, "judge").unwrap();
    let JudgeEvent::Lost { reason } = next(&mut subscriber).await else { panic!("it is trusted") };
    assert!(reason.contains("certificate"), "{reason}");
}

#[tokio::test]
async fn a_port_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let work = tempfile::tempdir().unwrap();
    let error = Broker::start(work.path(), port).await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("port {port} is taken")), "{error}");
}

#[tokio::test]
async fn a_gateway_that_ends_by_itself_shows_the_end_of_its_log() {
    let work = tempfile::tempdir().unwrap();
    let log = work.path().join("gateway.log");
    let mut gateway =
        Gateway::start(Path::new("/bin/cat"), Path::new("no-such-folder"), &log).unwrap();
    let error = gateway.ends().await;
    assert!(matches!(&error, PlayError::Ended { tail, .. } if tail.contains("cat:")), "{error}");
}
