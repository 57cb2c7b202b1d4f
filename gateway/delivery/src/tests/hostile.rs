//! Networks and brokers at their worst. Whatever is sent or left out: no panic, no wait beyond the
//! timeouts, and no row leaves the ledger without its PUBACK.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::mosquitto::{Seen, Site, fill};
use super::wire::{SUCCESS, ScriptedBroker};
use super::{hasty, ledger, record, until, within};
use crate::{BrokerAddress, Protocol, Publisher, Settings, StatusBoard};

const GRACE: Duration = Duration::from_secs(30);

/// Settings that come back at once.
fn eager(broker: BrokerAddress) -> Settings {
    let mut settings = hasty(broker);
    settings.reconnect_first = Duration::from_millis(5);
    settings.reconnect_cap = Duration::from_millis(20);
    settings
}

/// PUBACK of 2 with a reason that does not exist.
const UNKNOWN_REASON: &[u8] = b"\x40\x03\x00\x02\x42";

/// What no broker says to a client that has sent packets 1 (its birth, answered) and 2.
fn nonsense() -> Vec<Vec<u8>> {
    let mut said: Vec<Vec<u8>> = [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        b"\x20\xff\xff\xff\xff\xff", // a length that never ends
        b"\x30\xff\xff\xff\x7f",     // 256 MiB are announced
        b"\x40\x02\x00",             // cut off
        b"\x40\x02\x03\xe7",         // PUBACK of 999, 0 and 65535
        b"\x40\x02\x00\x00",
        b"\x40\x02\xff\xff",
        UNKNOWN_REASON,
        b"\x50\x02\x00\x02", // PUBREC, PUBREL, PUBCOMP: QoS 2 was not asked for
        b"\x62\x02\x00\x02",
        b"\x70\x02\x00\x02",
        b"\x90\x04\x00\x02\x00\x01", // SUBACK to a message
        b"\xb0\x04\x00\x02\x00\x00", // UNSUBACK
        b"\x20\x03\x00\x00\x00",     // CONNACK once more
        b"\x10\x0c\x00\x04MQTT\x05\x02\x00\x3c\x00\x00", // CONNECT
        b"\x82\x08\x00\x01\x00\x00\x02aa\x01", // SUBSCRIBE
        b"\xe0\x00",                 // DISCONNECT: orderly, server busy
        b"\xe0\x02\x89\x00",
        b"\xf0\x00",                         // AUTH
        b"\x32\x06\x00\x01\xff\x00\x01\x00", // PUBLISH to \xff, to nowhere, without an id
        b"\x32\x05\x00\x00\x00\x01\x00",
        b"\x32\x05\x00\x00\x00\x00\x00",
        b"\x36\x05\x00\x00\x00\x01\x00", // QoS 3
        b"\x00\x00",
    ]
    .map(<[u8]>::to_vec)
    .into();
    // Bytes of no meaning: xorshift, so that a failure can be repeated.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..40 {
        let mut bytes = Vec::new();
        while bytes.len() < 64 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend(state.to_le_bytes());
        }
        bytes[0] &= 0xbf; // never PUBACK, which might be a true one
        said.push(bytes);
    }
    said
}

#[tokio::test]
async fn nonsense_at_any_time_costs_connections_only() {
    for protocol in [Protocol::V5, Protocol::V311] {
        let broker = ScriptedBroker::listen().await;
        let (_folder, ledger) = ledger();
        record(&ledger, &[("evt", "only")]);
        let mut settings = eager(broker.address());
        settings.protocol = protocol;
        let handle =
            Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
        // To 3.1.1, which knows no reasons, an acknowledgement with one too many is one all the same.
        let is_true = |bytes: &Vec<u8>| protocol == Protocol::V311 && bytes == UNKNOWN_REASON;
        for bytes in nonsense().into_iter().filter(|bytes| !is_true(bytes)) {
            // Instead of CONNACK, and with the message in flight.
            let (mut link, _) = broker.accept().await;
            link.raw(&bytes).await;
            drop(link);
            let mut link = broker.welcome().await;
            assert_eq!(link.published().await.payload, "only", "before {bytes:02x?}");
            link.raw(&bytes).await;
            drop(link);
        }
        assert_eq!(ledger.depth().unwrap().messages, 1);
        let mut link = broker.welcome().await;
        assert_eq!(link.take_over(1).await, ["only"]);
        drop(handle);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_holds_up_one_alert_and_no_other() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[("evt", "first"), ("evt", "too large"), ("evt", "third"), ("evt", "last")]);
    let settings = eager(broker.address());
    let _handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    let (mut strikes, mut taken) = (0, BTreeSet::new());
    let script = async {
        loop {
            let mut link = broker.welcome().await;
            while let Some((kind, body)) = link.packet().await {
                let message = link.read_publish(kind, &body);
                if message.payload == "too large" {
                    strikes += 1;
                    link.puback(message.packet_id, 0x95).await; // packet too large, as Mosquitto says
                } else {
                    link.puback(message.packet_id, SUCCESS).await;
                    taken.insert(message.payload);
                }
            }
        }
    };
    let others_leave = until("the others leave", || ledger.depth().unwrap().messages <= 1);
    tokio::select! {
        () = script => {}
        () = others_leave => {}
    }
    assert_eq!(taken.iter().map(String::as_str).collect::<Vec<_>>(), ["first", "last", "third"]);
    assert_eq!(strikes, 2);
}

