//! What an operator reads when the broker does not take what the gateway has, and that the words say
//! what to do.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::authority::Authority;
use super::inbox::diary;
use super::mosquitto::{Site, fill};
use super::wire::{SUCCESS, ScriptedBroker};
use super::{free_port, hasty, health_where, ledger, record, trouble, within};
use crate::{BrokerAddress, Health, Protocol, Publisher, PublisherHandle, Settings, StatusBoard};

/// Starts delivery of one alert.
fn deliver(settings: Settings) -> (tempfile::TempDir, ::ledger::Ledger, PublisherHandle) {
    let (folder, ledger) = ledger();
    record(&ledger, &[("evt", "0")]);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    (folder, ledger, handle)
}

/// What the library or the compiler calls things is not for operators. The standard's own name of a
/// reason, in brackets, and what the broker says itself may be anything.
pub(super) fn is_plain(text: &str) {
    let ours = text.split("; it says: ").next().unwrap();
    let (before, behind) = ours.split_once(" [MQTT").unwrap_or((ours, ""));
    let ours = format!("{before}{}", behind.split_once(']').map_or("", |(_, rest)| rest));
    for word in ["Error", "Some(", "None", "Kind", "os error", "::", "{"] {
        assert!(!ours.contains(word), "{word} in: {text}");
    }
    let is_joined = |word: &&str| {
        let inner: String = word.chars().skip(1).collect();
        let is_mixed = |what: fn(char) -> bool| inner.chars().any(what);
        is_mixed(char::is_uppercase)
            && is_mixed(char::is_lowercase)
            && !["QoS", "KiB"].contains(word)
    };
    let words = ours.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    assert_eq!(words.clone().find(is_joined), None, "a name of the code in: {text}");
}

pub(super) async fn told(health: watch::Receiver<Health>, words: &str) -> String {
    let has = |now: &Health| now.trouble.as_ref().is_some_and(|text| text.contains(words));
    let text = health_where(health, words, has).await.trouble.unwrap_or_default();
    is_plain(&text);
    text
}

#[tokio::test]
async fn every_refusal_of_a_connection_has_words_and_a_remedy() {
    // MQTT 5 §3.2.2.2, those that the client library knows.
    let codes =
        [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95]
            .into_iter()
            .chain([0x97, 0x99, 0x9b, 0x9c, 0x9d, 0x9f]);
    for code in codes {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger, handle) = deliver(hasty(broker.address()));
        let (mut link, _) = broker.accept().await;
        link.connack(false, code, &[]).await;
        let text = told(handle.health(), "refused this gateway: ").await;
        assert!(text.contains(&format!("{code:#04x}]; ")), "{text}");
        assert_eq!(ledger.depth().unwrap().messages, 1);
    }
    // MQTT 3.1.1 §3.2.2.3.
    for (code, words) in [
        (1, "3.1.1; try protocol = \"5\""),
        (2, "it does not accept the client id (\"gw-01\")"),
        (3, "it is up and takes nobody now"),
        (4, "it does not know this user name with this password (no user name is set)"),
        (5, "it does not allow this gateway to do that (no user name is set)"),
    ] {
        let broker = ScriptedBroker::listen().await;
        let settings = Settings { protocol: Protocol::V311, ..hasty(broker.address()) };
        let (_folder, _, handle) = deliver(settings);
        let (mut link, _) = broker.accept().await;
        link.connack(false, code, &[]).await;
        told(handle.health(), words).await;
    }
}

#[tokio::test]
async fn every_end_that_a_broker_explains_is_told_with_its_own_words() {
    let codes = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e].into_iter();
    let more = [0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f];
    for code in codes.chain(more).chain([0xa0, 0xa1, 0xa2]) {
        let broker = ScriptedBroker::listen().await;
        let (_folder, _, handle) = deliver(hasty(broker.address()));
        let mut link = broker.welcome().await;
        // A reason string (0x1f), which may hold anything.
        link.send(
            0xe0,
            b"_\x0c\x1f\x00\x09see\nab\x1b[1".map(|b| if b == b'_' { code } else { b }).as_slice(),
        )
        .await;
        let text = told(handle.health(), &format!("{code:#04x}]; ")).await;
        assert!(text.contains(r#"it says: "see\nab\u{1b}[1""#), "{text}");
    }
}

#[tokio::test]
async fn a_broker_that_takes_no_acknowledged_message_gets_none() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger, handle) = deliver(hasty(broker.address()));
    for _ in 0..2 {
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[0x24, 0]).await; // Maximum QoS 0
        assert_eq!(link.packet().await, None, "nothing is sent that could be lost unseen");
    }
    told(handle.health(), "allow QoS 1 (Mosquitto: max_qos 1); until then alerts are kept here")
        .await;
    assert_eq!(ledger.depth().unwrap().messages, 1);
}

#[tokio::test]
async fn a_broker_that_keeps_nothing_gets_the_alerts_and_the_operator_is_told() {
    for (protocol, properties) in [(Protocol::V5, &[0x25, 0][..]), (Protocol::V5, &[])] {
        let broker = ScriptedBroker::listen().await;
        let settings = Settings { protocol, ..hasty(broker.address()) };
        let (_folder, ledger, handle) = deliver(settings);
        if properties.is_empty() {
            // It refuses the last will first, and says nothing of it later.
            let (mut link, _) = broker.accept().await;
            link.connack(false, 0x9a, &[]).await;
        }
        let (mut link, connect) = broker.accept().await;
        assert_eq!(connect[7] & 0b0010_0000 == 0, properties.is_empty(), "the will's retain flag");
        link.connack(false, SUCCESS, properties).await;
        let birth = link.published().await;
        link.puback(birth.packet_id, SUCCESS).await;
        let alert = link.published().await;
        assert_eq!((birth.retain, alert.retain, alert.payload.as_str()), (false, false, "0"));
        link.puback(alert.packet_id, SUCCESS).await;
        told(handle.health(), "the broker keeps no retained messages: alerts are delivered").await;
        super::until("the alert leaves", || ledger.depth().unwrap().messages == 0).await;
    }
}

