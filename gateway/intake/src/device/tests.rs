//! What becomes of what a device tells.

use std::sync::Arc;
use std::time::Duration;

use scene::{CaptureTime, ClockSource, DoorEvent, Reading, SignalKind, SignalValue};

use super::{Device, Told};
use crate::mailbox::Mailbox;
use scene::DEVICE_POINT;
use tokio::time::timeout;

fn secs(secs: i64) -> CaptureTime {
    CaptureTime::from_unix_micros(secs * 1_000_000)
}

fn forced(serial: Option<u64>, device_time: Option<CaptureTime>) -> Told<'static> {
    let reading = Reading::Good(SignalValue::Code(DoorEvent::ForcedOpen));
    Told { point: "door-1", kind: SignalKind::DoorEvent, reading, device_time, serial }
}

fn device() -> (Arc<Mailbox>, Device) {
    let mailbox = Arc::new(Mailbox::default());
    (Arc::clone(&mailbox), Device::new("panel-7", mailbox))
}

#[test]
fn an_event_that_is_sent_again_is_taken_once() {
    let (mailbox, mut panel) = device();
    assert!(panel.report(&forced(Some(7), Some(secs(10))), secs(12)).unwrap().is_some());
    panel.report(&forced(Some(7), Some(secs(10))), secs(90)).unwrap();
    assert!(panel.report(&forced(None, Some(secs(10))), secs(91)).unwrap().is_some());
    let counts = panel.health().get().counts;
    assert_eq!((counts.signals, counts.repeated, counts.messages), (2, 1, 3));
    assert_eq!(mailbox.take(Duration::ZERO).len(), 2);
}

#[tokio::test]
async fn an_event_that_is_sent_again_before_it_is_kept_waits_for_the_first() {
    for keeps in [true, false] {
        let (mailbox, mut panel) = device();
        let told = forced(Some(7), Some(secs(10)));
        let first = panel.report(&told, secs(12)).unwrap().unwrap();
        // The connection is lost.
        timeout(Duration::ZERO, first.is_kept()).await.unwrap_err();
        let again = panel.report(&told, secs(13)).unwrap().expect("it is not kept yet");
        let mut posted = mailbox.take(Duration::ZERO);
        assert_eq!(posted.len(), 1);
        let voucher = posted.remove(0).voucher;
        assert!(voucher.is_awaited());
        let third = panel.report(&told, secs(14)).unwrap().expect("it is not kept yet");
        timeout(Duration::ZERO, third.is_kept()).await.unwrap_err();
        if keeps {
            voucher.kept();
        } else {
            drop(voucher);
        }
        assert_eq!(again.is_kept().await, keeps);
        assert_eq!(panel.report(&told, secs(15)).unwrap().is_none(), keeps);
        assert_eq!(panel.health().get().counts.repeated, if keeps { 3 } else { 2 });
    }
}

#[test]
fn two_events_under_one_number_are_two() {
    let (mailbox, mut panel) = device();
    for device_time in [Some(secs(10)), None] {
        let told = forced(Some(1), device_time);
        let held = Reading::Good(SignalValue::Code(DoorEvent::HeldOpen));
        let others =
            [Told { point: "door-2", ..told.clone() }, Told { reading: held, ..told.clone() }];
        for it in others.iter().chain([&told]).chain(&others) {
            panel.report(it, secs(12)).unwrap();
        }
    }
    assert_eq!(mailbox.take(Duration::ZERO).len(), 6);
    assert_eq!(panel.health().get().counts.repeated, 4);
}

#[test]
fn an_event_that_was_lost_is_taken_when_it_is_sent_again() {
    let (mailbox, mut panel) = device();
    assert!(panel.report(&forced(Some(7), None), secs(12)).unwrap().is_some());
    drop(mailbox.take(Duration::ZERO)); // Whoever judges it ends before it is on disk.
    assert!(panel.report(&forced(Some(7), None), secs(13)).unwrap().is_some());
    mailbox.take(Duration::ZERO).into_iter().for_each(|posted| posted.voucher.kept());
    assert!(panel.report(&forced(Some(7), None), secs(14)).unwrap().is_none());
}

#[test]
fn a_clock_that_is_wrong_is_corrected_once_heartbeats_have_shown_it() {
    let (mailbox, mut panel) = device();
    (0..4).for_each(|beat| panel.beat(Some(secs(beat * 10)), secs(1_000_000 + beat * 10)));
    panel.report(&forced(None, Some(secs(33))), secs(1_000_040)).unwrap();
    assert_eq!(panel.health().get().offset_micros, Some(1_000_000_000_000));
    let posted = mailbox.take(Duration::ZERO);
    let last = &posted.last().unwrap().signal;
    assert_eq!(last.captured_at(), secs(1_000_033));
    assert_eq!(last.clock().source, ClockSource::SenderReport);
}

#[test]
fn signs_of_life_are_passed_on_now_and_then_even_if_the_clock_steps_back() {
    let (mailbox, mut panel) = device();
    for at in [0, 3, 9, 10, 11, 5, 6, 15] {
        panel.beat(None, secs(at));
    }
    let posted = mailbox.take(Duration::ZERO);
    let times: Vec<CaptureTime> = posted.iter().map(|it| it.signal.captured_at()).collect();
    assert_eq!(times, [0, 10, 5, 15].map(secs));
    assert!(posted.iter().all(|it| &*it.signal.source().point == DEVICE_POINT));
}

#[test]
fn a_value_that_cannot_be_is_named_and_counted() {
    let (mailbox, mut panel) = device();
    let reading = Reading::Good(SignalValue::Number(f64::NAN));
    let kind = SignalKind::Temperature;
    let told = Told { point: "cable-3", kind, reading, device_time: None, serial: None };
    let error = panel.report(&told, secs(1)).unwrap_err();
    assert!(error.to_string().contains("number in Cel"), "{error}");
    let health = panel.health().get();
    assert_eq!(health.counts.faulty, 1);
    assert!(health.latest_fault.unwrap().starts_with("point cable-3: "));
    assert!(mailbox.take(Duration::ZERO).is_empty());
}
