//! The open alerts on the page: what each says in words, its camera or device, and since when.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use ledger::{AlertRow, Ledger};
use scene::CaptureTime;
use serde::Deserialize;

use super::html::escape;
use runtime::utc_now;

/// Rows on the page. A technician who meets more looks at the command centre.
const MOST_ROWS: usize = 100;

/// What the page shows of an alert's latest message.
#[derive(Deserialize)]
struct Told {
    title: String,
    description: String,
    priority: u8,
    r#type: Kind,
    times: Times,
}

#[derive(Deserialize)]
struct Kind {
    code: String,
}

#[derive(Deserialize)]
struct Times {
    /// RFC 3339, in the camera's local time.
    opened: String,
}

/// Writes the alerts that are not closed; `names` are those of cameras and devices, by id.
pub(super) fn write_alerts(
    html: &mut String,
    ledger: &Ledger,
    names: &BTreeMap<String, String>,
) -> std::fmt::Result {
    let alerts = match ledger.open_alerts() {
        Ok(alerts) => alerts,
        Err(error) => return write!(html, "<p class=bad>{}</p>", escape(&error.to_string())),
    };
    if alerts.is_empty() {
        return write!(html, "<p>None.</p>");
    }
    write!(
        html,
        "<table><tr><th>Alert<th>What<th>Camera or device<th>Priority<th>Opened<th>Latest message</tr>"
    )?;
    for alert in alerts.iter().take(MOST_ROWS) {
        let name = names.get(&alert.device_id).map(String::as_str);
        write_alert(html, alert, name, told(ledger, &alert.alert_id))?;
    }
    write!(html, "</table>")?;
    match alerts.len().checked_sub(MOST_ROWS) {
        None | Some(0) => Ok(()),
        Some(more) => write!(html, "<p>And {more} more.</p>"),
    }
}

fn told(ledger: &Ledger, alert_id: &str) -> Option<Told> {
    let message = ledger.latest_message(alert_id).ok().flatten()?;
    serde_json::from_slice(&message).ok()
}

fn write_alert(
    html: &mut String,
    alert: &AlertRow,
    name: Option<&str>,
    told: Option<Told>,
) -> std::fmt::Result {
    let id = escape(&alert.alert_id);
    match &told {
        Some(told) => write!(
            html,
            "<tr><td>{}<br><span class=quiet>{}</span><td>{}",
            escape(&told.title),
            escape(&told.r#type.code),
            escape(&told.description),
        )?,
        None => write!(html, "<tr><td>{}<td>", escape(&alert.state))?,
    }
    write!(html, "<br><code class=quiet>{id}</code><td>{}", escape(&alert.device_id))?;
    if let Some(name) = name.filter(|name| *name != alert.device_id) {
        write!(html, "<br><span class=quiet>{}</span>", escape(name))?;
    }
    let priority = told.as_ref().map(|told| told.priority.to_string()).unwrap_or_default();
    let opened = told.as_ref().map(|told| local_time(&told.times.opened)).unwrap_or_default();
    let at = CaptureTime::from_unix_micros(alert.updated_at_micros);
    write!(
        html,
        "<td class=number>{priority}<td>{}<td>no. {}, {} ago</tr>",
        escape(&opened),
        alert.seq,
        for_people(utc_now().since(at))
    )
}

/// `2026-11-29T21:33:53.123+08:00` without fractions and zone: it is the local time of the place.
fn local_time(rfc3339: &str) -> String {
    rfc3339.chars().take("2026-11-29T21:33:53".len()).collect::<String>().replace('T', " ")
}

fn for_people(span: Duration) -> String {
    match span.as_secs() {
        secs @ 0..120 => format!("{secs} s"),
        secs @ 120..7_200 => format!("{} min", secs / 60),
        secs => format!("{} h", secs / 3_600),
    }
}
