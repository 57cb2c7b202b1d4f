//! One transmitter over all of its connections: what its frames mean, and whether they are kept.

use std::sync::atomic::{AtomicUsize, Ordering};

use runtime::utc_now;
use scene::{CaptureTime, Reading, SignalKind, SignalValue};
use tokio::sync::Mutex;

use crate::device::{Device, Told};
use crate::digest::digest;
use crate::gb26875::clock_time;
use crate::gb26875::dialect::Dialect;
use crate::gb26875::frame::Frame;
use crate::gb26875::message::{self, What};
use crate::gb26875::numbers::{scale_of, short, status, transmitter};
use crate::gb26875::settings::{Part, Point, Transmitter};
use crate::gb26875::short_frame::ShortFrame;
use crate::health::{Counted, DeviceHealth, DeviceState};
use crate::receipt::Receipt;

/// One transmitter.
#[derive(Debug)]
pub(crate) struct Station {
    pub(crate) settings: Transmitter,
    health: DeviceHealth,
    connections: AtomicUsize,
    /// Held until what a frame told is settled: the same frame on another connection waits for that.
    device: Mutex<Device>,
}

/// One reading of one point.
struct Reported<'a> {
    point: &'a Point,
    reading: Reading,
    time: Option<CaptureTime>,
    serial: Option<u64>,
}

impl Station {
    pub(crate) fn new(settings: Transmitter, device: Device) -> Self {
        let (health, connections) = (device.health(), AtomicUsize::new(0));
        health.await_call(
            "it has not called since the gateway was started. Check the transmitter's power and \
             network, and that it calls this gateway",
        );
        Self { settings, health, connections, device: Mutex::new(device) }
    }

    /// It speaks on one connection more.
    pub(crate) fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        self.health.set(DeviceState::Online);
    }

    /// One of its connections ended.
    pub(crate) fn disconnected(&self) {
        if self.connections.fetch_sub(1, Ordering::Relaxed) == 1 {
            let reason = "its connection ended. Check the transmitter's power and network; it \
                          connects by itself";
            self.health.set(DeviceState::Offline { reason: reason.to_owned() });
        }
    }

    /// It will never be heard, because nobody can connect.
    pub(crate) fn unheard(&self, reason: &str) {
        self.health.set(DeviceState::Offline { reason: reason.to_owned() });
    }

    /// Something came that it should not have sent.
    pub(crate) async fn fault(&self, fault: &str) {
        self.device.lock().await.fault(fault);
    }

    /// Takes a frame that sends data. Whether it is to be confirmed: what follows from it is on disk.
    pub(crate) async fn take(&self, frame: &Frame) -> bool {
        let mut device = self.device.lock().await;
        let arrived_at = utc_now();
        let Transmitter { dialect, utc_offset_secs, .. } = self.settings;
        let sent_at = clock_time::read(&frame.time, dialect, utc_offset_secs);
        if sent_at.is_none() {
            device.fault("time of the frame: expected a time in the dialect that is configured");
        }
        let objects = match message::read(&frame.data, dialect, utc_offset_secs) {
            Ok(objects) => objects,
            Err(fault) => {
                // The same bytes again would be no better.
                device.fault(&fault.to_string());
                return true;
            }
        };
        // A status or a clock was sent just now; an event may have waited.
        let is_now =
            |what: What| matches!(what, What::Transmitter { .. } | What::Clock | What::Other);
        let is_sign = objects.iter().all(|object| is_now(object.what));
        device.beat(sent_at.filter(|_| is_sign), arrived_at);
        let mut reported = Vec::new();
        for (at, object) in objects.iter().enumerate() {
            let time = object.time.or(sent_at);
            // What is sent again has the same number, and says the same.
            let serial = time.map(|_| number_of(frame.number, at, object.what));
            let before = reported.len();
            for point in &self.settings.points {
                if let Some(reading) = self.reading(point, object.what) {
                    reported.push(Reported { point, reading, time, serial });
                }
            }
            if reported.len() == before && object.what != What::Clock {
                device.count(Counted::Ignored);
            }
        }
        settle(&mut device, &reported, arrived_at).await
    }

    /// Takes a short frame. Whether it is to be answered.
    pub(crate) async fn take_short(&self, frame: &ShortFrame) -> bool {
        let mut device = self.device.lock().await;
        let arrived_at = utc_now();
        device.beat(None, arrived_at);
        let reading = |point: &Point| match frame.command {
            short::HEARTBEAT => short_status(point, *frame.data.first()?),
            _ => short_event(point, frame.command, frame.data.first_chunk()?),
        };
        let points = self.settings.points.iter();
        let reported: Vec<Reported<'_>> = points
            .filter_map(|point| {
                let reading = reading(point)?;
                Some(Reported { point, reading, time: None, serial: None })
            })
            .collect();
        if reported.is_empty() && frame.command != short::REGISTER {
            device.count(Counted::Ignored);
        }
        settle(&mut device, &reported, arrived_at).await
    }

    /// Whether it sends such frames.
    pub(crate) fn is_short(&self) -> bool {
        self.settings.dialect == Dialect::Short
    }

    fn reading(&self, point: &Point, what: What) -> Option<Reading> {
        let (reading, is_operating) = match (point.part, what) {
            (Part::Transmitter, What::Transmitter { status }) => {
                (of_transmitter(point.kind, status)?, status & transmitter::OPERATION != 0)
            }
            (Part::System { address }, What::System { address: its, status }) if address == its => {
                (of_status(point.kind, status, status::BUS)?, status & status::OPERATION != 0)
            }
            (
                Part::Component { system, address },
                What::Component { system: its_system, address: its, status },
            ) if (system, address) == (its_system, its) => {
                let gone = status::FAULT | status::POWER;
                (of_status(point.kind, status, gone)?, status & status::OPERATION != 0)
            }
            (
                Part::Analogue { system, address, quantity },
                What::Analogue { system: its_system, address: its, quantity: of, count },
            ) if (system, address, quantity) == (its_system, its, of) => {
                return Some(of_count(point, quantity, count));
            }
            _ => return None,
        };
        Some(match reading {
            Reading::Good(value) if self.settings.test_bit.is_test(is_operating) => {
                Reading::Uncertain(value)
            }
            reading => reading,
        })
    }
}

