//! What a notification means.

use std::collections::BTreeMap;

use scene::{DoorEvent, Reading, SignalKind, SignalValue};

use super::message::{Message, State, Topic};
use crate::hearing::Heard;

/// What a message means; none if it means nothing here.
pub(crate) fn told(message: &Message, inputs: &BTreeMap<String, SignalKind>) -> Option<Heard> {
    let happened = |event| (SignalKind::DoorEvent, Reading::Good(SignalValue::Code(event)));
    let flag = |kind, flag| (kind, Reading::Good(SignalValue::Flag(flag)));
    let token = message.token.as_ref()?;
    let (kind, reading) = match (message.topic, message.state) {
        (Topic::AccessGranted, _) => happened(DoorEvent::AccessGranted),
        (Topic::AccessDenied, _) => happened(DoorEvent::AccessDenied),
        (Topic::Duress, _) => happened(DoorEvent::Duress),
        (Topic::DoorAlarm, Some(State::DoorForcedOpen)) => happened(DoorEvent::ForcedOpen),
        (Topic::DoorAlarm, Some(State::DoorOpenTooLong)) => happened(DoorEvent::HeldOpen),
        (Topic::DoorContact, Some(State::Open)) => flag(SignalKind::DoorContact, true),
        (Topic::DoorContact, Some(State::Closed)) => flag(SignalKind::DoorContact, false),
        (Topic::DoorContact, Some(State::Unknown)) => (SignalKind::DoorContact, Reading::Bad),
        (Topic::Lock, Some(State::Locked)) => flag(SignalKind::Lock, true),
        (Topic::Lock, Some(State::Unlocked)) => flag(SignalKind::Lock, false),
        (Topic::Lock, Some(State::Unknown)) => (SignalKind::Lock, Reading::Bad),
        (Topic::DoorTamper, Some(State::Yes)) => flag(SignalKind::Tamper, true),
        (Topic::DoorTamper, Some(State::No)) => flag(SignalKind::Tamper, false),
        (Topic::DigitalInput, Some(State::Yes)) => flag(*inputs.get(token)?, true),
        (Topic::DigitalInput, Some(State::No)) => flag(*inputs.get(token)?, false),
        _ => return None,
    };
    let (own_point, device_time, fact) = (token.clone(), message.at, message.fact());
    Some(Heard { own_point, kind, reading, device_time, serial: None, fact })
}