#[tokio::test]
async fn two_boxes_with_one_id_are_recognised_though_the_broker_says_nothing() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, _, handle) = deliver(hasty(broker.address()));
    for _ in 0..3 {
        drop(broker.welcome().await);
    }
    let text = told(handle.health(), "another client uses the client id \"gw-01\"").await;
    assert!(text.contains("cut the connection without a word"), "{text}");
}

#[tokio::test]
async fn a_broker_that_hangs_up_on_the_greeting_is_told_from_one_that_does_so_later() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, _, handle) = deliver(hasty(broker.address()));
    drop(broker.accept().await);
    told(handle.health(), "it did so before it accepted the gateway").await;
}

#[tokio::test]
async fn what_is_out_of_reach_says_what_to_look_at() {
    let address = |host: &str, port| BrokerAddress { tls: false, host: host.into(), port };
    let (_folder, _, handle) = deliver(hasty(address("127.0.0.1", free_port())));
    told(handle.health(), "nobody listens there; is the broker running on 127.0.0.1").await;
    let (_folder, _, handle) = deliver(hasty(address("broker.invalid", 1883)));
    let text = trouble(handle.health()).await;
    is_plain(&text);
    assert!(text.contains("name server (DNS)") && text.contains("broker.invalid"), "{text}");

    // Accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut settings = hasty(address("127.0.0.1", port));
    settings.connect_timeout = Duration::from_secs(1);
    let (_folder, _, handle) = deliver(settings);
    told(handle.health(), "no MQTT answer within 1 s").await;
}

#[tokio::test]
async fn what_is_no_mqtt_or_no_tls_is_told_so() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, _, handle) = deliver(hasty(broker.address()));
    let (mut link, _) = broker.accept().await;
    link.raw(&[0x20, 0xff, 0xff, 0xff, 0xff, 0xff]).await;
    told(handle.health(), "what it says is not MQTT").await;

    // TLS towards a plain listener.
    let site = Site::new();
    let _broker = site.start(false).await;
    let (_folder, _, handle) = deliver(site.settings(site.plain_port));
    let text = trouble(handle.health()).await;
    is_plain(&text);
    assert!(text.contains("TLS"), "{text}");
}

#[tokio::test]
async fn certificates_out_of_their_time_name_the_clock() {
    for (years, words) in [
        (
            2000..2001,
            "the broker's certificate has expired; renew it. But this machine's clock says 20",
        ),
        (3000..3001, "the broker's certificate is not valid yet; this machine's clock says 20"),
    ] {
        let site = Site::new();
        let authority = Authority::new();
        std::fs::write(site.file("ca.pem"), authority.certificate()).unwrap();
        authority.sign_for(site.folder(), ("localhost", "broker"), years);
        let _broker = site.start(false).await;
        let (_folder, _, handle) = deliver(site.settings(site.tls_port));
        told(handle.health(), words).await;
    }
}

#[tokio::test]
async fn a_client_certificate_that_the_broker_does_not_take_is_told_so() {
    let site = Site::new();
    Authority::new().sign(site.folder(), "gw-01", "stranger");
    let _broker = site.start(true).await;
    let mut settings = site.settings(site.tls_port);
    let (cert_file, key_file) = (site.file("stranger.pem"), site.file("stranger.key"));
    settings.identity = Some(crate::Identity { cert_file, key_file });
    let (_folder, _, handle) = deliver(settings);
    let text = trouble(handle.health()).await;
    is_plain(&text);
    assert!(text.contains("client certificate"), "{text}");
}

#[tokio::test]
async fn mosquitto_tells_two_boxes_with_one_id_in_either_version() {
    for protocol in [Protocol::V5, Protocol::V311] {
        let site = Site::new();
        let _broker = site.start(false).await;
        let settings = Settings { protocol, ..site.settings(site.tls_port) };
        let (_folder, _, one) = deliver(settings.clone());
        let (_other_folder, _, other) = deliver(settings);
        // Mosquitto 2.0.11 closes before its DISCONNECT has gone out: then the pattern tells.
        let says = |handle: &PublisherHandle| told(handle.health(), "another client");
        within("either says so", async {
            let (one, other) = (one, other);
            tokio::select! {
                _ = says(&one) => {}
                _ = says(&other) => {}
            }
        })
        .await;
    }
}

#[tokio::test]
async fn mosquitto_without_retained_messages_gets_the_alerts() {
    let site = Site::new();
    let _broker = site.start_with(false, "retain_available false").await;
    let (_folder, ledger) = ledger();
    fill(&ledger, 0..3);
    let settings = site.settings(site.tls_port);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    told(handle.health(), "the broker keeps no retained messages").await;
    super::until("the alerts leave", || ledger.depth().unwrap().messages == 0).await;
    drop(handle);
}

#[tokio::test]
async fn a_broker_that_takes_next_to_nothing_is_not_called_another_program() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let (inbox, _lines) = diary(&ledger);
    let (settings, board) = (hasty(broker.address()), StatusBoard::default());
    let handle = Publisher::spawn(settings, ledger, board, inbox).unwrap();
    let (mut link, _) = broker.accept().await;
    link.connack(false, SUCCESS, &[0x27, 0, 0, 0, 40]).await; // Maximum Packet Size: 40 bytes
    let text = told(handle.health(), "packets of 40 bytes at most").await;
    assert!(text.contains("max_packet_size"), "{text}");
}
