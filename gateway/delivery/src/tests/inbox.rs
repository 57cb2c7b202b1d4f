//! What the centre sends: acknowledged when it is kept and not before, whatever the broker does.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ledger::{Ledger, LedgerError};

use super::wire::{Link, SUCCESS, ScriptedBroker};
use super::{hasty, health_where, ledger, record, trouble, within};
use crate::inbox::{Inbox, Incoming};
use crate::{Health, Protocol, Publisher, Settings, StatusBoard};

const CASE: &[u8] = b"cg/v1/a/b/c/gw-01/case/a-1";
const QOS_0: u8 = 0x30;
const QOS_1: u8 = 0x32;
const RETAINED: u8 = 0x33;
const QOS_2: u8 = 0x34;
const GRANTED: [u8; 2] = [1, 1];

/// Keeps each message as a row of the ledger, and tells the test what it saw.
pub(super) struct Diary {
    ledger: Ledger,
    seen: Sender<String>,
}

impl Inbox for Diary {
    fn take(&mut self, message: &Incoming<'_>) -> Result<(), LedgerError> {
        let text = String::from_utf8_lossy(message.payload);
        let line = format!("{} {text:?} {}", message.topic, message.retained);
        record_answer(&self.ledger, &text)?;
        self.seen.send(line).unwrap();
        Ok(())
    }
}

fn record_answer(ledger: &Ledger, text: &str) -> Result<(), LedgerError> {
    let answer = format!("answer to {text}");
    let step = super::step(&format!("alert-{text}"), 1, "ack", &answer);
    ledger.record(&[step], None).map(drop)
}

pub(super) fn diary(ledger: &Ledger) -> (Option<Box<dyn Inbox>>, Receiver<String>) {
    let (seen, lines) = channel();
    (Some(Box::new(Diary { ledger: ledger.clone(), seen })), lines)
}

fn speaking(protocol: Protocol, broker: &ScriptedBroker) -> Settings {
    let mut settings = hasty(broker.address());
    settings.protocol = protocol;
    settings
}

/// The next connection up to the birth, its subscription granted.
async fn heard(broker: &ScriptedBroker, session_present: bool) -> Link {
    let (mut link, _) = broker.accept().await;
    link.connack(session_present, SUCCESS, &[]).await;
    let (packet_id, filters) = link.subscribe().await;
    assert_eq!(filters, ["cg/v1/a/b/c/gw-01/case/+", "cg/v1/a/b/c/gw-01/cmd/+"]);
    link.suback(packet_id, &GRANTED).await;
    assert!(link.take_over(1).await[0].contains("\"online\":true"));
    link
}

#[tokio::test]
async fn a_message_is_kept_answered_and_acknowledged_in_both_versions() {
    for protocol in [Protocol::V5, Protocol::V311] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger) = ledger();
        let (inbox, lines) = diary(&ledger);
        let settings = speaking(protocol, &broker);
        let _handle =
            Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
        let mut link = heard(&broker, true).await;
        link.deliver(QOS_1, CASE, 7, "one").await;
        assert_eq!(link.acknowledged().await, 7);
        assert_eq!(lines.recv().unwrap(), r#"case/a-1 "one" false"#);
        assert_eq!(link.take_over(1).await, ["answer to one"]);
        link.deliver(RETAINED, b"cg/v1/a/b/c/gw-01/cmd/r-1", 8, "").await;
        assert_eq!(link.acknowledged().await, 8);
        assert_eq!(lines.recv().unwrap(), r#"cmd/r-1 "" true"#);
        assert_eq!(link.take_over(1).await, ["answer to "]);
        link.deliver(QOS_0, CASE, 0, "zero").await;
        assert_eq!(link.take_over(1).await, ["answer to zero"]);
    }
}

#[tokio::test]
async fn what_the_ledger_cannot_keep_is_not_acknowledged_until_it_can() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let (inbox, lines) = diary(&ledger);
    let settings = hasty(broker.address());
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
    let mut link = heard(&broker, false).await;
    let browser = rusqlite::Connection::open(ledger.path()).unwrap();
    browser.execute_batch("BEGIN IMMEDIATE").unwrap();
    for packet_id in 1..=16 {
        link.deliver(QOS_1, CASE, packet_id, &packet_id.to_string()).await;
    }
    let text = trouble(handle.health()).await;
    assert!(text.contains("another program keeps"), "{text}");
    assert_eq!(lines.try_iter().count(), 0);
    browser.execute_batch("ROLLBACK").unwrap();
    assert_eq!(acknowledgements(&mut link, 16).await, (1..=16).collect::<Vec<u16>>());
    health_where(handle.health(), "delivering", |now| now.trouble.is_none()).await;
}

/// The packet ids of the next PUBACKs, while the answers are taken over.
async fn acknowledgements(link: &mut Link, count: usize) -> Vec<u16> {
    let mut acknowledged = Vec::new();
    while acknowledged.len() < count {
        match within("acknowledgements", link.packet()).await {
            Some((0x40, body)) => acknowledged.push(u16::from_be_bytes([body[0], body[1]])),
            Some((0x32, body)) => {
                let [high, low] = body[5..7] else { panic!("cut off") }; // behind the topic, "ack"
                link.puback(u16::from_be_bytes([high, low]), SUCCESS).await;
            }
            other => panic!("{other:?}"),
        }
    }
    acknowledged
}

