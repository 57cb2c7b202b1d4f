//! Events of devices that give them no serial number: what is sent again at the next connection is known
//! by what it says.

use std::collections::VecDeque;

use scene::CaptureTime;

use crate::digest::digest;

/// Events of one connection that are remembered.
const REMEMBERED: usize = 256;
/// A clock that shows an earlier time was never set, and may stand still: 2020-01-01.
const EARLIEST: CaptureTime = CaptureTime::from_unix_micros(1_577_836_800_000_000);

/// The events of one connection. Make a new one for the next.
#[derive(Debug, Default)]
pub(crate) struct Unnumbered(VecDeque<(u64, u64)>);

impl Unnumbered {
    /// A number for an event that says `content` at `device_time`: the same for the same event of
    /// another connection. Two equal events of one connection are two.
    ///
    /// None if the clock is of no use. Then the event is taken, even if it comes twice: two events
    /// cannot be told from one, and none may be lost.
    pub(crate) fn number(
        &mut self,
        content: &[&[u8]],
        device_time: Option<CaptureTime>,
    ) -> Option<u64> {
        let device_time = device_time.filter(|time| *time >= EARLIEST)?;
        let time = device_time.unix_micros().to_be_bytes();
        let event = digest(&[&[&time as &[u8]], content].concat());
        let before = self.0.iter().filter(|(it, _)| *it == event).count() as u64;
        if self.0.len() >= REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((event, before));
        // No serial number of a device is that large.
        Some(digest(&[&event.to_be_bytes(), &before.to_be_bytes()]) | 1 << 63)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_event_of_another_connection_has_the_same_number() {
        let at = Some(EARLIEST);
        let mut first = Unnumbered::default();
        let numbers =
            [first.number(&[b"a"], at), first.number(&[b"a"], at), first.number(&[b"b"], at)];
        assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2] && numbers[0].is_some());
        // It is kept over restarts and updates.
        assert_eq!(numbers[0], Some(11_353_398_483_081_745_338));
        let mut second = Unnumbered::default();
        assert_eq!(second.number(&[b"b"], at), numbers[2]);
        assert_eq!([second.number(&[b"a"], at), second.number(&[b"a"], at)], numbers[..2]);
        assert_eq!(second.number(&[b"a"], Some(CaptureTime::from_unix_micros(7))), None);
        assert_eq!(second.number(&[b"a"], None), None);
    }
}
