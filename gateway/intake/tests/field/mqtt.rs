//! Sensors by MQTT, over a real broker: nothing is acknowledged before it is kept.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use hw_sim::field::mqtt::Sensor;
use intake::mqtt::{
    Delivered, DeviceSettings, Inbox, OnvifItem, Point, Settings, Way, filters, run,
};
use intake::{Device, DeviceHealth, DeviceState, Mailbox};
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use scene::{DoorEvent, Reading, SignalKind, SignalValue};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::judge::{Judge, PATIENCE, flag, number, until};
use crate::peers::Peer;

const PREFIX: &str = "cg/v1/110101/001/002/gw-1";

fn settings() -> Settings {
    let plain = |name: &str, kind| Point { name: name.to_owned(), kind, onvif: None };
    let onvif = |name: &str, kind, topic: &str| {
        let topic = topic.to_owned();
        let onvif = Some(OnvifItem { topic, source: None, item: None });
        Point { name: name.to_owned(), kind, onvif }
    };
    let pump = DeviceSettings {
        device: "pump-1".to_owned(),
        way: Way::Json,
        points: vec![plain("pit", SignalKind::WaterLevel), plain("gate", SignalKind::DoorEvent)],
        silent_after: Duration::from_mins(5),
    };
    let panel = DeviceSettings {
        device: "panel-1".to_owned(),
        way: Way::OnvifEj { topic_prefix: "site/a1".to_owned() },
        points: vec![onvif("leaf", SignalKind::DoorContact, "Door/State/DoorPhysicalState")],
        silent_after: Duration::from_secs(1),
    };
    Settings { prefix: PREFIX.to_owned(), devices: vec![pump, panel] }
}

fn inbox() -> (Arc<Inbox>, Judge, Vec<DeviceHealth>) {
    let mailbox = Arc::new(Mailbox::default());
    let settings = settings();
    assert_eq!(settings.validate(), Ok(()));
    let devices: Vec<Device> =
        settings.devices.iter().map(|it| Device::new(&it.device, Arc::clone(&mailbox))).collect();
    let healths = devices.iter().map(Device::health).collect();
    (Arc::new(Inbox::new(settings, devices)), Judge::of(&mailbox), healths)
}

/// A broker on the loopback that keeps what it has over a lost connection.
async fn broker(folder: &tempfile::TempDir) -> (Child, SocketAddr) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let file = folder.path().join("mosquitto.conf");
    let lines =
        format!("allow_anonymous true\nlog_dest stderr\nlistener {} 127.0.0.1\n", address.port());
    std::fs::write(&file, lines).unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let mut broker = Command::new("mosquitto")
        .env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin"))
        .args(["-c".as_ref(), file.as_os_str()])
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("mosquitto is installed");
    let mut log = BufReader::new(broker.stderr.take().unwrap()).lines();
    let running = async {
        while let Some(line) = log.next_line().await.unwrap() {
            if line.ends_with(" running") {
                return;
            }
        }
        panic!("mosquitto ended");
    };
    tokio::time::timeout(PATIENCE, running).await.unwrap();
    tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
    (broker, address)
}

/// The gateway's session: what was delivered, in turn. It lasts until it is aborted.
fn gateway(
    address: SocketAddr,
    inbox: &Arc<Inbox>,
) -> (tokio::task::JoinHandle<()>, mpsc::Receiver<Option<Delivered>>) {
    let (told, results) = mpsc::channel(100);
    let mut options = MqttOptions::new("gw-1", address.ip().to_string(), address.port());
    options.set_manual_acks(true).set_clean_start(false).set_session_expiry_interval(Some(600));
    let (client, mut events) = AsyncClient::new(options, 100);
    let inbox = Arc::clone(inbox);
    let session = tokio::spawn(async move {
        for filter in filters(&settings()) {
            client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        }
        loop {
            let Ok(event) = events.poll().await else { return };
            let result = match event {
                Event::Incoming(Packet::SubAck(_)) => None,
                Event::Incoming(Packet::Publish(message)) => {
                    let topic = std::str::from_utf8(&message.topic).unwrap();
                    let result = inbox.deliver(topic, &message.payload, message.retain).await;
                    if result != Delivered::Lost {
                        client.ack(&message).await.unwrap();
                    }
                    Some(result)
                }
                _ => continue,
            };
            told.send(result).await.unwrap();
        }
    });
    (session, results)
}

