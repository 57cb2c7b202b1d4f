//! A slow broker, and a slow disk of ours: late is no reason to begin again and again.

use std::time::Duration;

use ledger::LedgerError;

use super::wire::{SUCCESS, ScriptedBroker};
use super::{hasty, health_where, ledger, record, until};
use crate::inbox::{Inbox, Incoming};
use crate::{Publisher, StatusBoard};

const TOPIC: &str = "evt/fire";
const CASE: &[u8] = b"cg/v1/a/b/c/gw-01/case/a-1";
const QOS_1: u8 = 0x32;

/// Takes as long over each message as a disk that others use.
struct SlowDisk;

impl Inbox for SlowDisk {
    fn take(&mut self, _message: &Incoming<'_>) -> Result<(), LedgerError> {
        std::thread::sleep(Duration::from_millis(60));
        Ok(())
    }
}

#[tokio::test]
async fn an_answer_that_lies_unread_while_the_disk_is_slow_is_not_late() {
    let broker = ScriptedBroker::listen().await;
    let (_folder, ledger) = ledger();
    record(&ledger, &[(TOPIC, "only")]);
    let mut settings = hasty(broker.address());
    settings.ack_timeout = Duration::from_millis(300);
    let inbox: Option<Box<dyn Inbox>> = Some(Box::new(SlowDisk));
    let _handle =
        Publisher::spawn(settings, ledger.clone(), StatusBoard::default(), inbox).unwrap();
    let (mut link, _) = broker.accept().await;
    link.connack(false, SUCCESS, &[]).await;
    let (packet_id, _) = link.subscribe().await;
    link.suback(packet_id, &[1, 1]).await;
    assert!(link.take_over(1).await[0].contains("\"online\":true"));
    let row = link.published().await;
    // As many as the broker may send before the first of them is acknowledged: 0.96 s of the disk.
    for packet_id in 1..=16 {
        link.deliver(QOS_1, CASE, packet_id, "case").await;
    }
    // Long after they were read, and in time.
    tokio::time::sleep(Duration::from_millis(150)).await;
    link.puback(row.packet_id, SUCCESS).await;
    until("the row leaves", || ledger.depth().unwrap().messages == 0).await;
    for packet_id in 1..=16 {
        assert_eq!(link.acknowledged().await, packet_id);
    }
    assert!(!broker.has_caller().await, "the connection was given up");
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