#[tokio::test]
async fn a_broker_that_sends_more_at_once_than_it_may_is_heard_on_one_connection() {
    for protocol in [Protocol::V5, Protocol::V311] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger) = ledger();
        let (inbox, _lines) = diary(&ledger);
        let settings = speaking(protocol, &broker);
        let _handle =
            Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
        let mut link = heard(&broker, true).await;
        for packet_id in 1..=500 {
            link.deliver(QOS_1, CASE, packet_id, &packet_id.to_string()).await;
        }
        let acknowledged = acknowledgements(&mut link, 500).await;
        assert_eq!(acknowledged, (1..=500).collect::<Vec<u16>>(), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_flood_that_the_ledger_cannot_keep_costs_the_connection_and_comes_again() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let (inbox, lines) = diary(&ledger);
    let settings = speaking(Protocol::V311, &broker);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
    let mut link = heard(&broker, false).await;
    let browser = rusqlite::Connection::open(ledger.path()).unwrap();
    browser.execute_batch("BEGIN IMMEDIATE").unwrap();
    for packet_id in 1..=257 {
        link.deliver(QOS_1, CASE, packet_id, "flood").await;
    }
    assert_eq!(link.packet().await, None, "closed, nothing acknowledged");
    let flooded =
        |now: &Health| now.trouble.as_ref().is_some_and(|text| text.contains("more than 256"));
    health_where(handle.health(), "flooded", flooded).await;
    browser.execute_batch("ROLLBACK").unwrap();
    let mut link = heard(&broker, true).await;
    assert_eq!(lines.try_iter().count(), 0);
    link.deliver(QOS_1, CASE, 3, "flood").await;
    assert_eq!(link.acknowledged().await, 3);
}

#[tokio::test]
async fn a_denied_subscription_is_told_and_asked_for_again_while_alerts_flow() {
    for (protocol, denied) in [
        (Protocol::V5, [1, 0x87]),
        (Protocol::V311, [1, 0x80]),
        (Protocol::V5, [0x80, 0x80]),
        // By QoS 0 messages may be lost unseen.
        (Protocol::V5, [1, 0]),
        (Protocol::V311, [1, 0]),
    ] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger) = ledger();
        record(&ledger, &[("evt", "alert")]);
        let (inbox, _lines) = diary(&ledger);
        let settings = speaking(protocol, &broker);
        let handle = Publisher::spawn(settings, ledger, StatusBoard::default(), inbox).unwrap();
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[]).await;
        let (packet_id, _) = link.subscribe().await;
        link.suback(packet_id, &denied).await;
        let told = link.take_over(2).await;
        assert_eq!(told[1], "alert");
        let text = trouble(handle.health()).await;
        assert!(text.contains("gw-01/cmd/+") && text.contains("do not arrive"), "{text}");
        let (packet_id, _) = link.subscribe().await;
        link.suback(packet_id, &denied).await;
        let (packet_id, _) = link.subscribe().await;
        link.suback(packet_id, &GRANTED).await;
        health_where(handle.health(), "heard", |now| now.trouble.is_none()).await;
    }
}

#[tokio::test]
async fn foreign_topics_are_discarded_and_broken_promises_cost_the_connection() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let (inbox, lines) = diary(&ledger);
    let settings = hasty(broker.address());
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
    let mut link = heard(&broker, false).await;
    let foreign: [&[u8]; 4] = [b"cg/v1/a/b/c/gw-02/case/a-1", b"x", b"cg/\xff\xfe", b""];
    for (packet_id, topic) in (1..).zip(foreign) {
        link.deliver(QOS_1, topic, packet_id, "foreign").await;
        assert_eq!(link.acknowledged().await, packet_id);
    }
    // QoS 2; a topic alias; an answer of the wrong kind; a second CONNACK.
    link.deliver(QOS_2, CASE, 1, "twice").await;
    assert_eq!(link.packet().await, None);
    let mut link = heard(&broker, false).await;
    link.raw(&[0x32, 9, 0, 0, 0, 1, 3, 0x23, 0, 1, b'x']).await;
    while link.packet().await.is_some() {} // the library's own goodbye
    let mut link = heard(&broker, false).await;
    record(&ledger, &[("evt", "alert")]);
    handle.waker().wake();
    let alert = link.published().await;
    link.suback(alert.packet_id, &GRANTED).await;
    assert_eq!(link.packet().await, None);
    let mut link = heard(&broker, false).await;
    let alert = link.published().await;
    assert_eq!(alert.payload, "alert", "no PUBACK, so it is still there");
    link.connack(false, SUCCESS, &[]).await;
    assert_eq!(link.packet().await, None);
    let mut link = heard(&broker, false).await;
    assert_eq!(link.take_over(1).await, ["alert"]);
    assert_eq!(lines.try_iter().count(), 0);
}

#[tokio::test]
async fn a_broker_that_falls_silent_after_the_connection_is_left() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let mut settings = hasty(broker.address());
    settings.connect_timeout = Duration::from_secs(1);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    let (mut silent, _) = broker.accept().await;
    assert_eq!(silent.packet().await, None, "no CONNACK within the timeout");
    // Keep-alive switched off by the broker (MQTT 5 §3.2.2.3.14): still asked, and not in a storm.
    let mut link = broker.welcome_with(false, &[0x13, 0, 0]).await;
    let (kind, _) = within("a ping", link.packet()).await.unwrap();
    assert_eq!(kind, 0xc0, "PINGREQ");
    link.send(0xd0, &[]).await;
    record(&ledger, &[("evt", "alert")]);
    handle.waker().wake();
    assert_eq!(link.take_over(1).await, ["alert"], "and no second ping before it");
}
