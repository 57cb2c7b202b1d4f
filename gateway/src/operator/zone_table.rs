//! The zones that are watched for whatever newly stands in them, and what an operator may say of them.

use std::fmt::Write as _;

use super::html::escape;
use crate::analysis::{EyeDesk, ZoneState};

/// Writes the table; nothing if there is no such zone.
pub(super) fn write_zones(html: &mut String, desk: &EyeDesk) -> std::fmt::Result {
    let zones = desk.standing_zones();
    if zones.is_empty() {
        return Ok(());
    }
    write!(
        html,
        "<h2>Zones watched for things of no class 不明物体</h2><p class=quiet>If a zone is as it should be \
         now, say so: an empty passage is free, or what stands there belongs there and is no longer \
         reported. Whatever comes later is.</p><table><tr><th>Camera<th>Zone<th>State<th></tr>"
    )?;
    for (camera, zone, state) in zones {
        let state = in_words(state);
        let (camera, zone) = (escape(&camera), escape(&zone));
        write!(
            html,
            "<tr><td>{camera}<td>{zone}<td>{state}<td><form method=\"post\" \
             action=\"/zones/{camera}/{zone}/free\"><button>As it should be 现状正常</button></form></tr>"
        )?;
    }
    write!(html, "</table>")
}

fn in_words(state: ZoneState) -> String {
    match state {
        ZoneState::Known => "known".to_owned(),
        ZoneState::Learning => "being learned".to_owned(),
        ZoneState::TooSmall(width, height) => {
            let least = eye::SmallZone::LEAST_SIDE_PX;
            format!(
                "<span class=bad>too small: {width}x{height} pixels, and at least {least}x{least} are needed. \
                 Draw the zone larger, or choose a stream with larger pictures. \
                 区域过小，请扩大区域或改用更高分辨率的码流</span>"
            )
        }
    }
}
