//! An alert as JSON: serde reads the listed fields and passes over all others.

use serde::Deserialize;

use super::alert::{Alert, EventKind, EventState};
use crate::loose::Loose;
use crate::written_time::WrittenTime;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Top {
    event_type: Loose<EventKind>,
    event_state: Loose<EventState>,
    active_post_count: Loose<u64>,
    date_time: Loose<WrittenTime>,
    #[serde(rename = "AccessControllerEvent")]
    access: Option<Access>,
    /// Some devices wrap the alert once more, as their XML does.
    #[serde(rename = "EventNotificationAlert")]
    wrapped: Option<Box<Top>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Access {
    major_event_type: Loose<u64>,
    #[serde(alias = "minorEventType")]
    sub_event_type: Loose<u64>,
    door_no: Loose<u64>,
    card_reader_no: Loose<u64>,
    serial_no: Loose<u64>,
}

/// Reads the listed fields.
///
/// # Errors
/// If it is no whole JSON.
pub(super) fn read(text: &[u8]) -> Result<Alert, &'static str> {
    // What the library says of a fault may hold what the device said.
    let fault = |_| "an event's JSON is broken";
    let mut top: Top = serde_json::from_slice(text).map_err(fault)?;
    if let Some(wrapped) = top.wrapped.take() {
        top = *wrapped;
    }
    let has_access = top.access.is_some();
    let access = top.access.unwrap_or_default();
    Ok(Alert {
        kind: top.event_type.0,
        state: top.event_state.0,
        active_post_count: top.active_post_count.0,
        written_at: top.date_time.0,
        has_access,
        major: access.major_event_type.0,
        minor: access.sub_event_type.0,
        door: access.door_no.0,
        reader: access.card_reader_no.0,
        serial: access.serial_no.0,
    })
}