#[tokio::test]
async fn a_broker_that_hangs_up_at_every_packet_gets_all_in_the_end() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let rows = ["0", "1", "2", "3", "4"];
    record(&ledger, &rows.map(|row| ("evt", row)));
    let settings = eager(broker.address());
    let _handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    // Its window is 4: more do not come unanswered.
    for packets in 0..=4 {
        let (mut link, _) = broker.accept().await;
        link.connack(false, SUCCESS, &[]).await;
        for _ in 0..packets {
            within("a packet", link.packet()).await.unwrap();
        }
        link.send(0xe0, &[0x89, 0]).await; // DISCONNECT: server busy
    }
    assert_eq!(ledger.depth().unwrap().messages, 5);
    let mut link = broker.welcome().await;
    assert_eq!(link.take_over(5).await, rows);
}

#[tokio::test]
async fn a_peer_that_reads_no_more_is_left_in_time() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let large = "x".repeat(200_000);
    record(&ledger, &vec![("evt", large.as_str()); 100]);
    let mut settings = eager(broker.address());
    settings.window = 100;
    settings.ack_timeout = Duration::from_secs(1);
    let _handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    let (mut deaf, _) = broker.accept().await;
    deaf.connack(false, SUCCESS, &[]).await;
    // Held open and never read: 20 MB fit into no socket's buffers.
    let mut link = broker.welcome().await;
    assert_eq!(link.take_over(100).await.len(), 100);
    drop(deaf);
}

/// How a line treats what passes through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Sound,
    /// A few bytes at a time.
    Slow,
    /// Nothing comes through any more, and nobody is told.
    Cut,
}

/// A line to a broker; a connection that was cut stays so, a later one is as the line is then.
async fn line(to_port: u16, state: watch::Receiver<Line>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let Ok(far) = TcpStream::connect(("127.0.0.1", to_port)).await else { continue };
            let (near_reader, near_writer) = near.into_split();
            let (far_reader, far_writer) = far.into_split();
            tokio::spawn(carry(near_reader, far_writer, state.clone()));
            tokio::spawn(carry(far_reader, near_writer, state.clone()));
        }
    });
    port
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut state: watch::Receiver<Line>,
) {
    let mut bytes = [0; 4096];
    let mut delay = tokio::time::interval(Duration::from_millis(1));
    state.borrow_and_update();
    loop {
        let now = *state.borrow();
        let room = if now == Line::Slow { 48 } else { bytes.len() };
        let read = tokio::select! {
            read = from.read(&mut bytes[..room]) => read,
            () = until_cut(&mut state) => std::future::pending().await,
        };
        if now == Line::Slow {
            delay.tick().await;
        }
        match read {
            Ok(1..) if to.write_all(&bytes[..read.unwrap_or(0)]).await.is_ok() => {}
            _ => return,
        }
    }
}

async fn until_cut(state: &mut watch::Receiver<Line>) {
    // A test that is over has no line any more.
    let _is_cut = state.wait_for(|line| *line == Line::Cut).await.is_ok();
}

#[tokio::test]
async fn a_line_that_is_cut_without_a_word_or_slow_loses_nothing() {
    let site = Site::new();
    let _broker = site.start(false).await;
    let (_subscriber, mut lines) = site.subscribe(&[]).await;
    let (state, line_is) = watch::channel(Line::Sound);
    let port = line(site.tls_port, line_is).await;
    let (_folder, ledger) = ledger();
    let mut settings = site.settings(port);
    settings.ack_timeout = Duration::from_millis(700);
    settings.connect_timeout = Duration::from_secs(1);
    fill(&ledger, 0..300);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    let mut seen = Seen::default();
    seen.read_until(&mut lines, 50).await;
    state.send_replace(Line::Cut);
    fill(&ledger, 300..600);
    handle.waker().wake();
    within("the cut is found out", async {
        let mut health = handle.health();
        health.wait_for(|now| now.trouble.is_some()).await.unwrap();
    })
    .await;
    state.send_replace(Line::Sound);
    seen.read_until(&mut lines, 600).await;
    state.send_replace(Line::Slow);
    fill(&ledger, 600..660);
    handle.waker().wake();
    seen.read_until(&mut lines, 660).await;
    assert_eq!(within("shutdown", handle.shutdown(GRACE)).await.unwrap().left, 0);
}

#[tokio::test]
async fn a_broker_that_answers_slowly_but_steadily_keeps_its_connection() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[("a", "1"), ("a", "2"), ("a", "3"), ("a", "4")]);
    let mut settings = eager(broker.address());
    settings.ack_timeout = Duration::from_secs(1);
    let _handle = Publisher::spawn(settings, ledger, StatusBoard::default(), None).unwrap();
    let mut link = broker.welcome().await;
    // The last answer comes after twice the time that one of them may take.
    let mut pace = tokio::time::interval(Duration::from_millis(500));
    for message in link.published_many(4).await {
        pace.tick().await;
        link.puback(message.packet_id, SUCCESS).await;
    }
    pace.tick().await;
    assert!(!broker.has_caller().await, "the connection was given up");
}
