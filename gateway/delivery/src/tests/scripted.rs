//! Delivery against a scripted broker: withheld and refused acknowledgements, lost sessions,
//! broken connections, nonsense. Nothing is lost, nothing is sent twice without need, and the
//! order within a topic holds.

use std::time::Duration;

use super::wire::{NO_MATCHING_SUBSCRIBERS, NOT_AUTHORIZED, Published, SUCCESS, ScriptedBroker};
use super::{hasty, health_where, ledger, record, step, trouble, until, within};
use crate::{DeviceState, DeviceStatus, Publisher, StatusBoard};

const TOPIC: &str = "evt/fire";
const GRACE: Duration = Duration::from_secs(30);

fn numbered(count: usize) -> Vec<(&'static str, String)> {
    (0..count).map(|number| (TOPIC, number.to_string())).collect()
}

fn borrowed<'a>(messages: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    messages.iter().map(|(topic, payload)| (*topic, payload.as_str())).collect()
}

fn payloads(published: &[Published]) -> Vec<&str> {
    published.iter().map(|message| message.payload.as_str()).collect()
}

/// A connection that breaks in the middle of a window: the next one begins at the oldest message
/// not taken over, and the client library adds nothing of its own.
async fn drop_mid_window(session_present: bool) {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &borrowed(&numbered(9)));
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();

    let mut link = broker.welcome().await;
    let first = link.published_many(4).await;
    assert_eq!(payloads(&first), ["0", "1", "2", "3"]);
    link.puback(first[0].packet_id, SUCCESS).await;
    link.puback(first[1].packet_id, NO_MATCHING_SUBSCRIBERS).await;
    assert_eq!(payloads(&link.published_many(2).await), ["4", "5"]);
    drop(link);

    let mut link = broker.welcome_with(session_present, &[]).await;
    let again = link.published_many(4).await;
    assert_eq!(payloads(&again), ["2", "3", "4", "5"]);
    assert!(again.iter().all(|message| !message.dup), "a new session knows no duplicates");
    for message in &again {
        link.puback(message.packet_id, SUCCESS).await;
    }
    assert_eq!(link.take_over(3).await, ["6", "7", "8"]);

    let script = async {
        let farewell = link.published().await;
        link.puback(farewell.packet_id, SUCCESS).await;
        assert_eq!(link.packet().await.unwrap().0, 0xe0, "DISCONNECT");
    };
    let (drained, ()) = tokio::join!(handle.shutdown(GRACE), script);
    assert_eq!(drained.unwrap().left, 0);
    assert_eq!(ledger.depth().unwrap().messages, 0);
}

#[tokio::test]
async fn a_broker_that_forgot_the_session_gets_everything_from_the_oldest_row() {
    drop_mid_window(false).await;
}

#[tokio::test]
async fn a_broker_that_kept_the_session_gets_the_same() {
    drop_mid_window(true).await;
}

#[tokio::test]
async fn withheld_acknowledgements_renew_the_connection_and_keep_the_message() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[(TOPIC, "only")]);
    let mut settings = hasty(broker.address());
    settings.ack_timeout = Duration::from_millis(100);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    for _ in 0..3 {
        let mut silent = broker.welcome().await;
        assert_eq!(silent.published().await.payload, "only");
        assert_eq!(silent.packet().await, None, "closed by the gateway");
        assert_eq!(ledger.depth().unwrap().messages, 1);
    }
    let mut link = broker.welcome().await;
    assert_eq!(link.take_over(1).await, ["only"]);
    health_where(handle.health(), "delivering", |now| now.trouble.is_none()).await;
}

