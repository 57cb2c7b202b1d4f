//! What is taken once, what is taken again, and what is kept for the next run.

use scene::{CaptureTime, Reading, SignalKind, SignalValue};

use super::{Identity, REMEMBERED, Serials};
use crate::receipt::{Voucher, pair};

fn identity(serial: u64, micros: i64) -> Identity<'static> {
    Identity {
        serial,
        device_time: Some(CaptureTime::from_unix_micros(micros)),
        point: "door-1",
        kind: SignalKind::Tamper,
        reading: Reading::Good(SignalValue::Flag(true)),
    }
}

fn post(serials: &mut Serials, identity: &Identity<'_>) -> Voucher {
    let (receipt, voucher) = pair();
    serials.take(identity.digest(), receipt.settlement());
    voucher
}

fn is_taken(serials: &mut Serials, identity: &Identity<'_>) -> bool {
    let is_new = serials.before(identity.digest()).is_none();
    if is_new {
        post(serials, identity).kept();
    }
    is_new
}

#[test]
fn a_message_is_new_once_and_a_reset_device_is_heard() {
    let mut serials = Serials::default();
    let mut is_taken = |serial, micros| is_taken(&mut serials, &identity(serial, micros));
    assert!(is_taken(7, 1) && is_taken(8, 1));
    assert!(!is_taken(7, 1), "sent again after a reconnection");
    assert!(is_taken(7, 2), "counted from the beginning after a reset");
    (100..200 + REMEMBERED as u64).for_each(|serial| assert!(is_taken(serial, 3)));
    assert_eq!(serials.0.len(), REMEMBERED, "memory is bounded");
}

#[test]
fn what_else_is_said_under_the_same_number_is_new() {
    let mut serials = Serials::default();
    let first = identity(1, 1);
    let others = [
        Identity { point: "door-2", ..first.clone() },
        Identity { kind: SignalKind::DoorContact, ..first.clone() },
        Identity { reading: Reading::Good(SignalValue::Flag(false)), ..first.clone() },
        Identity { reading: Reading::Uncertain(SignalValue::Flag(true)), ..first.clone() },
        Identity { reading: Reading::Bad, ..first.clone() },
        Identity { device_time: None, ..first.clone() },
    ];
    for it in others.iter().chain([&first]) {
        assert!(is_taken(&mut serials, it), "{it:?}");
        assert!(!is_taken(&mut serials, it), "{it:?}");
    }
}

#[test]
fn a_message_whose_signal_is_lost_may_be_told_again() {
    let mut serials = Serials::default();
    let it = identity(7, 1);
    let voucher = post(&mut serials, &it);
    assert!(serials.before(it.digest()).is_some_and(|it| it.receipt().is_some()));
    drop(voucher);
    assert!(serials.before(it.digest()).is_none());
    assert!(is_taken(&mut serials, &it));
    let kept = serials.before(it.digest());
    assert!(kept.is_some_and(|it| it.receipt().is_none()), "now it is kept");
}

#[test]
fn what_waits_for_an_answer_is_not_forgotten_in_a_flood() {
    let mut serials = Serials::default();
    let first = identity(1, 1);
    let waiting = post(&mut serials, &first);
    (0..2 * REMEMBERED as u64)
        .for_each(|serial| assert!(is_taken(&mut serials, &identity(serial, 2))));
    assert!(serials.before(first.digest()).is_some_and(|it| it.receipt().is_some()));
    waiting.kept();
    assert!(serials.before(first.digest()).is_some_and(|it| it.receipt().is_none()));
    assert!(serials.before(identity(7, 2).digest()).is_none(), "that was long ago");
}

#[test]
fn the_next_run_knows_what_the_rules_have_heard_and_nothing_else() {
    let mut serials = Serials::default();
    let [kept, judged, waiting, lost] = [1, 2, 3, 4].map(|serial| identity(serial, 1));
    assert!(is_taken(&mut serials, &kept));
    let (heard, unheard) = (post(&mut serials, &judged), post(&mut serials, &waiting));
    heard.judged();
    let gone = post(&mut serials, &lost);
    gone.judged();
    drop(gone);
    assert_eq!(serials.judged().collect::<Vec<_>>(), [kept.digest(), judged.digest()]);
    let mut next = Serials::of(serials.judged());
    drop((heard, unheard));
    for (it, is_new) in [(kept, false), (judged, false), (waiting, true), (lost, true)] {
        assert_eq!(is_taken(&mut next, &it), is_new, "{it:?}");
    }
}