async fn next(results: &mut mpsc::Receiver<Option<Delivered>>) -> Delivered {
    loop {
        let result = tokio::time::timeout(PATIENCE, results.recv()).await;
        if let Some(result) = result.expect("a message comes").expect("the session lives") {
            return result;
        }
    }
}

#[tokio::test]
async fn the_example_script_tells_the_height_of_the_water() {
    let folder = tempfile::tempdir().unwrap();
    let (_broker, address) = broker(&folder).await;
    let (inbox, mut judge, healths) = inbox();
    let (_session, mut results) = gateway(address, &inbox);
    assert_eq!(results.recv().await, Some(None), "it has subscribed");
    let port = address.port().to_string();
    let mut script = Peer::start("gateway/doc/sensor.py", &["127.0.0.1", &port, PREFIX, "1.25"]);
    assert_eq!(script.line().await, "sent");
    assert_eq!(next(&mut results).await, Delivered::Kept);
    assert_eq!(judge.next_of("pit").await, number(1.25));
    assert_eq!(healths[0].get().state, DeviceState::Online);
    assert_eq!(healths[0].get().counts.signals, 1);
}

#[tokio::test]
async fn what_was_not_kept_is_sent_again_and_taken_once() {
    let folder = tempfile::tempdir().unwrap();
    let (_broker, address) = broker(&folder).await;
    let (inbox, mut judge, healths) = inbox();
    let (session, mut results) = gateway(address, &inbox);
    assert_eq!(results.recv().await, Some(None), "it has subscribed");
    let mut sensor = Sensor::new(address, "pump-1");
    let topic = format!("{PREFIX}/in/pump-1");
    let forced = br#"{"point":"gate","kind":"door_event","value":"forced_open","t":"2026-11-30T10:00:00+08:00"}"#;
    judge.keep(false);
    sensor.publish(&topic, forced, false).await.unwrap();
    assert_eq!(next(&mut results).await, Delivered::Lost);
    // The gateway starts again, and the disk has room again.
    session.abort();
    judge.keep(true);
    let (_session, mut results) = gateway(address, &inbox);
    assert_eq!(next(&mut results).await, Delivered::Kept);
    let forced_open = Reading::Good(SignalValue::Code(DoorEvent::ForcedOpen));
    assert_eq!(judge.next_of("gate").await, forced_open);
    sensor.publish(&topic, forced, false).await.unwrap();
    assert_eq!(next(&mut results).await, Delivered::Kept, "known, and acknowledged");
    assert_eq!(judge.so_far(), []);
    assert_eq!(healths[0].get().counts.repeated, 1);
    sensor.publish(&topic, br#"{"point":"gate","name":"Zhang San"}"#, false).await.unwrap();
    assert_eq!(next(&mut results).await, Delivered::Faulty);
    let fault = healths[0].get().latest_fault.unwrap();
    assert!(!fault.contains("Zhang") && fault.contains("only point, kind, value"), "{fault}");
    sensor.publish(&format!("{PREFIX}/in/nobody"), b"1", false).await.unwrap();
    assert_eq!(next(&mut results).await, Delivered::Faulty);
    assert_eq!(inbox.strays(), 1);
}

#[tokio::test]
async fn an_onvif_state_that_the_broker_kept_is_the_state_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let (_broker, address) = broker(&folder).await;
    let mut panel = Sensor::new(address, "panel-1");
    let topic = "site/a1/onvif-ej/Door/State/DoorPhysicalState/&Door1";
    let open = br#"{"UtcTime":"2026-11-30T02:00:00Z","Source":{"DoorToken":"Door1"},"Data":{"State":"Open"}}"#;
    panel.publish(topic, open, true).await.unwrap();
    let (inbox, mut judge, healths) = inbox();
    let stop = CancellationToken::new();
    tokio::spawn(run(Arc::clone(&inbox), stop.clone()));
    let (_session, mut results) = gateway(address, &inbox);
    assert_eq!(next(&mut results).await, Delivered::Kept);
    assert_eq!(judge.next_of("leaf").await, flag(true));
    panel.publish(topic, b"", true).await.unwrap();
    assert_eq!(next(&mut results).await, Delivered::Kept);
    assert_eq!(judge.next_of("leaf").await, Reading::Bad);
    let is_silent = || matches!(healths[1].get().state, DeviceState::Offline { .. });
    until("it counts as silent after a second", is_silent).await;
    stop.cancel();
}