#[tokio::test]
async fn a_refused_topic_waits_in_order_while_others_flow_on_the_same_connection() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[("a", "a1"), ("b", "b1"), ("a", "a2"), ("b", "b2")]);
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let mut link = broker.welcome().await;
    let first = link.published_many(4).await;
    assert_eq!(payloads(&first), ["a1", "b1", "a2", "b2"]);
    // a2 overtakes a1: it must come again behind it.
    for (message, reason) in first.iter().zip([NOT_AUTHORIZED, SUCCESS, SUCCESS, SUCCESS]) {
        link.puback(message.packet_id, reason).await;
    }
    let text = trouble(handle.health()).await;
    assert!(
        text.contains(
            "refuses a: it does not allow this gateway to do that [MQTT 5: Not authorized, 0x87]"
        ),
        "{text}"
    );

    // Refused again, and again: no storm of connections, order kept, new topics flow.
    for _ in 0..3 {
        let again = link.published_many(2).await;
        assert_eq!(payloads(&again), ["a1", "a2"]);
        link.puback(again[0].packet_id, NOT_AUTHORIZED).await;
        link.puback(again[1].packet_id, NOT_AUTHORIZED).await;
    }
    assert!(!broker.has_caller().await);
    assert_eq!(link.take_over(2).await, ["a1", "a2"]);
    record(&ledger, &[("a", "a3")]);
    handle.waker().wake();
    assert_eq!(link.take_over(1).await, ["a3"]);
    health_where(handle.health(), "delivering", |now| now.trouble.is_none()).await;
}

#[tokio::test]
async fn a_message_too_large_for_the_broker_is_set_aside_and_the_others_flow() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let large = "x".repeat(300);
    let fits = "y".repeat(200 - 2 - 2 - TOPIC.len() - 2 - 1 - 1);
    record(&ledger, &[(TOPIC, "before"), (TOPIC, &large), (TOPIC, &fits), (TOPIC, "after")]);
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let packet_limit = [0x27, 0, 0, 0, 200]; // Maximum Packet Size: 200 bytes
    let mut link = broker.welcome_with(false, &packet_limit).await;
    assert_eq!(link.take_over(3).await, ["before", fits.as_str(), "after"]);
    let text = trouble(handle.health()).await;
    assert!(text.contains("message 2 is too large"), "{text}");
    // Flows on over the same connection, and gets the large one once the limit is raised.
    record(&ledger, &[(TOPIC, "later")]);
    handle.waker().wake();
    assert_eq!(link.take_over(1).await, ["later"]);
    drop(link);
    let mut link = broker.welcome().await;
    assert_eq!(link.take_over(1).await, [large]);
}

#[tokio::test]
async fn an_alert_with_a_message_too_large_waits_as_a_whole_and_holds_no_other() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let large = "x".repeat(300);
    let steps = [
        step("a", 1, TOPIC, "a1"),
        step("a", 2, TOPIC, &large),
        step("b", 1, TOPIC, "b1"),
        step("a", 3, TOPIC, "a3"),
        step("b", 2, TOPIC, "b2"),
    ];
    ledger.record(&steps, None).unwrap();
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let packet_limit = [0x27, 0, 0, 0, 200];
    let mut link = broker.welcome_with(false, &packet_limit).await;
    assert_eq!(link.take_over(3).await, ["a1", "b1", "b2"]);
    ledger.record(&[step("a", 4, TOPIC, "a4"), step("b", 3, TOPIC, "b3")], None).unwrap();
    handle.waker().wake();
    assert_eq!(link.take_over(1).await, ["b3"]);
    // A line that is cut before the gateway read its acknowledgements makes it send again.
    until("the other alert's messages leave", || ledger.depth().unwrap().messages == 3).await;
    drop(link);
    let mut link = broker.welcome().await;
    assert_eq!(link.take_over(3).await, [large.as_str(), "a3", "a4"]);
}

#[tokio::test]
async fn a_broker_that_takes_two_at_a_time_gets_two_at_a_time() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &borrowed(&numbered(4)));
    let _handle =
        Publisher::spawn(hasty(broker.address()), ledger, StatusBoard::default(), None).unwrap();
    let receive_maximum = [0x21, 0, 2];
    let mut link = broker.welcome_with(false, &receive_maximum).await;
    let mut waiting = link.published_many(2).await;
    // Answered in the wrong order, so that a packet id in use would come round.
    waiting.reverse();
    link.puback(waiting[0].packet_id, SUCCESS).await;
    link.puback(waiting[1].packet_id, SUCCESS).await;
    let next = link.published_many(2).await;
    assert_eq!(payloads(&next), ["2", "3"]);
}

