//! Hikvision ISAPI: `GET /ISAPI/Event/notification/alertStream`, the events of door controllers and terminals.

mod alert;
mod json;
mod table;
mod xml;

use runtime::utc_now;
use scene::{CaptureTime, DEVICE_POINT, Reading, SignalValue};
use tokio_util::sync::CancellationToken;

use crate::device::Device;
use crate::hearing::{Heard, Hearing};
use crate::http::attempts::stay_connected;
use crate::http::listening::{Listening, Texts};
use crate::http::web_server::WebServer;
use crate::point_names::PointNames;
use alert::Alert;
pub(crate) use alert::Said;
use table::{Meaning, Place};

/// The stream of events.
const TARGET: &str = "/ISAPI/Event/notification/alertStream";
/// The largest offset from UTC, in minutes.
const LARGEST_OFFSET: i32 = 14 * 60;

/// One Hikvision device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its web server.
    pub web: WebServer,
    /// How far its local time is ahead of UTC, in minutes, for times that name no offset.
    pub utc_offset_minutes: i32,
    /// Names of its points, by `door-1`, `reader-1`, `fire`, `network`, `device`.
    pub points: PointNames,
}

impl Settings {
    /// Default offset: Beijing time.
    pub const UTC_OFFSET_MINUTES: i32 = 480;

    /// The defaults for one device.
    #[must_use]
    pub fn new(web: WebServer) -> Self {
        let points = PointNames::default();
        Self { web, utc_offset_minutes: Self::UTC_OFFSET_MINUTES, points }
    }

    /// What is wrong with it: the field, what was expected. None if nothing is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let offset = (self.utc_offset_minutes.abs() > LARGEST_OFFSET).then(|| {
            format!("utc_offset_minutes: lies between -{LARGEST_OFFSET} and {LARGEST_OFFSET}")
        });
        self.web.fault().or(offset).or_else(|| self.points.fault())
    }
}

/// Hears the device until `stop`.
pub async fn run(settings: Settings, device: Device, stop: CancellationToken) {
    let Settings { web, utc_offset_minutes, points } = settings;
    let events = Events { utc_offset_minutes };
    stay_connected(Listening::new(web, points, events), device, stop).await;
}

#[derive(Debug)]
struct Events {
    utc_offset_minutes: i32,
}

impl Texts for Events {
    fn target(&self) -> &str {
        TARGET
    }

    fn take(&self, text: &[u8], hearing: &mut Hearing, device: &mut Device) {
        let arrived_at = utc_now();
        match said(text, self.utc_offset_minutes) {
            Ok(Said::Beat(device_time)) => device.beat(device_time, arrived_at),
            Ok(Said::Told(heard, content)) => {
                hearing.pass_on(&heard, &content, device, arrived_at);
            }
            Ok(Said::Nothing) => Hearing::pass_over(device),
            Err(fault) => device.fault(fault),
        }
    }
}

/// What one text of the stream says. A fault holds no word of it.
///
/// # Errors
/// Which field is missing, and what was expected.
pub(crate) fn said(text: &[u8], utc_offset_minutes: i32) -> Result<Said, &'static str> {
    let alert = match text.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => json::read(text)?,
        Some(b'<') => xml::read(text)?,
        _ => return Err("a part of the stream is neither JSON nor XML"),
    };
    let device_time = alert.written_at.and_then(|it| it.at(utc_offset_minutes));
    if alert.is_beat() {
        return Ok(Said::Beat(device_time));
    }
    if !alert.is_of_access() {
        return Ok(Said::Nothing);
    }
    let (Some(major), Some(minor)) = (alert.major, alert.minor) else {
        return Err("AccessControllerEvent: majorEventType and subEventType are numbers");
    };
    let row = table::row(major, minor);
    Ok(row.map_or(Said::Nothing, |row| told(row, (major, minor), &alert, device_time)))
}

fn told(
    row: &table::Row,
    (major, minor): (u64, u64),
    alert: &Alert,
    device_time: Option<CaptureTime>,
) -> Said {
    // Terminals with one door and one reader often leave the number out.
    let door = alert.door.filter(|number| *number > 0).unwrap_or(1);
    let reader = alert.reader.filter(|number| *number > 0).unwrap_or(1);
    let own_point = match row.place {
        Place::Door => format!("door-{door}"),
        Place::Reader => format!("reader-{reader}"),
        Place::Fire => "fire".to_owned(),
        Place::Network => "network".to_owned(),
        Place::Device => DEVICE_POINT.to_owned(),
    };
    let (kind, reading) = match row.meaning {
        Meaning::Flag(kind, flag) => (kind, Reading::Good(SignalValue::Flag(flag))),
        Meaning::Event(event) => {
            (scene::SignalKind::DoorEvent, Reading::Good(SignalValue::Code(event)))
        }
        Meaning::Unreadable(kind) => (kind, Reading::Bad),
        Meaning::Nothing => return Said::Nothing,
    };
    let serial = alert.serial;
    let heard = Heard { own_point, kind, reading, device_time, serial, fact: None };
    Said::Told(heard, [major, minor, door, reader])
}

#[cfg(test)]
mod tests;
