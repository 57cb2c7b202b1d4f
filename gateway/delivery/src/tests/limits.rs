//! Brokers that grant less than was asked, that answer with codes nobody knows, or that end the connection
//! where they should answer: alerts are delivered, and an operator is told what to change at the broker.

use std::sync::Arc;

use super::inbox::diary;
use super::mosquitto::{Site, fill};
use super::wire::{Link, SUCCESS, ScriptedBroker};
use super::words::{is_plain, told};
use super::{hasty, health_where, ledger, record, until};
use crate::{ConfigNews, Hearers, Protocol, Publisher, PublisherHandle, Settings, StatusBoard};

/// Delivery of one alert, with somebody to hear the centre.
fn deliver(settings: Settings) -> (tempfile::TempDir, ::ledger::Ledger, PublisherHandle) {
    let (folder, ledger) = ledger();
    record(&ledger, &[("evt", "the alert")]);
    let (inbox, _lines) = diary(&ledger);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
    (folder, ledger, handle)
}

/// Takes everything over, and answers subscriptions with `code`, until the link ends.
async fn serve(link: &mut Link, code: u8) -> Vec<String> {
    let mut payloads = Vec::new();
    while let Some((kind, body)) = link.packet().await {
        match kind & 0xf0 {
            0x30 => {
                let message = link.read_publish(kind, &body);
                link.puback(message.packet_id, SUCCESS).await;
                payloads.push(message.payload);
            }
            0x80 => link.suback(u16::from_be_bytes([body[0], body[1]]), &[code, code]).await,
            _ => {}
        }
    }
    payloads
}

#[tokio::test]
async fn what_a_broker_grants_too_little_of_is_told_and_costs_no_alert() {
    for (properties, words) in [
        (&[0x11, 0, 0, 0, 0][..], "keeps nothing of what is sent to the gateway while it is away"),
        (&[0x11, 0, 0, 14, 16], "while it is away for 1 h only, not for 7 days as asked"),
        (&[0x21, 0, 1], "takes 1 unanswered message at a time"),
        (&[0x13, 0, 0], "never notices that the gateway is gone"),
        (&[0x13, 0, 1], "wants a word each 1 s"),
        (&[0x13, 0xff, 0xff], "server keep alive of 65535 s, not 30 s as asked"),
        (&[0x27, 0, 0, 4, 0], "packets of 1024 bytes at most"),
        (&[0x28, 0], "no subscription with a wildcard"),
    ] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger, handle) = deliver(hasty(broker.address()));
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, properties).await;
        let serving = serve(&mut link, 1);
        tokio::select! {
            _ = serving => panic!("the gateway leaves a broker with {words}"),
            () = until("the alert leaves", || ledger.depth().unwrap().messages == 0) => {}
        }
        told(handle.health(), words).await;
    }
}

#[tokio::test]
async fn a_broker_without_wildcards_is_not_asked_for_any() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger, _handle) = deliver(hasty(broker.address()));
    let mut link = broker.welcome_with(false, &[0x28, 0]).await;
    let alert = link.published().await; // a SUBSCRIBE would have come before it
    link.puback(alert.packet_id, SUCCESS).await;
    until("the alert leaves", || ledger.depth().unwrap().messages == 0).await;
}

#[tokio::test]
async fn mosquitto_with_low_limits_is_told_of_in_words() {
    let site = Site::new();
    let limits = "max_inflight_messages 1\nmax_packet_size 20000\nmax_keepalive 10";
    let _broker = site.start_with(false, limits).await;
    let (_folder, ledger) = ledger();
    fill(&ledger, 0..3);
    let handle = Publisher::spawn(
        site.settings(site.tls_port),
        ledger.clone(),
        StatusBoard::default(),
        None,
    )
    .unwrap();
    told(handle.health(), "packets of 20000 bytes at most").await;
    told(handle.health(), "takes 1 unanswered message at a time").await;
    until("the alerts leave", || ledger.depth().unwrap().messages == 0).await;
}

#[tokio::test]
async fn a_status_that_the_broker_finds_too_large_holds_up_no_alert() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[("evt", "the alert")]);
    let board = StatusBoard::default();
    let now = runtime::utc_now();
    board.announce(&ConfigNews::refused(now, vec!["cameras/a.toml:1:1: ".repeat(90)]));
    let output = "x".repeat(2_000);
    board.post_output("siren", output.clone().into_bytes());
    let handle = Publisher::spawn(hasty(broker.address()), ledger.clone(), board, None).unwrap();
    let mut link = broker.welcome_with(false, &[0x27, 0, 0, 4, 0]).await;
    let alert = link.published().await;
    assert_eq!(alert.payload, "the alert");
    link.puback(alert.packet_id, SUCCESS).await;
    until("the alert leaves", || ledger.depth().unwrap().messages == 0).await;
    told(handle.health(), "out/siren is not told: it is larger than the broker takes").await;
}