#[tokio::test]
async fn nonsense_from_the_broker_costs_a_connection_and_no_message() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &borrowed(&numbered(2)));
    let _handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let (mut link, _) = broker.accept().await;
    link.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let (mut link, _) = broker.accept().await;
    link.raw(&[0x20, 0xff, 0xff, 0xff, 0xff, 0xff]).await; // a length that never ends
    let mut link = broker.welcome().await;
    link.puback(999, SUCCESS).await; // an answer to nothing
    let mut link = broker.welcome().await;
    link.published_many(2).await;
    link.raw(&[0xf0, 0]).await; // AUTH, never asked for
    // An acknowledgement right before nonsense still counts.
    let mut link = broker.welcome().await;
    let both = link.published_many(2).await;
    assert_eq!(payloads(&both), ["0", "1"]);
    let [high, low] = both[0].packet_id.to_be_bytes();
    link.raw(&[0x40, 2, high, low, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).await;
    let mut link = broker.welcome().await;
    assert_eq!(link.take_over(1).await, ["1"]);
}

#[tokio::test]
async fn a_refused_connection_tells_the_operator_why() {
    let broker = ScriptedBroker::listen().await;
    let (folder, ledger) = ledger();
    let password_file = folder.path().join("broker.password");
    std::fs::write(&password_file, "top secret \r\nchanged in May\n").unwrap();
    let mut settings = hasty(broker.address());
    settings.login = Some(crate::Login { username: "gw".into(), password_file });
    assert!(!format!("{settings:?}").contains("top secret"));
    let handle = Publisher::spawn(settings, ledger, StatusBoard::default(), None).unwrap();
    let (mut link, connect) = broker.accept().await;
    assert!(connect.ends_with(b"\x00\x0btop secret "), "the first line is CONNECT's last field");
    link.connack(false, 0x86, &[]).await;
    let text = trouble(handle.health()).await;
    assert!(
        text.contains("it does not know this user name with this password (user \"gw\""),
        "{text}"
    );
    assert!(text.contains("broker.password") && !text.contains("top secret"), "{text}");
}

