//! A slow broker, and a slow disk of ours: late is no reason to begin again and again.

use std::time::Duration;

use ledger::{Ledger, LedgerError};

use super::wire::{Link, SUCCESS, ScriptedBroker};
use super::{hasty, health_where, ledger, record, until};
use crate::inbox::{Inbox, Incoming};
use crate::{Publisher, PublisherHandle, StatusBoard};

const TOPIC: &str = "evt/fire";
const CASE: &[u8] = b"cg/v1/a/b/c/gw-01/case/a-1";
const QOS_0: u8 = 0x30;
const QOS_1: u8 = 0x32;

/// Takes as long over each message as a disk that others use.
struct SlowDisk(Duration);

impl Inbox for SlowDisk {
    fn take(&mut self, _message: &Incoming<'_>) -> Result<(), LedgerError> {
        std::thread::sleep(self.0);
        Ok(())
    }
}

/// Delivery with an inbox on that disk, up to the birth.
async fn with_disk(take: Duration, row: &str) -> (ScriptedBroker, Site) {
    let broker = ScriptedBroker::listen().await;
    let (folder, ledger) = ledger();
    record(&ledger, &[(TOPIC, row)]);
    let mut settings = hasty(broker.address());
    settings.ack_timeout = Duration::from_millis(300);
    let inbox: Option<Box<dyn Inbox>> = Some(Box::new(SlowDisk(take)));
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
    let (mut link, _) = broker.accept().await;
    link.connack(false, SUCCESS, &[]).await;
    let (packet_id, _) = link.subscribe().await;
    link.suback(packet_id, &[1, 1]).await;
    assert!(link.take_over(1).await[0].contains("\"online\":true"));
    (broker, Site { _folder: folder, ledger, handle, link })
}

struct Site {
    _folder: tempfile::TempDir,
    ledger: Ledger,
    handle: PublisherHandle,
    link: Link,
}

#[tokio::test]
async fn an_answer_that_lies_unread_while_the_disk_is_slow_is_not_late() {
    // Sixteen messages, as many as may come before the first is acknowledged, or one alone that takes
    // longer than an answer may; and somebody wakes the publisher meanwhile, or nobody does.
    for (take_ms, messages, is_woken) in [(60, 16, false), (500, 1, false), (500, 1, true)] {
        let (broker, mut site) = with_disk(Duration::from_millis(take_ms), "only").await;
        let row = site.link.published().await;
        for packet_id in 1..=messages {
            site.link.deliver(QOS_1, CASE, packet_id, "case").await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        site.link.puback(row.packet_id, SUCCESS).await;
        if is_woken {
            site.handle.waker().wake();
        }
        until("the row leaves", || site.ledger.depth().unwrap().messages == 0).await;
        for packet_id in 1..=messages {
            assert_eq!(site.link.acknowledged().await, packet_id);
        }
        assert!(!broker.has_caller().await, "{take_ms} ms: the connection was given up");
    }
}

#[tokio::test]
async fn a_broker_that_sends_without_end_and_never_answers_is_left() {
    let (broker, mut site) = with_disk(Duration::ZERO, "only").await;
    assert_eq!(site.link.published().await.payload, "only");
    let flood = async {
        loop {
            site.link.deliver(QOS_0, CASE, 0, "case").await;
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        _next_connection = broker.accept() => {}
        () = flood => unreachable!(),
    }
    assert_eq!(site.ledger.depth().unwrap().messages, 1, "the row is kept");
}

#[tokio::test]
async fn a_broker_that_is_always_slower_than_it_may_be_gets_all_in_the_end() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[(TOPIC, "only")]);
    let mut settings = hasty(broker.address());
    settings.ack_timeout = Duration::from_millis(200);
    let handle = Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), None).unwrap();
    // 200, 400, and at last 800 ms.
    for connection in 1..=3 {
        let mut link = broker.welcome().await;
        let row = link.published().await;
        tokio::time::sleep(Duration::from_millis(600)).await;
        link.puback(row.packet_id, SUCCESS).await;
        if connection == 3 {
            until("the row leaves", || ledger.depth().unwrap().messages == 0).await;
            health_where(handle.health(), "delivering", |now| now.trouble.is_none()).await;
        }
    }
}