#[tokio::test]
async fn every_code_that_no_standard_knows_has_words_and_a_remedy() {
    for (protocol, code) in [
        (Protocol::V5, 0x01),
        (Protocol::V5, 0x8b),
        (Protocol::V5, 0xa3),
        (Protocol::V5, 0xf0),
        (Protocol::V5, 0xff),
        (Protocol::V311, 0x06),
        (Protocol::V311, 0x87),
        (Protocol::V311, 0x99),
        (Protocol::V311, 0xf0),
    ] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger, handle) = deliver(Settings { protocol, ..hasty(broker.address()) });
        let (mut link, _) = broker.accept().await;
        link.connack(false, code, &[]).await;
        let text = told(handle.health(), "refused this gateway: ").await;
        let says = format!("[code {code:#04x}, which MQTT ");
        assert!(text.contains(&says) && text.contains(" does not know here]; "), "{text}");
        assert_eq!(ledger.depth().unwrap().messages, 1);
    }
}

#[tokio::test]
async fn ends_and_answers_with_unknown_codes_are_told_in_words() {
    for code in [0x77, 0x88, 0xf0] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, _, handle) = deliver(hasty(broker.address()));
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[]).await;
        link.send(0xe0, &[code, 0]).await;
        let text = told(handle.health(), "refuses a message or ends the connection: ").await;
        assert!(text.contains(&format!("[code {code:#04x}, which MQTT 5 does not")), "{text}");
        // In place of CONNACK.
        let (mut link, _) = broker.accept().await;
        link.send(0xe0, &[0x8b, 0]).await;
        told(handle.health(), "it is being stopped [MQTT 5: Server shutting down, 0x8b]").await;
    }
}

#[tokio::test]
async fn every_reason_against_a_subscription_is_told_and_alerts_go_on() {
    for code in [0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger, handle) = deliver(hasty(broker.address()));
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[]).await;
        tokio::select! {
            _ = serve(&mut link, code) => panic!("the gateway leaves"),
            () = until("the alert leaves", || ledger.depth().unwrap().messages == 0) => {}
        }
        let text = told(handle.health(), "does not grant the subscription").await;
        assert!(text.contains(&format!("{code:#04x}]; ")), "{text}");
    }
}

#[tokio::test]
async fn a_subscription_that_is_granted_with_qos_0_counts_as_denied() {
    for protocol in [Protocol::V5, Protocol::V311] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger, handle) = deliver(Settings { protocol, ..hasty(broker.address()) });
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[]).await;
        let is_told = async {
            until("the alert leaves", || ledger.depth().unwrap().messages == 0).await;
            told(handle.health(), "it grants QoS 0 only, by which messages may be lost").await;
        };
        tokio::select! {
            _ = serve(&mut link, 0) => panic!("the gateway leaves"),
            () = is_told => {}
        }
    }
}

/// What a broker does instead of denying a subscription.
#[derive(Debug, Clone, Copy)]
enum AtSubscribe {
    Cut,
    Explain(u8),
    Answer(u8),
}

#[tokio::test]
async fn a_broker_that_bears_no_subscription_gets_the_alerts_all_the_same() {
    use AtSubscribe::{Answer, Cut, Explain};
    for does in [Cut, Explain(0x87), Explain(0xa2), Explain(0xf0), Answer(0x99), Answer(0xf0)] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger, handle) = deliver(hasty(broker.address()));
        let script = async {
            loop {
                let (mut link, _) = broker.accept().await;
                link.connack(false, SUCCESS, &[]).await;
                while let Some((kind, body)) = link.packet().await {
                    if kind & 0xf0 == 0x30 {
                        let message = link.read_publish(kind, &body);
                        link.puback(message.packet_id, SUCCESS).await;
                        continue;
                    }
                    match does {
                        Cut => {}
                        Explain(code) => link.send(0xe0, &[code, 0]).await,
                        Answer(code) => {
                            link.suback(u16::from_be_bytes([body[0], body[1]]), &[code; 2]).await;
                        }
                    }
                    break; // what came behind it is not answered
                }
            }
        };
        let words = "the broker ends the connection when the gateway subscribes to ";
        let is_told = async {
            until("the alert leaves", || ledger.depth().unwrap().messages == 0).await;
            told(handle.health(), words).await;
        };
        tokio::select! {
            () = script => {}
            () = is_told => {}
        }
    }
}

#[tokio::test]
async fn the_centre_sees_that_two_gateways_have_one_id_and_they_take_turns() {
    for says_so in [false, true] {
        let broker = ScriptedBroker::listen().await;
        let board = StatusBoard::default();
        let (_folder, ledger) = ledger();
        let hearers = Hearers { inbox: None, sensors: None::<Arc<_>> };
        let settings = hasty(broker.address());
        let handle = Publisher::spawn_with_sensors(settings, ledger, board, hearers).unwrap();
        for _ in 0..if says_so { 2 } else { 3 } {
            let mut link = broker.welcome().await;
            if says_so {
                link.send(0xe0, &[0x8e, 0]).await;
            }
        }
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[]).await;
        let birth: serde_json::Value =
            serde_json::from_str(&link.published().await.payload).unwrap();
        assert_eq!(birth["rival"]["client_id"], "gw-01", "{birth}");
        let reason = birth["rival"]["reason"].as_str().unwrap().to_owned();
        is_plain(&reason);
        let is_told = |now: &crate::Health| {
            now.connected_since.is_some() && now.trouble.as_deref() == Some(reason.as_str())
        };
        health_where(handle.health(), "connected, and told", is_told).await;
    }
}
