//! What sensors publish: acknowledged when it is kept and not before, while alerts go on.

use std::sync::{Arc, Mutex};

use tokio::sync::oneshot;

use super::inbox::diary;
use super::wire::{Link, SUCCESS, ScriptedBroker};
use super::{hasty, health_where, ledger, record, trouble};
use crate::{Hearers, Publisher, SensorInbox, StatusBoard, Taking};

const SENSOR: &[u8] = b"cg/v1/a/b/c/gw-01/in/smoke-1";
const CASE: &[u8] = b"cg/v1/a/b/c/gw-01/case/a-1";
const QOS_0: u8 = 0x30;
const QOS_1: u8 = 0x32;

/// Keeps a message when the test says so.
#[derive(Default)]
struct Shelf(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    filters: Vec<String>,
    taken: Vec<(String, Option<oneshot::Sender<()>>)>,
}

impl Shelf {
    fn heard_on(filters: &[&str]) -> Arc<Self> {
        let shelf = Self::default();
        shelf.hear_on(filters);
        Arc::new(shelf)
    }

    fn hear_on(&self, filters: &[&str]) {
        self.0.lock().unwrap().filters =
            filters.iter().map(|filter| format!("cg/v1/a/b/c/gw-01/{filter}")).collect();
    }

    fn keep(&self, text: &str) {
        let mut inner = self.0.lock().unwrap();
        let taken = inner.taken.iter_mut().find(|(taken, kept)| taken == text && kept.is_some());
        let (_, kept) = taken.unwrap_or_else(|| panic!("{text} was never taken"));
        kept.take().unwrap().send(()).unwrap();
    }

    fn taken(&self) -> Vec<String> {
        self.0.lock().unwrap().taken.iter().map(|(text, _)| text.clone()).collect()
    }
}

impl SensorInbox for Shelf {
    fn filters(&self) -> Vec<String> {
        self.0.lock().unwrap().filters.clone()
    }

    fn take(&self, topic: &str, payload: &[u8], _retained: bool) -> Option<Taking> {
        topic.contains("/in/").then(|| {
            let (kept, is_kept) = oneshot::channel();
            let text = String::from_utf8_lossy(payload).into_owned();
            self.0.lock().unwrap().taken.push((text, Some(kept)));
            let taking: Taking = Box::pin(async { is_kept.await.unwrap() });
            taking
        })
    }
}

/// The next connection up to the birth; the centre is heard, and sensors on `filters`.
async fn heard(broker: &ScriptedBroker, filters: &[&str]) -> Link {
    let (mut link, _) = broker.accept().await;
    link.connack(true, SUCCESS, &[]).await;
    let (packet_id, _) = link.subscribe().await;
    link.suback(packet_id, &[1, 1]).await;
    if !filters.is_empty() {
        subscribed(&mut link, filters).await;
    }
    assert!(link.take_over(1).await[0].contains("\"online\":true"));
    link
}

async fn subscribed(link: &mut Link, filters: &[&str]) {
    let (packet_id, asked) = link.subscribe().await;
    let wanted: Vec<String> = filters.iter().map(|it| format!("cg/v1/a/b/c/gw-01/{it}")).collect();
    assert_eq!(asked, wanted);
    link.suback(packet_id, &vec![1; wanted.len()]).await;
}

#[tokio::test]
async fn alerts_go_on_while_a_sensor_waits_and_acknowledgements_keep_their_order() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let ((inbox, lines), shelf) = (diary(&ledger), Shelf::heard_on(&["in/+"]));
    let handle = Publisher::spawn_with_sensors(
        hasty(broker.address()),
        ledger.clone(),
        StatusBoard::default(),
        Hearers { inbox, sensors: Some(shelf.clone()) },
    )
    .unwrap();
    let mut link = heard(&broker, &["in/+"]).await;
    for (packet_id, text) in [(1, "one"), (2, "two")] {
        link.deliver(QOS_1, SENSOR, packet_id, text).await;
    }
    link.deliver(QOS_1, CASE, 3, "case").await;
    link.deliver(QOS_0, SENSOR, 0, "three").await;
    super::until("all are under way at once", || shelf.taken() == ["one", "two", "three"]).await;
    record(&ledger, &[("evt", "alert")]);
    handle.waker().wake();
    assert_eq!(link.take_over(1).await, ["alert"], "nobody waits for a sensor");
    shelf.keep("two");
    assert_eq!(lines.try_iter().count(), 0, "the case waits for its turn");
    shelf.keep("one");
    for packet_id in 1..=3 {
        assert_eq!(link.acknowledged().await, packet_id);
    }
    assert_eq!(lines.recv().unwrap(), r#"case/a-1 "case" false"#);
    assert_eq!(link.take_over(1).await, ["answer to case"]);
}

#[tokio::test]
async fn a_message_that_was_not_kept_comes_again_on_the_next_connection() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let shelf = Shelf::heard_on(&["in/+"]);
    let _handle = Publisher::spawn_with_sensors(
        hasty(broker.address()),
        ledger.clone(),
        StatusBoard::default(),
        Hearers { inbox: diary(&ledger).0, sensors: Some(shelf.clone()) },
    )
    .unwrap();
    let mut link = heard(&broker, &["in/+"]).await;
    link.deliver(QOS_1, SENSOR, 9, "smoke").await;
    super::until("it is taken", || shelf.taken() == ["smoke"]).await;
    drop(link);
    let mut link = heard(&broker, &["in/+"]).await;
    link.deliver(QOS_1, SENSOR, 9, "smoke").await;
    super::until("it is taken again", || shelf.taken().len() == 2).await;
    assert!(shelf.0.lock().unwrap().taken[0].1.take().unwrap().is_closed(), "nobody waits for it");
    shelf.keep("smoke");
    assert_eq!(link.acknowledged().await, 9);
}

#[tokio::test]
async fn sensors_that_come_later_are_subscribed_to_and_a_denial_names_what_is_missing() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    let shelf = Shelf::heard_on(&[]);
    let handle = Publisher::spawn_with_sensors(
        hasty(broker.address()),
        ledger.clone(),
        StatusBoard::default(),
        Hearers { inbox: diary(&ledger).0, sensors: Some(shelf.clone()) },
    )
    .unwrap();
    let mut link = heard(&broker, &[]).await;
    shelf.hear_on(&["in/+"]);
    handle.waker().wake();
    let (packet_id, _) = link.subscribe().await;
    link.suback(packet_id, &[0x87]).await;
    let text = trouble(handle.health()).await;
    assert!(text.contains("gw-01/in/+") && text.contains("sensors publish does not"), "{text}");
    subscribed(&mut link, &["in/+"]).await;
    health_where(handle.health(), "heard", |now| now.trouble.is_none()).await;
}
