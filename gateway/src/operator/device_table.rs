//! The doors and sensors, and how they are.

use std::fmt::Write as _;

use intake::{Counts, DeviceState};
use runtime::utc_now;

use super::html::escape;
use crate::analysis::{DeviceList, DeviceView};

/// Writes the table; nothing if there is none.
pub(super) fn write_devices(html: &mut String, devices: &DeviceList) -> std::fmt::Result {
    let devices = devices.all();
    if devices.is_empty() {
        return Ok(());
    }
    write!(
        html,
        "<h2>Doors and sensors 门禁与传感器</h2><table><tr><th>Device<th>Name<th>State<th>Last heard<th>Clock\
         <th>Signals<th>Repeated<th>Faulty<th>Flooded</tr>"
    )?;
    for device in devices {
        write_device(html, &device)?;
    }
    write!(html, "</table>")
}

fn write_device(html: &mut String, device: &DeviceView) -> std::fmt::Result {
    let health = device.health.get();
    let state = match (&health.state, device.progress.stumbled()) {
        (DeviceState::Connecting, _) => "connecting".to_owned(),
        (DeviceState::Online, None) => "<span class=good>online</span>".to_owned(),
        (DeviceState::Online, Some(why)) => {
            format!("<span class=bad>what it says cannot be kept</span>: {}", escape(&why))
        }
        (DeviceState::Offline { reason }, _) => {
            format!("<span class=bad>offline</span>: {}", escape(reason))
        }
        (DeviceState::Refused { reason }, _) => {
            format!("<span class=bad>refused</span>: {}", escape(reason))
        }
    };
    let heard = health.heard_at.map_or_else(
        || "never".to_owned(),
        |at| format!("{:.1} s ago", utc_now().since(at).as_secs_f32()),
    );
    let clock = health.offset_micros.map_or_else(
        || "unknown".to_owned(),
        |micros| match micros.saturating_neg() / 1_000_000 {
            0 => "right".to_owned(),
            secs if secs > 0 => format!("{secs} s ahead"),
            secs => format!("{} s behind", secs.unsigned_abs()),
        },
    );
    let Counts { signals, repeated, faulty, flooded, .. } = health.counts;
    write!(
        html,
        "<tr><td>{}<td>{}<td>{state}<td>{heard}<td>{clock}<td class=number>{signals}\
         <td class=number>{repeated}<td class=number>{faulty}<td class=number>{flooded}</tr>",
        escape(&device.id),
        escape(&device.name),
    )?;
    let Some(fault) = &health.latest_fault else { return Ok(()) };
    write!(
        html,
        "<tr><td><td colspan=8 class=quiet>latest message that was not understood: {}</tr>",
        escape(fault)
    )
}
