//! The serial numbers of a device's messages: what it sends again is taken once.

use std::collections::VecDeque;

use scene::CaptureTime;

/// This many of a device's latest messages are remembered. A device repeats what it could not send
/// while it was cut off, or its latest events at each connection: some dozens.
const REMEMBERED: usize = 256;

/// The latest messages of one device. Keep it over the device's connections.
#[derive(Debug, Clone, Default)]
pub struct Serials(VecDeque<(u64, CaptureTime)>);

impl Serials {
    /// Whether a message is new. A device that was reset counts from 1 again, so the time that the
    /// device itself gives belongs to a message's identity.
    pub fn is_new(&mut self, serial: u64, device_time: CaptureTime) -> bool {
        let message = (serial, device_time);
        if self.0.contains(&message) {
            return false;
        }
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(message);
        true
    }

    /// A message that was new was not kept: it is new again.
    pub fn forget(&mut self, serial: u64, device_time: CaptureTime) {
        self.0.retain(|message| *message != (serial, device_time));
    }
}

#[cfg(test)]
mod tests {
    use scene::CaptureTime;

    use super::{REMEMBERED, Serials};

    #[test]
    fn a_message_is_new_once_and_a_reset_device_is_heard() {
        let at = CaptureTime::from_unix_micros;
        let mut serials = Serials::default();
        assert!(serials.is_new(7, at(1)) && serials.is_new(8, at(1)));
        assert!(!serials.is_new(7, at(1)), "sent again after a reconnection");
        serials.forget(7, at(1));
        assert!(serials.is_new(7, at(1)), "it was not kept");
        assert!(serials.is_new(7, at(2)), "counted from the beginning after a reset");
        for serial in 100.. {
            assert!(serials.is_new(serial, at(3)));
            if serial > 100 + REMEMBERED as u64 {
                break;
            }
        }
        assert_eq!(serials.0.len(), REMEMBERED, "memory is bounded");
    }
}
