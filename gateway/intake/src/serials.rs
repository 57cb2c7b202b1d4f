//! The serial numbers of a device's messages: what it sends again is taken once.

use std::collections::VecDeque;

use scene::{CaptureTime, Reading, SignalKind};

use crate::digest::digest;
use crate::fate::Fate;
use crate::mailbox::CAPACITY;
use crate::receipt::Settlement;

/// This many of a device's latest messages are remembered. A device repeats what it could not send
/// while it was cut off, or its latest events at each connection: some dozens, or a thousand. Those that
/// still wait are never more: as many as the mailbox holds, and as many as are being judged.
const REMEMBERED: usize = 2 * CAPACITY;

/// The latest messages of one device, each by its [`Identity::digest`].
#[derive(Debug, Default)]
pub(crate) struct Serials(VecDeque<(u64, Fate)>);

/// What makes a message the same as another one.
///
/// A device that was reset counts from 1 again, so the time that the device itself gives belongs to it.
/// Some devices always write the same number, or count for each door, and give whole seconds: so what
/// is said belongs to it too.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Identity<'a> {
    pub(crate) serial: u64,
    pub(crate) device_time: Option<CaptureTime>,
    pub(crate) point: &'a str,
    pub(crate) kind: SignalKind,
    pub(crate) reading: Reading,
}

impl Identity<'_> {
    /// A number that stands for it.
    pub(crate) fn digest(&self) -> u64 {
        let Self { serial, device_time, point, kind, reading } = self;
        let time = device_time.map(|time| time.unix_micros().to_be_bytes());
        let quality: &[u8] = match reading {
            Reading::Good(_) => b"good",
            Reading::Uncertain(_) => b"uncertain",
            Reading::Bad => b"bad",
        };
        let value = reading.value().map(|value| value.to_string()).unwrap_or_default();
        digest(&[
            &serial.to_be_bytes(),
            time.as_ref().map_or(&[], |time| time.as_slice()),
            point.as_bytes(),
            kind.to_string().as_bytes(),
            quality,
            value.as_bytes(),
        ])
    }
}

impl Serials {
    /// Those that an earlier run kept, oldest first.
    pub(crate) fn of(kept: impl IntoIterator<Item = u64>) -> Self {
        let mut serials: VecDeque<_> = kept.into_iter().map(|it| (it, Fate::Kept)).collect();
        let beyond = serials.len().saturating_sub(REMEMBERED);
        serials.drain(..beyond);
        Self(serials)
    }

    /// Those that the rules have heard, oldest first.
    pub(crate) fn judged(&self) -> impl Iterator<Item = u64> {
        self.0.iter().filter(|(_, fate)| fate.is_judged()).map(|(identity, _)| *identity)
    }

    /// What becomes of the message as it was taken before. None if it is new, or lost since.
    pub(crate) fn before(&mut self, identity: u64) -> Option<Fate> {
        self.0.retain_mut(|(_, fate)| {
            fate.settle();
            !fate.is_lost()
        });
        let before = self.0.iter().find(|(taken, _)| *taken == identity);
        before.map(|(_, fate)| fate.clone())
    }

    /// A message was taken. It is forgotten if what it told is lost, so that it can be told again. Who
    /// waits for an answer is not forgotten for the sake of others.
    pub(crate) fn take(&mut self, identity: u64, settlement: Settlement) {
        if self.0.len() >= REMEMBERED {
            let is_over = |(_, fate): &(u64, Fate)| fate.is_judged() || fate.is_lost();
            let oldest = self.0.iter().position(is_over).unwrap_or(0);
            self.0.remove(oldest);
        }
        self.0.push_back((identity, Fate::Waits(settlement)));
    }
}

#[cfg(test)]
mod tests;
