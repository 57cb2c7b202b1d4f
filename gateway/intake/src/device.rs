//! One device over all of its connections: its clock, its serial numbers, and where its signals go.

use std::sync::Arc;
use std::time::Duration;

use scene::{
    CaptureTime, Clock, ClockSource, DEVICE_POINT, Reading, Signal, SignalError, SignalKind,
    SignalSource, SignalValue,
};

use crate::device_memory::DeviceMemory;
use crate::facts::Fact;
use crate::fate::Fate;
use crate::health::{Counted, DeviceHealth};
use crate::mailbox::Mailbox;
use crate::receipt::Receipt;
use crate::refusal::{LoginMark, Refusal};
use crate::serials::Identity;

/// A sign of life is passed on at most this often; rules on silence wait for tens of seconds.
const BEAT_EVERY: Duration = Duration::from_secs(10);

/// One device. Its adapter owns it and keeps it over reconnections.
#[derive(Debug)]
pub struct Device {
    name: Arc<str>,
    mailbox: Arc<Mailbox>,
    health: DeviceHealth,
    memory: DeviceMemory,
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
    fn identity(&self) -> Option<u64> {
        let Self { point, kind, reading, device_time, serial } = *self;
        Some(Identity { serial: serial?, device_time, point, kind, reading }.digest())
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
            memory: DeviceMemory::default(),
            beaten_at: None,
        }
    }

    /// The same device, whose health goes on from before it was connected anew.
    #[must_use]
    pub fn with_health(self, health: DeviceHealth) -> Self {
        Self { health, ..self }
    }

    /// The same device, of which this is remembered.
    #[must_use]
    pub fn with_memory(self, memory: DeviceMemory) -> Self {
        Self { memory, ..self }
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
            self.memory.lock().clock.measure(device_time, arrived_at);
        }
        let offset = self.memory.lock().clock.offset_micros();
        self.hear(arrived_at, offset);
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
        self.report_with(told, None, arrived_at)
    }

    /// As [`Device::report`], of something that is so from then on.
    pub(crate) fn report_with(
        &self,
        told: &Told<'_>,
        fact: Option<Fact>,
        arrived_at: CaptureTime,
    ) -> Result<Option<Receipt>, SignalError> {
        // Held until all is noted: whoever saves what the rules have heard then finds it here.
        let mut memory = self.memory.lock();
        self.hear(arrived_at, memory.clock.offset_micros());
        let identity = told.identity();
        if let Some(before) = identity.and_then(|it| memory.serials.before(it)) {
            self.health.count(Counted::Repeated);
            let receipt = before.receipt();
            fact.into_iter().for_each(|fact| memory.facts.note(fact, before.clone()));
            return Ok(receipt);
        }
        let by_arrival = (arrived_at, Clock { source: ClockSource::Arrival, error_ms: None });
        let date = |device_time| memory.clock.date(device_time, arrived_at);
        let (at, clock) = told.device_time.map_or(by_arrival, date);
        let signal = Signal::new(self.source(told.point), told.kind, told.reading, at, clock);
        let signal = signal.inspect_err(|error| {
            self.health.fault(&format!("point {}: {error}", told.point));
        })?;
        self.health.count(Counted::Signal);
        let receipt = self.mailbox.post(signal);
        if let Some(identity) = identity {
            memory.serials.take(identity, receipt.settlement());
        }
        if let Some(fact) = fact {
            memory.facts.note(fact, Fate::Waits(receipt.settlement()));
        }
        Ok(Some(receipt))
    }

    /// Whether this was so when the device was last heard of it.
    pub(crate) fn knows(&self, fact: Fact) -> bool {
        self.memory.lock().facts.knows(fact)
    }

    /// This is so from now on, and leads to no signal.
    pub(crate) fn note(&self, fact: Fact) {
        self.memory.lock().note(fact);
    }

    /// How long the device is to be left alone with this login, and how often it has refused it.
    pub(crate) fn refused(&self, login: LoginMark, now: CaptureTime) -> Option<(Duration, u32)> {
        let refusal = self.memory.lock().refusal()?;
        refusal.pause(login, now).map(|pause| (pause, refusal.times))
    }

    /// The device refused a login, or, with none, has let us in.
    pub(crate) fn note_refusal(&self, refusal: Option<Refusal>) {
        self.memory.lock().note_refusal(refusal);
        if refusal.is_some() {
            self.mailbox.rouse();
        }
    }

    /// A message was not understood: which field, what was expected.
    pub fn fault(&self, fault: &str) {
        self.health.fault(fault);
    }

    /// Counts a message that leads to no signal.
    pub fn count(&self, what: Counted) {
        self.health.count(what);
    }

    fn hear(&self, arrived_at: CaptureTime, offset_micros: Option<(i64, i64)>) {
        self.health.count(Counted::Message);
        self.health.heard(arrived_at, offset_micros.map(|(offset, _)| offset));
    }

    fn source(&self, point: &str) -> SignalSource {
        SignalSource { device: Arc::clone(&self.name), point: point.into() }
    }
}

#[cfg(test)]
mod tests;
