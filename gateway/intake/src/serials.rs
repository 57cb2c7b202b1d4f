//! The serial numbers of a device's messages: what it sends again is taken once.

use std::collections::VecDeque;

use scene::{CaptureTime, Reading, SignalKind};

use crate::receipt::Settlement;

/// This many of a device's latest messages are remembered. A device repeats what it could not send
/// while it was cut off, or its latest events at each connection: some dozens.
const REMEMBERED: usize = 256;

/// The latest messages of one device. Keep it over the device's connections.
#[derive(Debug, Clone, Default)]
pub(crate) struct Serials(VecDeque<(Identity, Settlement)>);

/// What makes a message the same as another one.
///
/// A device that was reset counts from 1 again, so the time that the device itself gives belongs to it.
/// Some devices always write the same number, or count for each door, and give whole seconds: so what
/// is said belongs to it too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Identity {
    pub(crate) serial: u64,
    pub(crate) device_time: Option<CaptureTime>,
    pub(crate) point: Box<str>,
    pub(crate) kind: SignalKind,
    pub(crate) reading: Reading,
}

impl Serials {
    /// What becomes of the message as it was taken before. None if it is new, or lost since.
    pub(crate) fn before(&mut self, identity: &Identity) -> Option<Settlement> {
        self.0.retain(|(taken, settlement)| taken != identity || !settlement.is_lost());
        let before = self.0.iter().find(|(taken, _)| taken == identity);
        before.map(|(_, settlement)| settlement.clone())
    }

    /// A message was taken. It is forgotten if what it told is lost, so that it can be told again.
    pub(crate) fn take(&mut self, identity: Identity, settlement: Settlement) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((identity, settlement));
    }
}

#[cfg(test)]
mod tests {
    use scene::{CaptureTime, Reading, SignalKind, SignalValue};

    use super::{Identity, REMEMBERED, Serials};
    use crate::receipt::pair;

    fn identity(serial: u64, micros: i64) -> Identity {
        Identity {
            serial,
            device_time: Some(CaptureTime::from_unix_micros(micros)),
            point: "door-1".into(),
            kind: SignalKind::Tamper,
            reading: Reading::Good(SignalValue::Flag(true)),
        }
    }

    fn is_taken(serials: &mut Serials, identity: Identity) -> bool {
        let is_new = serials.before(&identity).is_none();
        if is_new {
            let (receipt, voucher) = pair();
            serials.take(identity, receipt.settlement());
            voucher.kept();
        }
        is_new
    }

    #[test]
    fn a_message_is_new_once_and_a_reset_device_is_heard() {
        let mut serials = Serials::default();
        let mut is_taken = |serial, micros| is_taken(&mut serials, identity(serial, micros));
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
            Identity { point: "door-2".into(), ..first.clone() },
            Identity { kind: SignalKind::DoorContact, ..first.clone() },
            Identity { reading: Reading::Good(SignalValue::Flag(false)), ..first.clone() },
            Identity { device_time: None, ..first.clone() },
        ];
        for it in others.iter().chain([&first]) {
            assert!(is_taken(&mut serials, it.clone()), "{it:?}");
            assert!(!is_taken(&mut serials, it.clone()), "{it:?}");
        }
    }

    #[test]
    fn a_message_whose_signal_is_lost_may_be_told_again() {
        let mut serials = Serials::default();
        let (receipt, voucher) = pair();
        serials.take(identity(7, 1), receipt.settlement());
        assert!(serials.before(&identity(7, 1)).is_some_and(|it| it.receipt().is_some()));
        drop(voucher);
        assert!(serials.before(&identity(7, 1)).is_none());
        assert!(is_taken(&mut serials, identity(7, 1)));
        let kept = serials.before(&identity(7, 1));
        assert!(kept.is_some_and(|it| it.receipt().is_none()), "now it is kept");
    }
}