#[tokio::test]
async fn status_topics_tell_birth_devices_and_end_on_every_connection() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let board = StatusBoard::default();
    let status = |state| DeviceStatus { state, reason: None, last_frame_at: None };
    board.post("cam-1", &status(DeviceState::Online));
    board.post("cam-2", &status(DeviceState::Offline));
    let handle = Publisher::spawn(hasty(broker.address()), ledger, board.clone(), None).unwrap();

    let (mut link, connect) = broker.accept().await;
    let text = String::from_utf8_lossy(&connect).into_owned();
    assert!(text.contains("cg/v1/a/b/c/gw-01/status"), "{text}");
    assert!(text.contains(r#"{"online":false,"reason":"lwt"}"#), "{text}");
    // Will flag, will QoS 1, will retain, no clean start (MQTT 5 §3.1.2.3).
    assert_eq!(connect[7], 0b0010_1100);
    link.connack(false, SUCCESS, &[]).await;
    let birth = link.published().await;
    assert_eq!(birth.topic, "cg/v1/a/b/c/gw-01/status");
    assert!(birth.retain);
    let json: serde_json::Value = serde_json::from_str(&birth.payload).unwrap();
    assert_eq!(json["online"], true);
    assert_eq!(json["schema"][0], "cg.alert/1");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    let session = json["session"].as_str().unwrap().to_owned();
    assert_eq!(session.len(), 36);
    link.puback(birth.packet_id, SUCCESS).await;

    let devices = link.published_many(2).await;
    assert_eq!(devices[0].topic, "cg/v1/a/b/c/gw-01/dev/cam-1/status");
    assert!(devices.iter().all(|message| message.retain));
    assert_eq!(payloads(&devices), [r#"{"status":"online"}"#, r#"{"status":"offline"}"#]);
    for message in &devices {
        link.puback(message.packet_id, SUCCESS).await;
    }
    board.post("cam-1", &status(DeviceState::Degraded));
    assert_eq!(link.take_over(1).await, [r#"{"status":"degraded"}"#]);
    drop(link);

    let (mut link, _) = broker.accept().await;
    link.connack(false, SUCCESS, &[]).await;
    let all = link.take_over(3).await;
    assert!(all[0].contains(&session), "one session for one run");
    assert_eq!(all[1..], [r#"{"status":"offline"}"#, r#"{"status":"degraded"}"#]);

    let script = async {
        assert_eq!(link.take_over(1).await, [r#"{"online":false,"reason":"shutdown"}"#]);
        assert_eq!(link.packet().await.unwrap().0, 0xe0, "DISCONNECT: the will is discarded");
    };
    let (drained, ()) = tokio::join!(handle.shutdown(GRACE), script);
    assert_eq!(drained.unwrap().left, 0);
}

#[tokio::test]
async fn shutdown_gives_up_at_its_deadline_and_at_once_without_a_broker() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &borrowed(&numbered(3)));
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let mut link = broker.welcome().await;
    let published = link.published_many(3).await;
    link.puback(published[0].packet_id, SUCCESS).await;
    let drained = within("shutdown", handle.shutdown(Duration::from_millis(200))).await.unwrap();
    assert_eq!(drained.left, 2);

    let address = broker.address();
    drop((link, broker));
    let mut settings = hasty(address);
    settings.reconnect_first = GRACE;
    settings.reconnect_cap = GRACE;
    let handle = Publisher::spawn(settings, ledger, StatusBoard::default(), None).unwrap();
    let text = trouble(handle.health()).await;
    assert!(text.contains("cannot reach mqtt://127.0.0.1"), "{text}");
    let begun_at = std::time::Instant::now();
    assert_eq!(within("shutdown", handle.shutdown(GRACE)).await.unwrap().left, 2);
    assert!(begun_at.elapsed() < GRACE / 2);
}

#[tokio::test]
async fn a_row_recorded_just_before_the_end_goes_before_the_goodbye() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[(TOPIC, "first")]);
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let mut link = broker.welcome().await;
    let first = link.published().await;
    // Not announced: as if the wake were still unread when the end is asked for.
    record(&ledger, &[(TOPIC, "last")]);
    let script = async {
        link.puback(first.packet_id, SUCCESS).await;
        assert_eq!(link.take_over(1).await, ["last"]);
        assert_eq!(link.take_over(1).await, [r#"{"online":false,"reason":"shutdown"}"#]);
    };
    let (drained, ()) = tokio::join!(handle.shutdown(GRACE), script);
    assert_eq!(drained.unwrap().left, 0);
}

#[tokio::test]
async fn trouble_with_the_ledger_ends_when_it_works_again() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[(TOPIC, "one")]);
    let handle =
        Publisher::spawn(hasty(broker.address()), ledger.clone(), StatusBoard::default(), None)
            .unwrap();
    let mut link = broker.welcome().await;
    let one = link.published().await;
    let browser = rusqlite::Connection::open(ledger.path()).unwrap();
    browser.execute_batch("BEGIN IMMEDIATE").unwrap();
    link.puback(one.packet_id, SUCCESS).await;
    let text = trouble(handle.health()).await;
    assert!(text.contains("another program keeps"), "{text}");
    browser.execute_batch("ROLLBACK").unwrap();
    health_where(handle.health(), "delivering", |now| now.trouble.is_none()).await;
    assert_eq!(ledger.depth().unwrap().messages, 0);
}
