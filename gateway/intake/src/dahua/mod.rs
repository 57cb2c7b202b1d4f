//! Dahua: `eventManager.cgi?action=attach`, the events of door controllers and terminals.

mod event;

use std::collections::BTreeMap;

use runtime::utc_now;
use scene::{DEVICE_POINT, DoorEvent, Reading, SignalKind, SignalValue};
use tokio_util::sync::CancellationToken;

use crate::device::Device;
use crate::hearing::{Heard, Hearing};
use crate::http::attempts::stay_connected;
use crate::http::listening::{Listening, Texts};
use crate::http::web_server::WebServer;
use crate::input_kind;
use crate::point_names::PointNames;
use event::{Action, Code, Event};
pub(crate) use event::{Line, lines};

/// The events that mean something, and a sign of life every 5 s. A recorder has dozens of others.
const TARGET: &str = "/cgi-bin/eventManager.cgi?action=attach&codes=[AccessControl,DoorStatus,\
     BreakIn,DoorNotClosed,Duress,ChassisIntruded,AlarmLocal]&heartbeat=5";

/// One Dahua device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its web server.
    pub web: WebServer,
    /// What is wired to its alarm inputs, by their number from 1: smoke, tamper, or the contact of a door.
    pub inputs: BTreeMap<u32, SignalKind>,
    /// Names of its points, by `door-1`, `input-1`, `device`.
    pub points: PointNames,
}

impl Settings {
    /// The defaults for one device.
    #[must_use]
    pub fn new(web: WebServer) -> Self {
        Self { web, inputs: BTreeMap::new(), points: PointNames::default() }
    }

    /// What is wrong with it: the field, what was expected. None if nothing is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let inputs = input_kind::fault(self.inputs.values());
        self.web.fault().or(inputs).or_else(|| self.points.fault())
    }
}

/// Hears the device until `stop`.
pub async fn run(settings: Settings, device: Device, stop: CancellationToken) {
    let Settings { web, inputs, points } = settings;
    stay_connected(Listening::new(web, points, Events { inputs }), device, stop).await;
}

#[derive(Debug)]
struct Events {
    inputs: BTreeMap<u32, SignalKind>,
}

impl Texts for Events {
    fn target(&self) -> &str {
        TARGET
    }

    fn take(&self, text: &[u8], hearing: &mut Hearing, device: &mut Device) {
        for line in lines(text) {
            let arrived_at = utc_now();
            match line {
                Line::Beat => device.beat(None, arrived_at),
                Line::Event(event) => match told(&event, &self.inputs) {
                    Some(heard) => {
                        let content = [event.code as u64, event.action as u64];
                        hearing.pass_on(&heard, &content, device, arrived_at);
                    }
                    None => Hearing::pass_over(device),
                },
                Line::Fault(fault) => device.fault(fault),
            }
        }
    }
}

/// What an event means; none if it means nothing here.
pub(crate) fn told(event: &Event, inputs: &BTreeMap<u32, SignalKind>) -> Option<Heard> {
    let happened = |event| (SignalKind::DoorEvent, Reading::Good(SignalValue::Code(event)));
    let flag = |kind, flag| (kind, Reading::Good(SignalValue::Flag(flag)));
    let begins = event.action != Action::Stop;
    let number = event.index.saturating_add(1);
    let door = format!("door-{number}");
    let (own_point, (kind, reading)) = match event.code {
        Code::AccessControl => {
            let event = match event.status {
                Some(1) => DoorEvent::AccessGranted,
                Some(0) => DoorEvent::AccessDenied,
                _ => return None,
            };
            (door, happened(event))
        }
        Code::DoorStatus => (door, flag(SignalKind::DoorContact, event.is_open?)),
        Code::BreakIn if begins => (door, happened(DoorEvent::ForcedOpen)),
        Code::DoorNotClosed if begins => (door, happened(DoorEvent::HeldOpen)),
        Code::Duress if begins => (door, happened(DoorEvent::Duress)),
        Code::ChassisIntruded => (DEVICE_POINT.to_owned(), flag(SignalKind::Tamper, begins)),
        Code::AlarmLocal => (format!("input-{number}"), flag(*inputs.get(&number)?, begins)),
        Code::BreakIn | Code::DoorNotClosed | Code::Duress | Code::Other => return None,
    };
    let (device_time, serial) = (event.device_time, event.serial);
    Some(Heard { own_point, kind, reading, device_time, serial, fact: None })
}

#[cfg(test)]
mod tests;