/// Posts all readings, and waits until they are settled.
async fn settle(device: &mut Device, reported: &[Reported<'_>], arrived_at: CaptureTime) -> bool {
    let mut waiting = Vec::new();
    for it in reported {
        let Reported { reading, time: device_time, .. } = *it;
        let (point, kind) = (it.point.name.as_str(), it.point.kind);
        // Several points may be told by one object.
        let serial = it.serial.map(|serial| digest(&[&serial.to_be_bytes(), point.as_bytes()]));
        let told = Told { point, kind, reading, device_time, serial };
        // A value that its kind cannot have is noted in the health; the same frame would bring it again.
        waiting.extend(device.report(&told, arrived_at).ok().flatten());
    }
    Receipt::are_kept(waiting).await
}

/// One number for the object at this place of a frame.
fn number_of(frame: u16, at: usize, what: What) -> u64 {
    digest(&[&frame.to_be_bytes(), &(at as u64).to_be_bytes(), &what.bytes()])
}

const fn good(flag: bool) -> Reading {
    Reading::Good(SignalValue::Flag(flag))
}

fn of_status(kind: SignalKind, bits: u16, gone: u16) -> Option<Reading> {
    match kind {
        // Who is isolated or out of order and reports no fire, does not know.
        SignalKind::Smoke if bits & status::FIRE != 0 => Some(good(true)),
        SignalKind::Smoke if bits & (status::ISOLATED | gone) != 0 => {
            Some(Reading::Uncertain(SignalValue::Flag(false)))
        }
        SignalKind::Smoke => Some(good(false)),
        SignalKind::Tamper => Some(good(bits & status::SUPERVISORY != 0)),
        SignalKind::Heartbeat => Some(good(bits & gone == 0)),
        _ => None,
    }
}

fn of_transmitter(kind: SignalKind, bits: u8) -> Option<Reading> {
    match kind {
        SignalKind::Smoke if bits & transmitter::FIRE != 0 => Some(good(true)),
        SignalKind::Smoke if bits & (transmitter::FAULT | transmitter::LINE) != 0 => {
            Some(Reading::Uncertain(SignalValue::Flag(false)))
        }
        SignalKind::Smoke => Some(good(false)),
        SignalKind::Tamper => Some(good(bits & transmitter::LINE != 0)),
        _ => None,
    }
}

fn of_count(point: &Point, quantity: u8, count: i16) -> Reading {
    let scale = point.scale.or_else(|| scale_of(quantity, point.kind));
    let value = scale.map(|scale| f64::from(count) * scale + point.offset);
    value.map_or(Reading::Bad, |value| Reading::Good(SignalValue::Number(value)))
}

/// The heartbeat of a transmitter with short frames. What its events began, it ends.
fn short_status(point: &Point, bits: u8) -> Option<Reading> {
    let (has_fire, has_fault) = (bits & short::HAS_FIRE != 0, bits & short::HAS_FAULT != 0);
    match (point.part, point.kind) {
        (Part::Transmitter, SignalKind::Smoke) => Some(good(has_fire)),
        (_, SignalKind::Smoke) if !has_fire => Some(good(false)),
        (_, SignalKind::Tamper) if !has_fault => Some(good(false)),
        (_, SignalKind::Heartbeat) if !has_fault => Some(good(true)),
        _ => None,
    }
}

fn short_event(point: &Point, command: u8, place: &[u8; 4]) -> Option<Reading> {
    let [_, its_system, line, number] = *place;
    let its = u32::from(line) << 16 | u32::from(number);
    let is_it = match point.part {
        Part::System { address } => address == its_system,
        Part::Component { system, address } => (system, address) == (its_system, its),
        Part::Transmitter | Part::Analogue { .. } => false,
    };
    let reading = match (command, point.kind) {
        (short::FIRE | short::MANUAL, SignalKind::Smoke) => good(true),
        (short::ISOLATED, SignalKind::Smoke) => Reading::Uncertain(SignalValue::Flag(false)),
        (short::SUPERVISORY, SignalKind::Tamper) => good(true),
        (short::FAULT, SignalKind::Heartbeat) => good(false),
        _ => return None,
    };
    is_it.then_some(reading)
}
