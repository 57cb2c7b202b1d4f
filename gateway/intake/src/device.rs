//! One device over all of its connections: its clock, its serial numbers, and where its signals go.

use std::sync::Arc;
use std::time::Duration;

use scene::{
    CaptureTime, Clock, ClockSource, DEVICE_POINT, Reading, Signal, SignalError, SignalKind,
    SignalSource, SignalValue,
};

use crate::device_clock::DeviceClock;
use crate::health::{Counted, DeviceHealth};
use crate::mailbox::Mailbox;
use crate::receipt::Receipt;
use crate::serials::{Identity, Serials};

/// A sign of life is passed on at most this often; rules on silence wait for tens of seconds.
const BEAT_EVERY: Duration = Duration::from_secs(10);

/// One device. Its adapter owns it and keeps it over reconnections.
#[derive(Debug)]
pub struct Device {
    name: Arc<str>,
    mailbox: Arc<Mailbox>,
    health: DeviceHealth,
    clock: DeviceClock,
    serials: Serials,
    beaten_at: Option<CaptureTime>,
}

/// One thing that a device told.
#[derive(Debug, Clone, PartialEq)]
pub struct Told<'a> {
    /// The point, by its name in the configuration.
    pub point: &'a str,
    /// What it is about.
    pub kind: SignalKind,
    /// What it says, in the unit of its kind.
    pub reading: Reading,
    /// When, by the device's own clock; none if it does not say.
    pub device_time: Option<CaptureTime>,
    /// The number that the device gave to the message; none if it gives none.
    pub serial: Option<u64>,
}

impl Told<'_> {
    /// By what it is known if it is sent again.
    fn identity(&self) -> Option<Identity> {
        let Self { point, kind, reading, device_time, serial } = *self;
        Some(Identity { serial: serial?, device_time, point: point.into(), kind, reading })
    }
}

impl Device {
    /// A device that has not been heard yet. Its signals go to `mailbox`.
    #[must_use]
    pub fn new(name: &str, mailbox: Arc<Mailbox>) -> Self {
        Self {
            name: name.into(),
            mailbox,
            health: DeviceHealth::default(),
            clock: DeviceClock::default(),
            serials: Serials::default(),
            beaten_at: None,
        }
    }

    /// The same device, whose health goes on from before it was connected anew.
    #[must_use]
    pub fn with_health(self, health: DeviceHealth) -> Self {
        Self { health, ..self }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its health, shared with those who watch it.
    #[must_use]
    pub fn health(&self) -> DeviceHealth {
        self.health.clone()
    }

    /// The device showed that it is there: by a heartbeat, or by an answer to a poll. `device_time`
    /// is what its clock shows now, if it says so.
    pub fn beat(&mut self, device_time: Option<CaptureTime>, arrived_at: CaptureTime) {
        if let Some(device_time) = device_time {
            self.clock.measure(device_time, arrived_at);
        }
        self.hear(arrived_at);
        let is_due = |beaten_at: CaptureTime| {
            arrived_at < beaten_at || arrived_at.since(beaten_at) >= BEAT_EVERY
        };
        if self.beaten_at.is_none_or(is_due) {
            self.beaten_at = Some(arrived_at);
            let clock = Clock { source: ClockSource::Arrival, error_ms: None };
            let is_there = Reading::Good(SignalValue::Flag(true));
            let source = self.source(DEVICE_POINT);
            let beat = Signal::new(source, SignalKind::Heartbeat, is_there, arrived_at, clock);
            // A flag is always a heartbeat's value.
            drop(beat.map(|beat| self.mailbox.post(beat)));
        }
    }

    /// Passes on what the device told. If it had told that before, the receipt is that of the first
    /// time, and none once that is kept. What is lost is taken again.
    ///
    /// # Errors
    /// If the value cannot be one of its kind. It is counted and noted in the health.
    pub fn report(
        &mut self,
        told: &Told<'_>,
        arrived_at: CaptureTime,
    ) -> Result<Option<Receipt>, SignalError> {
        self.hear(arrived_at);
        let identity = told.identity();
        if let Some(before) = identity.as_ref().and_then(|it| self.serials.before(it)) {
            self.health.count(Counted::Repeated);
            return Ok(before.receipt());
        }
        let by_arrival = (arrived_at, Clock { source: ClockSource::Arrival, error_ms: None });
        let date = |device_time| self.clock.date(device_time, arrived_at);
        let (at, clock) = told.device_time.map_or(by_arrival, date);
        let signal = Signal::new(self.source(told.point), told.kind, told.reading, at, clock);
        let signal = signal.inspect_err(|error| {
            self.health.fault(&format!("point {}: {error}", told.point));
        })?;
        self.health.count(Counted::Signal);
        let receipt = self.mailbox.post(signal);
        if let Some(identity) = identity {
            self.serials.take(identity, receipt.settlement());
        }
        Ok(Some(receipt))
    }

    /// A message was not understood: which field, what was expected.
    pub fn fault(&self, fault: &str) {
        self.health.fault(fault);
    }

    /// Counts a message that leads to no signal.
    pub fn count(&self, what: Counted) {
        self.health.count(what);
    }

    fn hear(&self, arrived_at: CaptureTime) {
        self.health.count(Counted::Message);
        self.health.heard(arrived_at, self.clock.offset_micros().map(|(offset, _)| offset));
    }

    fn source(&self, point: &str) -> SignalSource {
        SignalSource { device: Arc::clone(&self.name), point: point.into() }
    }
}

#[cfg(test)]
mod tests;
