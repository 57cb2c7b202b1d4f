//! The serial numbers of a device's messages: what it sends again is taken once.

use std::collections::VecDeque;

use scene::CaptureTime;

use crate::receipt::Loss;

/// This many of a device's latest messages are remembered. A device repeats what it could not send
/// while it was cut off, or its latest events at each connection: some dozens.
const REMEMBERED: usize = 256;

/// The latest messages of one device. Keep it over the device's connections.
#[derive(Debug, Clone, Default)]
pub struct Serials(VecDeque<Taken>);

/// A message that was taken. A device that was reset counts from 1 again, so the time that the
/// device itself gives belongs to a message's identity.
#[derive(Debug, Clone)]
struct Taken {
    serial: u64,
    device_time: CaptureTime,
    loss: Loss,
}

impl Serials {
    /// Whether a message is new: not taken before, or lost since.
    pub fn is_new(&mut self, serial: u64, device_time: CaptureTime) -> bool {
        let is_it = |taken: &Taken| (taken.serial, taken.device_time) == (serial, device_time);
        self.0.retain(|taken| !(is_it(taken) && taken.loss.is_certain()));
        !self.0.iter().any(is_it)
    }

    /// A message was taken. It is forgotten if what it told is lost, so that it can be told again.
    pub(crate) fn take(&mut self, serial: u64, device_time: CaptureTime, loss: Loss) {
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Taken { serial, device_time, loss });
    }
}

#[cfg(test)]
mod tests {
    use scene::CaptureTime;

    use super::{REMEMBERED, Serials};
    use crate::receipt::{Loss, pair};

    #[test]
    fn a_message_is_new_once_and_a_reset_device_is_heard() {
        let at = CaptureTime::from_unix_micros;
        let mut serials = Serials::default();
        let mut is_taken = |serial, time| {
            let is_new = serials.is_new(serial, time);
            if is_new {
                serials.take(serial, time, Loss::default());
            }
            is_new
        };
        assert!(is_taken(7, at(1)) && is_taken(8, at(1)));
        assert!(!is_taken(7, at(1)), "sent again after a reconnection");
        assert!(is_taken(7, at(2)), "counted from the beginning after a reset");
        (100..200 + REMEMBERED as u64).for_each(|serial| assert!(is_taken(serial, at(3))));
        assert_eq!(serials.0.len(), REMEMBERED, "memory is bounded");
    }

    #[test]
    fn a_message_whose_signal_is_lost_may_be_told_again() {
        let at = CaptureTime::from_unix_micros(1);
        let mut serials = Serials::default();
        let (receipt, voucher) = pair();
        serials.take(7, at, receipt.loss());
        assert!(!serials.is_new(7, at));
        drop(voucher);
        assert!(serials.is_new(7, at));
        let (receipt, voucher) = pair();
        serials.take(7, at, receipt.loss());
        voucher.kept();
        assert!(!serials.is_new(7, at), "now it is kept");
    }
}
